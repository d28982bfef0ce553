// Carts, stock, orders, events, mail and the ledger in memory.
#include <algorithm>

#include "model/memory_books.hpp"

namespace checkout::model {
namespace {

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
  Result<void> declare(const TenantId& tenant, const ProductId& product, std::int64_t configured) override {
    CHECKOUT_TRY(books_.mayWrite());
    CHECKOUT_TRY(checkCount(configured));
    const auto known = found(*books_.contents.stock, Key{tenant, product.value});
    if (known && known->configured == configured) return {};
    Contents::StockRow& row = books_.contents.stock.edit()[{tenant, product.value}];
    row.configured = configured;
    row.level.initial = row.level.sold + std::max(configured, row.level.reserved);
    return {};
  }
  Result<void> undeclare(const TenantId& tenant, const ProductId& product) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (books_.contents.stock->contains({tenant, product.value}))
      books_.contents.stock.edit()[{tenant, product.value}].configured.reset();
    return {};
  }
  Result<StockLevel> setOnShelf(const TenantId& tenant, const ProductId& product,
                                std::int64_t count) override {
    CHECKOUT_TRY(checkCount(count));
    CHECKOUT_ASSIGN(level, findTracked(tenant, product));
    return setFree(tenant, product, count - level.reserved);
  }
  Result<StockLevel> adjust(const TenantId& tenant, const ProductId& product,
                            std::int64_t difference) override {
    CHECKOUT_ASSIGN(level, findTracked(tenant, product));
    if (difference > kMostPieces || difference < -kMostPieces)
      return Error(ErrorCode::ValidationFailed, "The stock can't change by so much.");
    if (level.free() + difference < 0)
      return Error(ErrorCode::ValidationFailed, "There are not so many free.");
    return setFree(tenant, product, level.free() + difference);
  }
  Result<std::vector<ProductStock>> list(const TenantId& tenant) override {
    std::vector<ProductStock> all;
    for (const auto& [key, row] : *books_.contents.stock)
      if (key.first == tenant && row.configured) all.push_back({ProductId{key.second}, row.level});
    return all;
  }
  Result<std::optional<StockLevel>> find(const TenantId& tenant, const ProductId& product) override {
    const auto row = found(*books_.contents.stock, Key{tenant, product.value});
    return row && row->configured ? std::optional(row->level) : std::nullopt;
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
    books_.contents.stock.edit()[{tenant, product.value}].level.reserved += quantity - held;
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
  static constexpr std::int64_t kMostPieces = 1'000'000'000'000;

  static Result<void> checkCount(std::int64_t count) {
    if (count >= 0 && count <= kMostPieces) return {};
    return Error(ErrorCode::ValidationFailed, "A stock is from 0 to 1,000,000,000,000.");
  }
  Result<StockLevel> findTracked(const TenantId& tenant, const ProductId& product) {
    CHECKOUT_ASSIGN(level, find(tenant, product));
    if (level) return *level;
    return Error(ErrorCode::ValidationFailed, "The stock of " + product.value + " is not counted.");
  }
  Result<StockLevel> setFree(const TenantId& tenant, const ProductId& product, std::int64_t free) {
    CHECKOUT_TRY(books_.mayWrite());
    StockLevel& level = books_.contents.stock.edit()[{tenant, product.value}].level;
    level.initial = level.reserved + level.sold + std::max(free, std::int64_t{0});
    return level;
  }
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
      StockLevel& level = books_.contents.stock.edit()[{tenant, key.second.value}].level;
      level.reserved += reserved * reservation.quantity;
      level.sold += sold * reservation.quantity;
      reservation.state = to;
    }
    return {};
  }
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
  Result<std::optional<std::string>> paymentAccount(const TenantId& tenant) override {
    return found(*books_.contents.paymentAccounts, tenant);
  }
  Result<void> setPaymentAccount(const TenantId& tenant, const std::string& account) override {
    CHECKOUT_TRY(books_.mayWrite());
    books_.contents.paymentAccounts.edit()[tenant] = account;
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

class Customers final : public CustomerStore {
 public:
  explicit Customers(Books& books) : books_(books) {}
  Result<std::optional<CustomerRecord>> find(const TenantId& tenant, const UserId& user) override {
    return found(*books_.contents.customers, Key{tenant, user.value});
  }
  Result<void> save(const TenantId& tenant, const UserId& user, const CustomerRecord& record) override {
    CHECKOUT_TRY(books_.mayWrite());
    books_.contents.customers.edit()[{tenant, user.value}] = record;
    return {};
  }

 private:
  Books& books_;
};

}  // namespace

std::unique_ptr<CartStore> makeCarts(Books& books) {
  return std::make_unique<Carts>(books);
}
std::unique_ptr<StockStore> makeStock(Books& books) {
  return std::make_unique<Stock>(books);
}
std::unique_ptr<OrderStore> makeOrders(Books& books) {
  return std::make_unique<Orders>(books);
}
std::unique_ptr<InboxStore> makeInbox(Books& books) {
  return std::make_unique<Inbox>(books);
}
std::unique_ptr<OutboxStore> makeOutbox(Books& books) {
  return std::make_unique<Outbox>(books);
}
std::unique_ptr<LedgerStore> makeLedger(Books& books) {
  return std::make_unique<Ledger>(books);
}
std::unique_ptr<CustomerStore> makeCustomers(Books& books) {
  return std::make_unique<Customers>(books);
}

}  // namespace checkout::model
