// What the repositories need of a database: statements in the SQL that SQLite and PostgreSQL share, with `?`
// for every value. An engine implements SqlSession; the repositories are written once against it.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <checkout/result.hpp>

namespace checkout::store::sql {

// A value for a `?`; std::monostate is NULL. Text is not copied: it must live until the call returns.
using Param = std::variant<std::monostate, std::int64_t, std::string_view>;
using Params = std::initializer_list<Param>;

// The current row of a query. Columns count from 0. Views are valid until the handler returns.
class Row {
 public:
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;

 protected:
  ~Row() = default;
};

using RowHandler = std::function<Result<void>(const Row&)>;

// One connection inside one transaction. Used by one thread at a time. A failed statement changes nothing and
// leaves the transaction usable, unless the engine gave the whole transaction up; then every later one fails
// too.
class SqlSession {
 public:
  virtual ~SqlSession() = default;
  // A statement that changes rows; answers how many.
  virtual Result<std::int64_t> execute(std::string_view sql, Params params) = 0;
  // A statement that yields rows. `onRow` may stop it by an error and runs no statement itself.
  virtual Result<void> query(std::string_view sql, Params params, const RowHandler& onRow) = 0;
  // Several statements without parameters.
  virtual Result<void> runScript(const std::string& script) = 0;
};

// The first row, mapped by `map` (const Row& -> Result<T>), if there is one.
template <class T, class Map>
Result<std::optional<T>> queryOne(SqlSession& session, std::string_view sql, Params params, Map map) {
  std::optional<T> found;
  CHECKOUT_TRY(session.query(sql, params, [&](const Row& row) -> Result<void> {
    if (found) return {};
    Result<T> mapped = map(row);
    if (!mapped.ok()) return std::move(mapped).error();
    found.emplace(*std::move(mapped));
    return {};
  }));
  return found;
}

// Every row, mapped by `map` (const Row& -> Result<T>).
template <class T, class Map>
Result<std::vector<T>> queryAll(SqlSession& session, std::string_view sql, Params params, Map map) {
  std::vector<T> found;
  CHECKOUT_TRY(session.query(sql, params, [&](const Row& row) -> Result<void> {
    Result<T> mapped = map(row);
    if (!mapped.ok()) return std::move(mapped).error();
    found.push_back(*std::move(mapped));
    return {};
  }));
  return found;
}

// For a statement whose row count doesn't matter.
inline Result<void> run(SqlSession& session, std::string_view sql, Params params) {
  CHECKOUT_TRY(session.execute(sql, params));
  return {};
}

}  // namespace checkout::store::sql
