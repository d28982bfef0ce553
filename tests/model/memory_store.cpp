#include "model/memory_store.hpp"

#include <algorithm>
#include <functional>

#include "store/event_chain.hpp"
#include "store/sql/paging.hpp"

namespace checkout::model {
namespace {

using Key = Contents::Key;
using store::sql::CursorScope;
using store::sql::makeCursor;
using store::sql::pageBounds;

template <class Map, class K>
auto found(const Map& map, const K& key) -> std::optional<typename Map::mapped_type> {
  const auto at = map.find(key);
  return at == map.end() ? std::nullopt : std::optional(at->second);
}

Error internal(std::string message) {
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
                           const std::string& cursor, CursorScope scope, Make make) {
  CHECKOUT_ASSIGN(bounds, pageBounds(limit, cursor, scope));
  int taken = 0;
  std::int64_t last = 0;
  for (const auto& [number, row] : newestFirst) {
    if (number >= bounds.before) continue;
    if (taken == limit) return makeCursor(last, scope);
    make(row);
    last = number;
    ++taken;
  }
  return std::string();
}

class Carts final : public CartStore {
 public:
  explicit Carts(Books& books) : books_(books) {}
  Result<std::optional<Cart>> find(const TenantId& tenant, const CartId& id) override {
    return found(*books_.contents.carts, Key{tenant, id.value});
  }
  Result<void> save(const Cart& cart) override {
    CHECKOUT_TRY(books_.mayWrite());
    for (const CartItem& item : cart.items)
      if (item.quantity < 1 || item.quantity > kMaxQuantity)
        return Error(ErrorCode::ValidationFailed, "A cart line has an impossible quantity.");
    books_.contents.carts.edit()[{cart.tenantId, cart.id.value}] = cart;
    return {};
  }

 private:
  Books& books_;
};

class Stock final : public StockStore {
 public:
  explicit Stock(Books& books) : books_(books) {}
  Result<void> declare(const TenantId& tenant, const ProductId& product, std::int64_t initial) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (initial < 0) return Error(ErrorCode::ValidationFailed, "A stock is 0 or more.");
    StockLevel& level = books_.contents.stock.edit()[{tenant, product.value}];
    level.initial = std::max(initial, level.reserved + level.sold);
    return {};
  }
  Result<std::optional<StockLevel>> find(const TenantId& tenant, const ProductId& product) override {
    return found(*books_.contents.stock, Key{tenant, product.value});
  }
  Result<void> hold(const TenantId& tenant, const SagaId& saga, const ProductId& product,
                    int quantity) override {
    CHECKOUT_TRY(books_.mayWriteOf(tenant, saga));
    if (quantity < 1 || quantity > kMaxQuantity)
      return Error(ErrorCode::ValidationFailed, "So many pieces can't be held.");
    CHECKOUT_ASSIGN(level, find(tenant, product));
    if (!level) return {};
    const auto before = found(*books_.contents.reservations, at(tenant, saga, product));
    if (before && before->state == State::Sold)
      return Error(ErrorCode::InvalidState, "The pieces are sold to this checkout already.");
    const std::int64_t held = before && before->state == State::Held ? before->quantity : 0;
    if (level->free() < quantity - held)
      return Error(
          ErrorCode::InventoryUnavailable, "Too few are left.",
          {{"productId", product.value}, {"requested", quantity}, {"available", level->free() + held}});
    books_.contents.stock.edit()[{tenant, product.value}].reserved += quantity - held;
    books_.contents.reservations.edit()[at(tenant, saga, product)] = {State::Held, quantity};
    return {};
  }
  Result<void> releaseAll(const TenantId& tenant, const SagaId& saga) override {
    return moveAll(tenant, saga, State::Held, State::Released, -1, 0);
  }
  Result<void> sellAll(const TenantId& tenant, const SagaId& saga) override {
    return moveAll(tenant, saga, State::Held, State::Sold, -1, +1);
  }
  Result<void> restockAll(const TenantId& tenant, const SagaId& saga) override {
    return moveAll(tenant, saga, State::Sold, State::Released, 0, -1);
  }

 private:
  using State = Contents::Reservation::State;
  static std::pair<Key, ProductId> at(const TenantId& tenant, const SagaId& saga, const ProductId& product) {
    return {{tenant, saga.value}, product};
  }
  Result<void> moveAll(const TenantId& tenant, const SagaId& saga, State from, State to, int reserved,
                       int sold) {
    CHECKOUT_TRY(books_.mayWrite());
    const auto& all = *books_.contents.reservations;
    const bool any = std::any_of(all.begin(), all.end(), [&](const auto& entry) {
      return entry.first.first == Key{tenant, saga.value} && entry.second.state == from;
    });
    if (!any) return {};
    for (auto& [key, reservation] : books_.contents.reservations.edit()) {
      if (key.first != Key{tenant, saga.value} || reservation.state != from) continue;
      StockLevel& level = books_.contents.stock.edit()[{tenant, key.second.value}];
      level.reserved += reserved * reservation.quantity;
      level.sold += sold * reservation.quantity;
      reservation.state = to;
    }
    return {};
  }
  Books& books_;
};

class Sagas final : public SagaStore {
 public:
  explicit Sagas(Books& books) : books_(books) {}

  Result<std::optional<Saga>> find(const TenantId& tenant, const SagaId& id) override {
    const auto at = books_.contents.sagas->find({tenant, id.value});
    if (at == books_.contents.sagas->end()) return std::optional<Saga>{};
    return std::optional<Saga>{at->second.saga->value()};
  }
  Result<std::optional<Saga>> findLive(const TenantId& tenant, const UserId& user,
                                       const CartId& cart) override {
    const Contents::SagaRow* newest = nullptr;
    for (const auto& [key, row] : *books_.contents.sagas) {
      const Saga& saga = row.saga->value();
      if (key.first != tenant || saga.userId != user || saga.cartId != cart || isTerminal(saga.status))
        continue;
      if (newest == nullptr || row.number > newest->number) newest = &row;
    }
    return newest == nullptr ? std::optional<Saga>{} : std::optional<Saga>{newest->saga->value()};
  }
  Result<std::optional<SagaId>> findByPayment(const TenantId& tenant, const std::string& object) override {
    return found(*books_.contents.payments, Key{tenant, object});
  }
  Result<SagaPage> list(const TenantId& tenant, const SagaPageQuery& query) override {
    std::vector<std::pair<std::int64_t, const Saga*>> rows;
    for (const auto& [key, row] : *books_.contents.sagas) {
      const Saga& saga = row.saga->value();
      if (key.first == tenant && saga.userId == query.userId &&
          (!query.status || saga.status == *query.status))
        rows.emplace_back(row.number, &saga);
    }
    std::sort(rows.rbegin(), rows.rend());
    const std::string_view status = query.status ? toString(*query.status) : "";
    SagaPage page;
    CHECKOUT_ASSIGN(
        next, pageOf(rows, query.limit, query.cursor, {"sagas", tenant.value, query.userId.value, status},
                     [&](const Saga* saga) { page.sagas.push_back(*saga); }));
    page.nextCursor = next;
    return page;
  }
  Result<std::vector<SagaEvent>> events(const TenantId& tenant, const SagaId& id) override {
    std::vector<SagaEvent> history;
    const auto at = books_.contents.sagas->find({tenant, id.value});
    if (at == books_.contents.sagas->end()) return history;
    for (const auto& kept : at->second.events) {
      SagaEvent event = *kept;
      if (!history.empty()) event.previousHash = history.back().hash;
      event.hash = store::eventHash(tenant, id, event);
      history.push_back(std::move(event));
    }
    return history;
  }
  Result<std::vector<TenantId>> tenants() override {
    std::vector<TenantId> all;
    for (const auto& [key, row] : *books_.contents.sagas)
      if (all.empty() || all.back() != key.first) all.push_back(key.first);
    return all;
  }
  Result<std::vector<Saga>> unsettled(const TenantId& tenant, int limit) override {
    std::vector<Saga> all;
    for (const auto& [key, row] : *books_.contents.sagas) {
      if (key.first != tenant) continue;
      const auto timer = books_.contents.timers->lower_bound({key, TimerKind{}});
      if (timer != books_.contents.timers->end() && timer->first.first == key)
        all.push_back(row.saga->value());
    }
    std::sort(all.begin(), all.end(), [](const Saga& a, const Saga& b) {
      return std::pair(a.updatedAt, a.id) < std::pair(b.updatedAt, b.id);
    });
    if (all.size() > static_cast<std::size_t>(limit)) all.resize(static_cast<std::size_t>(limit));
    return all;
  }
  Result<void> insert(const Saga& saga, const SagaEvent& event) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (saga.version != 1) return internal("A new saga has version 1.");
    const Key key{saga.tenantId, saga.id.value};
    if (books_.contents.sagas->contains(key))
      return Error(ErrorCode::InvalidState, "The checkout " + saga.id.value + " exists already.");
    Contents::SagaRow row;
    row.number = static_cast<std::int64_t>(books_.contents.sagas->size()) + 1;
    CHECKOUT_TRY(append(row, saga, event));
    books_.contents.sagas.edit()[key] = std::move(row);
    return {};
  }
  Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (lease.tenantId != saga.tenantId || lease.sagaId != saga.id)
      return internal("The lease of another checkout was used.");
    const Key key{saga.tenantId, saga.id.value};
    auto row = found(*books_.contents.sagas, key);
    if (!row) return unknown(saga.id);
    if (row->saga->value().version != saga.version - 1)
      return Error(ErrorCode::InvalidState, "The checkout has moved on meanwhile.");
    if (row->leaseOwner != lease.owner || row->fence != lease.fence)
      return Error(ErrorCode::InvalidState, "Another worker has taken over the checkout.");
    CHECKOUT_TRY(append(*row, saga, event));
    books_.contents.sagas.edit()[key] = std::move(*row);
    return {};
  }
  Result<void> linkPayment(const TenantId& tenant, const std::string& object, const SagaId& saga) override {
    CHECKOUT_TRY(books_.mayWriteOf(tenant, saga));
    const auto known = found(*books_.contents.payments, Key{tenant, object});
    if (known && *known != saga)
      return Error(ErrorCode::InvalidState, "The payment " + object + " belongs to another checkout.");
    if (!known) books_.contents.payments.edit()[{tenant, object}] = saga;
    return {};
  }
  Result<std::optional<Lease>> acquireLease(const TenantId& tenant, const SagaId& id,
                                            const std::string& owner, TimePoint now,
                                            Milliseconds duration) override {
    CHECKOUT_TRY(books_.mayWrite());
    const auto at = books_.contents.sagas->find({tenant, id.value});
    if (at == books_.contents.sagas->end()) return unknown(id);
    if (at->second.leaseOwner && *at->second.leaseOwner != owner && at->second.leaseUntil > now)
      return std::optional<Lease>{};
    Contents::SagaRow& row = books_.contents.sagas.edit()[{tenant, id.value}];
    row.leaseOwner = owner;
    row.leaseUntil = now + duration;
    return std::optional<Lease>{Lease{tenant, id, owner, ++row.fence, row.leaseUntil}};
  }
  Result<void> releaseLease(const Lease& lease) override {
    CHECKOUT_TRY(books_.mayWrite());
    const Key key{lease.tenantId, lease.sagaId.value};
    const auto at = books_.contents.sagas->find(key);
    if (at == books_.contents.sagas->end()) return {};
    if (at->second.leaseOwner != lease.owner || at->second.fence != lease.fence) return {};
    books_.contents.sagas.edit()[key].leaseOwner.reset();
    return {};
  }
  Result<std::optional<IdempotencyRecord>> findIdempotency(const TenantId& tenant,
                                                           const std::string& key) override {
    return found(*books_.contents.idempotency, Key{tenant, key});
  }
  Result<void> putIdempotency(const TenantId& tenant, const IdempotencyRecord& record) override {
    CHECKOUT_TRY(books_.mayWriteOf(tenant, record.sagaId));
    const auto known = found(*books_.contents.idempotency, Key{tenant, record.key});
    if (!known) books_.contents.idempotency.edit()[{tenant, record.key}] = record;
    if (!known || (known->argumentDigest == record.argumentDigest && known->sagaId == record.sagaId))
      return {};
    return Error(ErrorCode::IdempotencyConflict, "The idempotency key was used before.");
  }

 private:
  static Error unknown(const SagaId& id) {
    return {ErrorCode::CheckoutNotFound, "There is no checkout " + id.value + "."};
  }
  static Result<void> append(Contents::SagaRow& row, const Saga& saga, const SagaEvent& event) {
    if (event.sequence != 0 && event.sequence != saga.version)
      return internal("An event doesn't belong to this version of a saga.");
    SagaEvent entry = event;
    entry.sequence = saga.version;
    if (entry.data.is_null()) entry.data = Json::object();
    entry.previousHash.clear();
    entry.hash.clear();
    row.saga = std::make_shared<const Kept<Saga, sagaToDocument>>(saga);
    row.events.push_back(std::make_shared<const SagaEvent>(std::move(entry)));
    return {};
  }
  Books& books_;
};

class Calls final : public CallStore {
 public:
  explicit Calls(Books& books) : books_(books) {}
  Result<std::optional<CallRecord>> find(const TenantId& tenant, const std::string& key) override {
    const auto at = position(tenant, key);
    return at ? std::optional<CallRecord>{(*books_.contents.calls)[*at]} : std::nullopt;
  }
  Result<void> begin(const CallRecord& record) override {
    CHECKOUT_TRY(books_.mayWriteOf(record.tenantId, record.sagaId));
    const auto at = position(record.tenantId, record.call.idempotencyKey);
    if (!at) {
      books_.contents.calls.edit().push_back(record);
      return {};
    }
    if ((*books_.contents.calls)[*at].call.bodyDigest == record.call.bodyDigest) return {};
    return Error(ErrorCode::IdempotencyConflict, "The payment call was planned before with another body.");
  }
  Result<void> finish(const TenantId& tenant, const std::string& key, CallRecord::State state,
                      const std::string& result, TimePoint at) override {
    CHECKOUT_TRY(books_.mayWrite());
    const auto index = position(tenant, key);
    if (!index) return internal("No call with the key " + key + " was begun.");
    const CallRecord& known = (*books_.contents.calls)[*index];
    if (known.state == CallRecord::State::Succeeded)
      return known.state == state && known.result == result
                 ? Result<void>{}
                 : Error(ErrorCode::InvalidState, "The payment call has succeeded already.");
    CallRecord& record = books_.contents.calls.edit()[*index];
    record.state = state;
    record.result = result;
    record.updatedAt = at;
    return {};
  }
  Result<std::vector<CallRecord>> ofSaga(const TenantId& tenant, const SagaId& saga) override {
    std::vector<CallRecord> all;
    for (const CallRecord& record : *books_.contents.calls)
      if (record.tenantId == tenant && record.sagaId == saga) all.push_back(record);
    return all;
  }

 private:
  std::optional<std::size_t> position(const TenantId& tenant, const std::string& key) const {
    const auto& all = *books_.contents.calls;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].tenantId == tenant && all[i].call.idempotencyKey == key) return i;
    return std::nullopt;
  }
  Books& books_;
};

class Timers final : public TimerStore {
 public:
  explicit Timers(Books& books) : books_(books) {}
  Result<void> set(const Timer& timer) override {
    CHECKOUT_TRY(books_.mayWriteOf(timer.tenantId, timer.sagaId));
    books_.contents.timers.edit()[{{timer.tenantId, timer.sagaId.value}, timer.kind}] = timer.dueAt;
    return {};
  }
  Result<void> clear(const TenantId& tenant, const SagaId& saga, TimerKind kind) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (books_.contents.timers->contains({{tenant, saga.value}, kind}))
      books_.contents.timers.edit().erase({{tenant, saga.value}, kind});
    return {};
  }
  Result<std::vector<Timer>> due(TimePoint now, int limit) override {
    std::vector<Timer> all;
    for (const auto& [key, dueAt] : *books_.contents.timers)
      if (dueAt <= now) all.push_back({key.first.first, SagaId{key.first.second}, key.second, dueAt});
    std::stable_sort(all.begin(), all.end(),
                     [](const Timer& a, const Timer& b) { return a.dueAt < b.dueAt; });
    if (all.size() > static_cast<std::size_t>(limit)) all.resize(static_cast<std::size_t>(limit));
    return all;
  }
  Result<std::optional<TimePoint>> next() override {
    std::optional<TimePoint> earliest;
    for (const auto& [key, dueAt] : *books_.contents.timers)
      if (!earliest || dueAt < *earliest) earliest = dueAt;
    return earliest;
  }

 private:
  Books& books_;
};

class Orders final : public OrderStore {
 public:
  explicit Orders(Books& books) : books_(books) {}
  Result<std::optional<Order>> find(const TenantId& tenant, const OrderId& id) override {
    const auto at = books_.contents.orders->find({tenant, id.value});
    if (at == books_.contents.orders->end()) return std::optional<Order>{};
    return std::optional<Order>{at->second.order->value()};
  }
  Result<OrderPage> list(const TenantId& tenant, const UserId& user, int limit,
                         const std::string& cursor) override {
    std::vector<std::pair<std::int64_t, const Order*>> rows;
    for (const auto& [key, row] : *books_.contents.orders)
      if (key.first == tenant && row.order->value().userId == user)
        rows.emplace_back(row.number, &row.order->value());
    std::sort(rows.rbegin(), rows.rend());
    OrderPage page;
    CHECKOUT_ASSIGN(next, pageOf(rows, limit, cursor, {"orders", tenant.value, user.value},
                                 [&](const Order* order) { page.orders.push_back(*order); }));
    page.nextCursor = next;
    return page;
  }
  Result<void> save(const Order& order) override {
    CHECKOUT_TRY(books_.mayWriteOf(order.tenantId, order.sagaId));
    const Key key{order.tenantId, order.id.value};
    const auto known = found(*books_.contents.orders, key);
    const std::int64_t number =
        known ? known->number : static_cast<std::int64_t>(books_.contents.orders->size()) + 1;
    books_.contents.orders.edit()[key] = {std::make_shared<const Kept<Order, orderToDocument>>(order),
                                          number};
    return {};
  }

 private:
  Books& books_;
};

class Inbox final : public InboxStore {
 public:
  explicit Inbox(Books& books) : books_(books) {}
  Result<bool> insert(const InboxEvent& event) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (books_.contents.inbox->contains({event.tenantId, event.eventId})) return false;
    books_.contents.inbox.edit()[{event.tenantId, event.eventId}] = event;
    return true;
  }
  Result<std::optional<InboxEvent>> find(const TenantId& tenant, const std::string& id) override {
    return found(*books_.contents.inbox, Key{tenant, id});
  }
  Result<std::vector<InboxEvent>> parkedFor(const TenantId& tenant, const std::string& object) override {
    std::vector<InboxEvent> all;
    for (const auto& [key, event] : *books_.contents.inbox)
      if (key.first == tenant && event.objectId == object && event.state == InboxEvent::State::Parked)
        all.push_back(event);
    std::stable_sort(all.begin(), all.end(),
                     [](const InboxEvent& a, const InboxEvent& b) { return a.receivedAt < b.receivedAt; });
    return all;
  }
  Result<void> setState(const TenantId& tenant, const std::string& id, InboxEvent::State state) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (!books_.contents.inbox->contains({tenant, id})) return internal("No event " + id + " is stored.");
    books_.contents.inbox.edit()[{tenant, id}].state = state;
    return {};
  }

 private:
  Books& books_;
};

class Outbox final : public OutboxStore {
 public:
  explicit Outbox(Books& books) : books_(books) {}
  Result<void> put(const OutboxMessage& message) override {
    CHECKOUT_TRY(books_.mayWriteOf(message.tenantId, message.sagaId));
    const Key key{message.tenantId, message.email.id};
    if (!books_.contents.outbox->contains(key)) books_.contents.outbox.edit()[key] = {message, false};
    return {};
  }
  Result<std::vector<OutboxMessage>> due(TimePoint now, int limit) override {
    std::vector<OutboxMessage> all;
    for (const auto& [key, row] : *books_.contents.outbox)
      if (!row.delivered && row.message.dueAt <= now) all.push_back(row.message);
    std::stable_sort(all.begin(), all.end(),
                     [](const OutboxMessage& a, const OutboxMessage& b) { return a.dueAt < b.dueAt; });
    if (all.size() > static_cast<std::size_t>(limit)) all.resize(static_cast<std::size_t>(limit));
    return all;
  }
  Result<void> markDelivered(const TenantId& tenant, const std::string& id, TimePoint) override {
    return change(tenant, id, [](Contents::OutboxRow& row) { row.delivered = true; });
  }
  Result<void> postpone(const TenantId& tenant, const std::string& id, TimePoint dueAt) override {
    return change(tenant, id, [&](Contents::OutboxRow& row) {
      ++row.message.attempts;
      row.message.dueAt = dueAt;
    });
  }

 private:
  template <class Change>
  Result<void> change(const TenantId& tenant, const std::string& id, Change change) {
    CHECKOUT_TRY(books_.mayWrite());
    const auto known = found(*books_.contents.outbox, Key{tenant, id});
    if (known && !known->delivered) change(books_.contents.outbox.edit()[{tenant, id}]);
    return {};
  }
  Books& books_;
};

class Ledger final : public LedgerStore {
 public:
  explicit Ledger(Books& books) : books_(books) {}
  Result<bool> putRefund(const RefundEntry& entry) override {
    return put(books_.contents.refunds, {entry.tenantId, entry.refundId}, entry);
  }
  Result<bool> putDispute(const DisputeEntry& entry) override {
    return put(books_.contents.disputes, {entry.tenantId, entry.disputeId}, entry);
  }
  Result<std::vector<RefundEntry>> refundsOf(const TenantId& tenant, const SagaId& saga) override {
    return of(*books_.contents.refunds, tenant, saga);
  }
  Result<std::vector<DisputeEntry>> disputesOf(const TenantId& tenant, const SagaId& saga) override {
    return of(*books_.contents.disputes, tenant, saga);
  }
  Result<std::optional<TimePoint>> eventsReadUntil(const TenantId& tenant) override {
    return found(*books_.contents.eventsReadUntil, tenant);
  }
  Result<void> setEventsReadUntil(const TenantId& tenant, TimePoint until) override {
    CHECKOUT_TRY(books_.mayWrite());
    books_.contents.eventsReadUntil.edit()[tenant] = until;
    return {};
  }

 private:
  template <class Entry>
  Result<bool> put(Shared<std::map<Key, Entry>>& entries, const Key& key, const Entry& entry) {
    CHECKOUT_TRY(books_.mayWriteOf(entry.tenantId, entry.sagaId));
    if (entry.amount.amount < 0) return internal("An amount of money that went back is 0 or more.");
    const auto known = found(*entries, key);
    if (known && known->amount == entry.amount && known->status == entry.status) return false;
    Entry& stored = entries.edit()[key];
    if (!known) {
      stored = entry;
      return true;
    }
    stored.amount = entry.amount;
    stored.status = entry.status;
    stored.updatedAt = entry.updatedAt;
    return true;
  }
  template <class Entry>
  static std::vector<Entry> of(const std::map<Key, Entry>& entries, const TenantId& tenant,
                               const SagaId& saga) {
    std::vector<Entry> all;
    for (const auto& [key, entry] : entries)
      if (key.first == tenant && entry.sagaId == saga) all.push_back(entry);
    std::stable_sort(all.begin(), all.end(),
                     [](const Entry& a, const Entry& b) { return a.createdAt < b.createdAt; });
    return all;
  }
  Books& books_;
};

class MemoryTransaction final : public Transaction {
 public:
  explicit MemoryTransaction(Books& books)
      : carts_(books),
        stock_(books),
        sagas_(books),
        calls_(books),
        timers_(books),
        orders_(books),
        inbox_(books),
        outbox_(books),
        ledger_(books) {}
  CartStore& carts() override { return carts_; }
  StockStore& stock() override { return stock_; }
  SagaStore& sagas() override { return sagas_; }
  CallStore& calls() override { return calls_; }
  TimerStore& timers() override { return timers_; }
  OrderStore& orders() override { return orders_; }
  InboxStore& inbox() override { return inbox_; }
  OutboxStore& outbox() override { return outbox_; }
  LedgerStore& ledger() override { return ledger_; }

 private:
  Carts carts_;
  Stock stock_;
  Sagas sagas_;
  Calls calls_;
  Timers timers_;
  Orders orders_;
  Inbox inbox_;
  Outbox outbox_;
  Ledger ledger_;
};

Result<void> run(const Store::Body& body, Books& books) {
  MemoryTransaction tx(books);
  try {
    return body(tx);
  } catch (const std::exception& thrown) {
    return internal(std::string("A transaction failed: ") + thrown.what());
  } catch (...) {
    return internal("A transaction failed.");
  }
}

// Times are all that is a whole number of milliseconds since 1970.
constexpr std::int64_t kFirstTime = 1'500'000'000'000;

void addDocument(Printer& printer, const Json& value, std::vector<TimePoint>& times) {
  switch (value.type()) {
    case Json::value_t::object:
      for (const auto& [name, member] : value.items()) {
        if (name == "version" || name == "createdAt" || name == "requestId" || name == "message") continue;
        printer.add(name);
        addDocument(printer, member, times);
      }
      printer.add(std::uint64_t{1});
      break;
    case Json::value_t::array:
      for (const Json& member : value) addDocument(printer, member, times);
      printer.add(std::uint64_t{2});
      break;
    case Json::value_t::string:
      printer.add(value.get_ref<const std::string&>());
      break;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      if (value.get<std::int64_t>() >= kFirstTime)
        times.push_back(fromUnixMillis(value.get<std::int64_t>()));
      else
        printer.add(static_cast<std::uint64_t>(value.get<std::int64_t>()));
      break;
    default:
      printer.add(value.dump());
  }
}

void add(Printer& printer, const Key& key) {
  printer.add(key.first.value).add(key.second);
}

}  // namespace

Printed::Printed(const Json& document) {
  Printer printer;
  addDocument(printer, document, times_);
  fixed_ = printer.print();
}

void Printed::addTo(Printer& printer, TimePoint now) const {
  printer.add(fixed_);
  for (const TimePoint time : times_) printer.add(time, now);
}

void Contents::addTo(Printer& printer, TimePoint now) const {
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  for (const auto& [key, cart] : *carts) {
    add(printer, key);
    for (const CartItem& item : cart.items) printer.add(item.productId.value).add(number(item.quantity));
  }
  for (const auto& [key, level] : *stock) {
    add(printer, key);
    printer.add(number(level.initial)).add(number(level.reserved)).add(number(level.sold));
  }
  for (const auto& [key, reservation] : *reservations) {
    add(printer, key.first);
    printer.add(key.second.value).add(number(reservation.state)).add(number(reservation.quantity));
  }
  for (const auto& [key, row] : *sagas) {
    add(printer, key);
    row.saga->addTo(printer, now);
    printer.add(std::uint64_t{row.leaseOwner.has_value() && row.leaseUntil > now});
  }
  for (const auto& [key, saga] : *payments) {
    add(printer, key);
    printer.add(saga.value);
  }
  for (const auto& [key, record] : *idempotency) {
    add(printer, key);
    printer.add(record.argumentDigest).add(record.sagaId.value);
  }
  for (const CallRecord& record : *calls) {
    printer.add(record.call.idempotencyKey).add(number(record.state)).add(record.result);
    const bool isOpen =
        record.state == CallRecord::State::Started || record.state == CallRecord::State::Unknown;
    if (isOpen) printer.add(record.createdAt, now);
  }
  for (const auto& [key, dueAt] : *timers) {
    add(printer, key.first);
    printer.add(number(key.second)).add(dueAt, now);
  }
  for (const auto& [key, row] : *orders) {
    add(printer, key);
    row.order->addTo(printer, now);
  }
  for (const auto& [key, event] : *inbox) {
    add(printer, key);
    printer.add(number(event.state));
  }
  for (const auto& [key, row] : *outbox) {
    add(printer, key);
    printer.add(row.message.email.text).add(std::uint64_t{row.delivered});
  }
  for (const auto& [key, entry] : *refunds) {
    add(printer, key);
    printer.add(number(entry.amount.amount)).add(entry.status);
  }
  for (const auto& [key, entry] : *disputes) {
    add(printer, key);
    printer.add(number(entry.amount.amount)).add(entry.status);
  }
  for (const auto& [tenant, until] : *eventsReadUntil) printer.add(tenant.value).add(until, now);
}

Result<void> MemoryStore::write(const Body& body) {
  if (writer_ == std::this_thread::get_id()) return internal("A transaction was begun inside another one.");
  const std::lock_guard writing(writing_);
  writer_ = std::this_thread::get_id();
  Books books{contents(), false};
  auto done = run(body, books);
  if (done.ok()) {
    const std::lock_guard lock(mutex_);
    contents_ = std::move(books.contents);
  }
  writer_ = std::thread::id{};
  return done;
}

Result<void> MemoryStore::read(const Body& body) {
  Books books{contents(), true};
  return run(body, books);
}

Contents MemoryStore::contents() const {
  const std::lock_guard lock(mutex_);
  return contents_;
}

}  // namespace checkout::model
