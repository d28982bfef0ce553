// List objects with cursor pagination, and expand[].
#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>

#include "sandbox/call.hpp"

namespace checkout::sandbox {

// The page that `parameters` (limit, starting_after, ending_before) ask for, newest first.
// `keep` selects rows; `render` makes the wire object.
template <class Row>
Result<Json> listPage(const Table<Row>& table, const Json& parameters, const std::string& url,
                      const std::string& what, const std::function<bool(const Row&)>& keep,
                      const std::function<Json(const Row&)>& render);

// The row's object, or resource_missing.
template <class Row>
Result<Json> getObject(Table<Row>& table, const std::string& id, const std::string& what,
                       const std::string& param = "id");

// The page of all rows that have the asked value in every member of `filters`, were created when asked, and
// have not been deleted.
template <class Row>
Result<Json> listObjects(const Table<Row>& table, const Json& parameters, const std::string& url,
                         const std::string& what, std::initializer_list<const char*> filters);

// The same over wire objects that are already in the order of the list.
Result<Json> arrayPage(const Json& objects, const Json& parameters, const std::string& url,
                       const std::string& what);

// `created` as a number or {gt, gte, lt, lte}.
bool isCreatedWithin(const Json& parameters, std::int64_t created);

// The wire object of an id within the account; null if there is none. `member` is where the id stands:
// coupons have ids of the merchant's choice.
Json findObject(Account& account, const std::string& id, const std::string& member);
// Replaces the ids that parameters.expand names by their objects.
Result<void> expand(Account& account, Json& object, const Json& parameters);

namespace detail {
struct PageQuery {
  std::size_t limit = 10;
  std::string after, before;
};
Result<PageQuery> pageQuery(const Json& parameters);
Json listObject(Json data, bool hasMore, const std::string& url);
}  // namespace detail

template <class Row>
Result<Json> listPage(const Table<Row>& table, const Json& parameters, const std::string& url,
                      const std::string& what, const std::function<bool(const Row&)>& keep,
                      const std::function<Json(const Row&)>& render) {
  CHECKOUT_ASSIGN(query, detail::pageQuery(parameters));
  const auto& rows = table.rows();
  const std::string& cursor = query.after.empty() ? query.before : query.after;
  const std::size_t position = cursor.empty() ? rows.size() : table.positionOf(cursor);
  if (!cursor.empty() && position == rows.size())
    return noSuchIn(query.after.empty() ? "ending_before" : "starting_after", what, cursor);

  Json data = Json::array();
  bool hasMore = false;
  if (query.before.empty()) {  // from the cursor towards older rows
    for (std::size_t i = position; i-- > 0 && !hasMore;) {
      if (!keep(rows[i])) continue;
      if (data.size() == query.limit)
        hasMore = true;
      else
        data.push_back(render(rows[i]));
    }
  } else {  // the rows just newer than the cursor, still newest first
    for (std::size_t i = position + 1; i < rows.size() && !hasMore; ++i) {
      if (!keep(rows[i])) continue;
      if (data.size() == query.limit)
        hasMore = true;
      else
        data.insert(data.begin(), render(rows[i]));
    }
  }
  return detail::listObject(std::move(data), hasMore, url);
}

template <class Row>
Result<Json> getObject(Table<Row>& table, const std::string& id, const std::string& what,
                       const std::string& param) {
  const Row* row = table.find(id);
  if (row == nullptr) return noSuch(what, id, param);
  return row->object;
}

template <class Row>
Result<Json> listObjects(const Table<Row>& table, const Json& parameters, const std::string& url,
                         const std::string& what, std::initializer_list<const char*> filters) {
  const auto keep = [&](const Row& row) {
    const Json& object = row.object;
    if constexpr (requires { row.deleted; })
      if (row.deleted) return false;
    return isCreatedWithin(parameters, object["created"]) &&
           std::all_of(filters.begin(), filters.end(), [&](const char* name) {
             return !parameters.contains(name) || object[name] == parameters[name];
           });
  };
  return listPage<Row>(table, parameters, url, what, keep, [](const Row& row) { return row.object; });
}

}  // namespace checkout::sandbox
