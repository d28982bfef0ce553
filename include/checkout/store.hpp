// The port to durable storage. Everything that changes happens in write(): one call, one transaction.
//
//   Result<void> done = store.write([&](Transaction& tx) -> Result<void> {
//     CHECKOUT_TRY(tx.carts().save(cart));
//     return tx.timers().set(timer);
//   });
//
// The body runs on a thread of the store's choosing, may run more than once (a retried serialisation
// failure), and therefore only computes and touches `tx`: no outside call, no waiting, no other write().
// If it returns an error, nothing of it is kept and write() returns that error. write() returns success
// only after the commit is durable; if the commit itself fails, ServiceUnavailable, and nothing is kept.
// Concurrent writes may share one commit; each still succeeds or fails alone.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <checkout/cart.hpp>
#include <checkout/mailer.hpp>
#include <checkout/order.hpp>
#include <checkout/saga_store.hpp>

namespace checkout {

class CartStore {
 public:
  virtual ~CartStore() = default;
  virtual Result<std::optional<Cart>> find(const TenantId&, const CartId&) = 0;
  virtual Result<void> save(const Cart& cart) = 0;  // replaces all its items; an empty cart is kept as such
};

// `initial` is all that has ever been there: free = initial - reserved - sold; none of the four is ever
// negative.
struct StockLevel {
  std::int64_t initial = 0, reserved = 0, sold = 0;
  std::int64_t free() const { return initial - reserved - sold; }
  std::int64_t onShelf() const { return initial - sold; }  // what is free, and what open payments hold
};
struct ProductStock {
  ProductId productId;
  StockLevel level;
};

class StockStore {
 public:
  virtual ~StockStore() = default;
  // What the configuration says. A product that is new here, or whose number is another one than last time,
  // has that many on the shelf now; the same number as last time changes nothing, whatever was sold since.
  virtual Result<void> declare(const TenantId&, const ProductId&, std::int64_t configured) = 0;
  // The configuration gives no number (any more): the product is untracked and never sells out.
  virtual Result<void> undeclare(const TenantId&, const ProductId&) = 0;
  // An operator's count, or a correction. Never below what open payments hold; the answer is what it came to.
  // ValidationFailed for a product that is untracked, and for a count below 0.
  virtual Result<StockLevel> setOnShelf(const TenantId&, const ProductId&, std::int64_t count) = 0;
  virtual Result<StockLevel> adjust(const TenantId&, const ProductId&, std::int64_t difference) = 0;
  virtual Result<std::vector<ProductStock>> list(const TenantId&) = 0;  // the tracked ones, by product
  virtual Result<std::optional<StockLevel>> find(const TenantId&,
                                                 const ProductId&) = 0;  // nullopt: untracked
  // InventoryUnavailable (details: productId, requested, available) and no change if too few are free.
  // Repeating a hold for the same saga and product replaces the quantity.
  virtual Result<void> hold(const TenantId&, const SagaId&, const ProductId&, int quantity) = 0;
  virtual Result<void> releaseAll(const TenantId&, const SagaId&) = 0;  // held → free; harmless to repeat
  virtual Result<void> sellAll(const TenantId&, const SagaId&) = 0;     // held → sold; harmless to repeat
  virtual Result<void> restockAll(const TenantId&, const SagaId&) = 0;  // sold → free; harmless to repeat
};

struct OrderPage {
  std::vector<Order> orders;
  std::string nextCursor;
};

class OrderStore {
 public:
  virtual ~OrderStore() = default;
  virtual Result<std::optional<Order>> find(const TenantId&, const OrderId&) = 0;
  virtual Result<OrderPage> list(const TenantId&, const UserId&, int limit, const std::string& cursor) = 0;
  virtual Result<void> save(const Order& order) = 0;  // insert or replace
};

// A webhook event, kept for deduplication and, while unapplied, for replay.
struct InboxEvent {
  TenantId tenantId;
  std::string eventId;   // evt_…
  std::string type;      // checkout.session.completed
  std::string objectId;  // cs_…, pi_…; empty if the type has none we use
  std::string payload;   // PaymentEvent::payload
  enum class State { Applied, Parked, Ignored };
  State state = State::Parked;
  TimePoint receivedAt;
};

class InboxStore {
 public:
  virtual ~InboxStore() = default;
  // False, and no change, if the tenant already has this event id.
  virtual Result<bool> insert(const InboxEvent& event) = 0;
  virtual Result<std::optional<InboxEvent>> find(const TenantId&, const std::string& eventId) = 0;
  virtual Result<std::vector<InboxEvent>> parkedFor(const TenantId&, const std::string& objectId) = 0;
  virtual Result<void> setState(const TenantId&, const std::string& eventId, InboxEvent::State state) = 0;
};

// Money that went back, and money that is contested: one entry for each of the provider's objects.
struct RefundEntry {
  TenantId tenantId;
  std::string refundId;  // re_…
  SagaId sagaId;
  std::string paymentIntentId;  // pi_…
  Money amount;
  std::string status;  // RefundFact::status
  TimePoint createdAt, updatedAt;
};
struct DisputeEntry {
  TenantId tenantId;
  std::string disputeId;  // dp_…
  SagaId sagaId;
  std::string paymentIntentId;
  Money amount;
  std::string status, reason;  // as in DisputeFact
  TimePoint createdAt, updatedAt;
};

class LedgerStore {
 public:
  virtual ~LedgerStore() = default;
  // True if the entry is new, or its amount or status differs from what was stored; createdAt is kept.
  virtual Result<bool> putRefund(const RefundEntry&) = 0;
  virtual Result<bool> putDispute(const DisputeEntry&) = 0;
  virtual Result<std::vector<RefundEntry>> refundsOf(const TenantId&, const SagaId&) = 0;  // oldest first
  virtual Result<std::vector<DisputeEntry>> disputesOf(const TenantId&, const SagaId&) = 0;
  // Until when the provider's list of events has been read; nullopt: never.
  virtual Result<std::optional<TimePoint>> eventsReadUntil(const TenantId&) = 0;
  virtual Result<void> setEventsReadUntil(const TenantId&, TimePoint) = 0;
  // The provider's account in which the tenant's checkouts are paid; nullopt: none is known yet.
  virtual Result<std::optional<std::string>> paymentAccount(const TenantId&) = 0;
  virtual Result<void> setPaymentAccount(const TenantId&, const std::string& account) = 0;
};

// The provider's customer for one of a tenant's users, who has saved payment methods there.
struct CustomerRecord {
  std::string customerId;  // cus_…
  bool isGone = false;     // the provider does not know it any more: the next one takes its place
};

class CustomerStore {
 public:
  virtual ~CustomerStore() = default;
  virtual Result<std::optional<CustomerRecord>> find(const TenantId&, const UserId&) = 0;
  virtual Result<void> save(const TenantId&, const UserId&, const CustomerRecord&) = 0;  // insert or replace
};

struct OutboxMessage {
  TenantId tenantId;
  SagaId sagaId;
  Email email;  // email.id is unique per tenant; a second put() of it changes nothing
  int attempts = 0;
  TimePoint dueAt;
};

class OutboxStore {
 public:
  virtual ~OutboxStore() = default;
  virtual Result<void> put(const OutboxMessage& message) = 0;
  virtual Result<std::vector<OutboxMessage>> due(TimePoint now,
                                                 int limit) = 0;  // undelivered, of every tenant
  virtual Result<void> markDelivered(const TenantId&, const std::string& emailId, TimePoint at) = 0;
  virtual Result<void> postpone(const TenantId&, const std::string& emailId,
                                TimePoint dueAt) = 0;  // attempts + 1
};

class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual CartStore& carts() = 0;
  virtual StockStore& stock() = 0;
  virtual SagaStore& sagas() = 0;
  virtual CallStore& calls() = 0;
  virtual TimerStore& timers() = 0;
  virtual OrderStore& orders() = 0;
  virtual InboxStore& inbox() = 0;
  virtual OutboxStore& outbox() = 0;
  virtual LedgerStore& ledger() = 0;
  virtual CustomerStore& customers() = 0;
};

// Thread-safe.
class Store {
 public:
  using Body = std::function<Result<void>(Transaction&)>;
  virtual ~Store() = default;
  virtual Result<void> write(const Body& body) = 0;
  // A consistent snapshot of what is committed; changing methods fail with Internal.
  virtual Result<void> read(const Body& body) = 0;
  virtual Result<void> ping() = 0;  // can it be read now?
};

// write() and read() for bodies that yield a value.
template <class T, class Function>
Result<T> writeFor(Store& store, Function&& body) {
  std::optional<Result<T>> answer;
  auto done = store.write([&](Transaction& tx) -> Result<void> {
    answer.emplace(body(tx));
    if (!answer->ok()) return answer->error();
    return {};
  });
  if (!done.ok()) return std::move(done).error();
  return std::move(*answer);
}
template <class T, class Function>
Result<T> readFor(Store& store, Function&& body) {
  std::optional<Result<T>> answer;
  auto done = store.read([&](Transaction& tx) -> Result<void> {
    answer.emplace(body(tx));
    if (!answer->ok()) return answer->error();
    return {};
  });
  if (!done.ok()) return std::move(done).error();
  return std::move(*answer);
}

}  // namespace checkout
