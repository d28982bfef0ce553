// What the parts of a transaction of the store in memory share. Private to the memory_*.cpp files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/memory_store.hpp"
#include "store/sql/paging.hpp"

namespace checkout::model {

using Key = Contents::Key;

template <class Map, class K>
auto found(const Map& map, const K& key) -> std::optional<typename Map::mapped_type> {
  const auto at = map.find(key);
  return at == map.end() ? std::nullopt : std::optional(at->second);
}

inline Error internal(std::string message) {
  return {ErrorCode::Internal, std::move(message)};
}

// What the transaction's parts share.
struct Books {
  Contents contents;
  bool readOnly = false;

  Result<void> mayWrite() const {
    return readOnly ? Result<void>(internal("A reading transaction changes nothing.")) : Result<void>{};
  }
  Result<void> mayWriteOf(const TenantId& tenant, const SagaId& saga) const {
    CHECKOUT_TRY(mayWrite());
    if (contents.sagas->contains({tenant, saga.value})) return {};
    return internal("There is no checkout " + saga.value + ".");
  }
};

// One page of rows that are sorted newest first; `numberOf` is what the cursor says.
template <class Row, class Make>
Result<std::string> pageOf(const std::vector<std::pair<std::int64_t, Row>>& newestFirst, int limit,
                           const std::string& cursor, store::sql::CursorScope scope, Make make) {
  CHECKOUT_ASSIGN(bounds, store::sql::pageBounds(limit, cursor, scope));
  int taken = 0;
  std::int64_t last = 0;
  for (const auto& [number, row] : newestFirst) {
    if (number >= bounds.before) continue;
    if (taken == limit) return store::sql::makeCursor(last, scope);
    make(row);
    last = number;
    ++taken;
  }
  return std::string();
}

std::unique_ptr<CartStore> makeCarts(Books& books);
std::unique_ptr<StockStore> makeStock(Books& books);
std::unique_ptr<SagaStore> makeSagas(Books& books);
std::unique_ptr<CallStore> makeCalls(Books& books);
std::unique_ptr<TimerStore> makeTimers(Books& books);
std::unique_ptr<OrderStore> makeOrders(Books& books);
std::unique_ptr<InboxStore> makeInbox(Books& books);
std::unique_ptr<OutboxStore> makeOutbox(Books& books);
std::unique_ptr<LedgerStore> makeLedger(Books& books);
std::unique_ptr<CustomerStore> makeCustomers(Books& books);

}  // namespace checkout::model
