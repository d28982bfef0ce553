#include "sandbox/lists.hpp"

#include "sandbox/events.hpp"
#include "sandbox/products.hpp"

namespace checkout::sandbox {
namespace {

constexpr int kMaxExpandDepth = 4;

Error notExpandable(const std::string& path, const std::string& hint = {}) {
  return invalidRequest("This property cannot be expanded (" + path + ")." + hint, "expand");
}

template <class Row>
Json objectIn(Table<Row>& table, const std::string& id) {
  const Row* row = table.find(id);
  return row == nullptr ? Json(nullptr) : row->object;
}

Json priceOf(Account& account, const std::string& id) {
  const auto made = account.madeForLines.find(id);
  if (made == account.madeForLines.end()) return objectIn(account.prices, id);
  return account.sessions.find(made->second.first)->lineItems[made->second.second]["price"];
}

Json productOf(Account& account, const std::string& id) {
  const auto made = account.madeForLines.find(id);
  if (made == account.madeForLines.end()) return objectIn(account.products, id);
  const Session& session = *account.sessions.find(made->second.first);
  return productObject(id, session.products[made->second.second], session.object["created"], false);
}

// Lists that are left out of their object until they are asked for.
Result<void> addList(Account& account, Json& object, const std::string& name) {
  const std::string kind = textOr(object, "object", ""), id = textOr(object, "id", "");
  if (object.contains(name)) return {};
  if (name == "line_items" && kind == "checkout.session") {
    const std::string url = "/v1/checkout/sessions/" + id + "/line_items";
    CHECKOUT_ASSIGN(lines,
                    arrayPage(account.sessions.find(id)->lineItems, {{"limit", 100}}, url, "line item"));
    object[name] = std::move(lines);
  }
  if (name == "refunds" && kind == "charge") {
    Json refunds = Json::array();
    for (const Refund& refund : account.refunds.rows())
      if (refund.object["charge"] == id) refunds.insert(refunds.begin(), refund.object);
    object[name] = detail::listObject(std::move(refunds), false, "/v1/charges/" + id + "/refunds");
  }
  return {};
}

Result<void> expandPath(Account& account, Json& object, std::string_view rest, const std::string& path,
                        int depth) {
  const auto dot = rest.find('.');
  const std::string name(rest.substr(0, dot));
  if (!object.is_object() || depth > kMaxExpandDepth) return notExpandable(path);
  const std::string kind = textOr(object, "object", "");
  if (depth == 1 && (kind == "list" || kind == "search_result") && name != "data")
    return notExpandable(path, " In a list, ask for 'data." + path + "'.");
  CHECKOUT_TRY(addList(account, object, name));
  const auto member = object.find(name);
  if (member == object.end()) return notExpandable(path);
  if (member->is_null()) return {};
  if (member->is_array() && dot != std::string_view::npos) {
    for (Json& entry : *member)
      CHECKOUT_TRY(expandPath(account, entry, rest.substr(dot + 1), path, depth + 1));
    return {};
  }
  if (member->is_string()) *member = findObject(account, member->get<std::string>(), name);
  if (dot != std::string_view::npos)
    return expandPath(account, *member, rest.substr(dot + 1), path, depth + 1);
  return member->is_object() && member->contains("object") ? Result<void>{} : notExpandable(path);
}

}  // namespace

namespace detail {

Result<PageQuery> pageQuery(const Json& parameters) {
  PageQuery query;
  const std::int64_t limit = parameters.value("limit", std::int64_t{10});
  if (limit < 1 || limit > 100)
    return invalidRequest("Invalid limit: between 1 and 100 objects can be listed.", "limit",
                          "parameter_invalid_integer");
  query.limit = static_cast<std::size_t>(limit);
  query.after = textOr(parameters, "starting_after", "");
  query.before = textOr(parameters, "ending_before", "");
  if (!query.after.empty() && !query.before.empty())
    return invalidRequest("Only one of starting_after and ending_before may be given.", "ending_before",
                          "parameters_exclusive");
  return query;
}

Json listObject(Json data, bool hasMore, const std::string& url) {
  return {{"object", "list"}, {"data", std::move(data)}, {"has_more", hasMore}, {"url", url}};
}

}  // namespace detail

Result<Json> arrayPage(const Json& objects, const Json& parameters, const std::string& url,
                       const std::string& what) {
  CHECKOUT_ASSIGN(query, detail::pageQuery(parameters));
  const std::string& cursor = query.after.empty() ? query.before : query.after;
  std::size_t position = 0;
  while (!cursor.empty() && position < objects.size() && objects[position]["id"] != cursor) ++position;
  if (!cursor.empty() && position == objects.size())
    return noSuchIn(query.after.empty() ? "ending_before" : "starting_after", what, cursor);

  std::size_t first = query.after.empty() ? 0 : position + 1;
  std::size_t last = query.before.empty() ? objects.size() : position;  // one past the end
  const bool hasMore = last - first > query.limit;
  if (hasMore && query.before.empty()) last = first + query.limit;
  if (hasMore && !query.before.empty()) first = last - query.limit;
  Json data = Json::array();
  for (std::size_t i = first; i < last; ++i) data.push_back(objects[i]);
  return detail::listObject(std::move(data), hasMore, url);
}

bool isCreatedWithin(const Json& parameters, std::int64_t created) {
  const auto range = parameters.find("created");
  if (range == parameters.end()) return true;
  if (range->is_number()) return created == range->get<std::int64_t>();
  return (!range->contains("gt") || created > (*range)["gt"].get<std::int64_t>()) &&
         (!range->contains("gte") || created >= (*range)["gte"].get<std::int64_t>()) &&
         (!range->contains("lt") || created < (*range)["lt"].get<std::int64_t>()) &&
         (!range->contains("lte") || created <= (*range)["lte"].get<std::int64_t>());
}

Json findObject(Account& account, const std::string& id, const std::string& member) {
  if (member == "coupon") return objectIn(account.coupons, id);
  if (member == "product") return productOf(account, id);
  const std::string prefix = id.substr(0, id.find('_'));
  if (prefix == "pi") return objectIn(account.intents, id);
  if (prefix == "ch" || prefix == "py") return objectIn(account.charges, id);
  if (prefix == "pm") return objectIn(account.methods, id);
  if (prefix == "re" || prefix == "pyr") return objectIn(account.refunds, id);
  if (prefix == "txn") return objectIn(account.transactions, id);
  if (prefix == "cs") return objectIn(account.sessions, id);
  if (prefix == "du") return objectIn(account.disputes, id);
  if (prefix == "cus") return objectIn(account.customers, id);
  if (prefix == "promo") return objectIn(account.promotionCodes, id);
  if (prefix == "shr") return objectIn(account.shippingRates, id);
  if (prefix == "price") return priceOf(account, id);
  return nullptr;
}

Result<void> expand(Account& account, Json& object, const Json& parameters) {
  const auto paths = parameters.find("expand");
  if (paths == parameters.end()) return {};
  for (const Json& path : *paths) {
    const std::string text = path.get<std::string>();
    CHECKOUT_TRY(expandPath(account, object, text, text, 1));
  }
  return {};
}

}  // namespace checkout::sandbox
