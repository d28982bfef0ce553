// Pages of lists that run from the newest row down. A cursor says after which row the next page starts, and
// is bound by a digest to the list it was made for, so that one of another list, tenant or user, or an
// invented one, is told from ours. Rows added meanwhile are newer, so they neither repeat nor hide any.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql/session.hpp"

namespace checkout::store::sql {

// What a cursor belongs to: the name of the list and everything that selects its rows.
using CursorScope = std::initializer_list<std::string_view>;

std::string makeCursor(std::int64_t seq, CursorScope scope);

// Where and how long to read: rows with a smaller `seq` than before, `rows` of them.
struct PageBounds {
  std::int64_t before = 0;
  std::int64_t rows = 0;  // one more than the page holds, which tells whether there is a next one
};
// ValidationFailed for a limit below 1 or a cursor that was not made for `scope`.
Result<PageBounds> pageBounds(int limit, const std::string& cursor, CursorScope scope);

template <class T>
struct Page {
  std::vector<T> items;
  std::string nextCursor;  // empty: the last page
};

// Runs a query bounded by pageBounds(), whose first column is `seq`; `map` makes a Result<T> of a row.
template <class T, class Map>
Result<Page<T>> queryPage(SqlSession& session, std::string_view sql, Params params, int limit,
                          CursorScope scope, Map map) {
  Page<T> page;
  std::int64_t last = 0;
  CHECKOUT_TRY(session.query(sql, params, [&](const Row& row) -> Result<void> {
    if (page.items.size() == static_cast<std::size_t>(limit)) {
      page.nextCursor = makeCursor(last, scope);
      return {};
    }
    Result<T> mapped = map(row);
    if (!mapped.ok()) return std::move(mapped).error();
    page.items.push_back(*std::move(mapped));
    last = row.integer(0);
    return {};
  }));
  return page;
}

}  // namespace checkout::store::sql
