// The ports of <checkout/store.hpp> over a SqlSession, one class and one .cpp each. They hold no state of
// their own: each is as good as the session's transaction, and used by its thread only.
#pragma once

#include <checkout/store.hpp>

#include "store/sql/session.hpp"

namespace checkout::store::sql {

class SqlCarts final : public CartStore {
 public:
  explicit SqlCarts(SqlSession& session) : session_(session) {}
  Result<std::optional<Cart>> find(const TenantId&, const CartId&) override;
  Result<void> save(const Cart&) override;

 private:
  SqlSession& session_;
};

class SqlStock final : public StockStore {
 public:
  explicit SqlStock(SqlSession& session) : session_(session) {}
  Result<void> declare(const TenantId&, const ProductId&, std::int64_t configured) override;
  Result<void> undeclare(const TenantId&, const ProductId&) override;
  Result<StockLevel> setOnShelf(const TenantId&, const ProductId&, std::int64_t count) override;
  Result<StockLevel> adjust(const TenantId&, const ProductId&, std::int64_t difference) override;
  Result<std::vector<ProductStock>> list(const TenantId&) override;
  Result<std::optional<StockLevel>> find(const TenantId&, const ProductId&) override;
  // A product without a declared stock never sells out: holding it succeeds and records nothing.
  // InvalidState if the saga's pieces are sold already.
  Result<void> hold(const TenantId&, const SagaId&, const ProductId&, int quantity) override;
  Result<void> releaseAll(const TenantId&, const SagaId&) override;
  Result<void> sellAll(const TenantId&, const SagaId&) override;
  Result<void> restockAll(const TenantId&, const SagaId&) override;

 private:
  // Moves all of a saga's reservations from one state to another, and the counters of their products with
  // them.
  struct Move;
  // The tracked product's level, changed so that `free` are free, or none if that is less.
  Result<StockLevel> setFree(const TenantId&, const ProductId&, const StockLevel& level, std::int64_t free);
  Result<StockLevel> findTracked(const TenantId&, const ProductId&);
  Result<void> moveAll(const TenantId&, const SagaId&, const Move&);
  SqlSession& session_;
};

class SqlSagas final : public SagaStore {
 public:
  explicit SqlSagas(SqlSession& session) : session_(session) {}
  Result<std::optional<Saga>> find(const TenantId&, const SagaId&) override;
  Result<std::optional<Saga>> findLive(const TenantId&, const CartId&) override;
  Result<std::optional<Saga>> findLastPurchase(const TenantId&, const CartId&) override;
  Result<std::optional<SagaId>> findByPayment(const TenantId&, const std::string& objectId) override;
  Result<SagaPage> list(const TenantId&, const SagaPageQuery&) override;
  Result<std::vector<SagaEvent>> events(const TenantId&, const SagaId&) override;
  Result<std::vector<TenantId>> tenants() override;
  Result<UnsettledSagas> unsettled(const TenantId&, int limit) override;
  // An event's sequence is the saga's version; 0 leaves that to the store.
  Result<void> insert(const Saga&, const SagaEvent&) override;
  Result<void> update(const Saga&, const SagaEvent&, const Lease&) override;
  Result<void> linkPayment(const TenantId&, const std::string& objectId, const SagaId&) override;
  Result<std::optional<Lease>> acquireLease(const TenantId&, const SagaId&, const std::string& owner,
                                            TimePoint now, Milliseconds duration) override;
  Result<void> releaseLease(const Lease&) override;
  Result<std::optional<IdempotencyRecord>> findIdempotency(const TenantId&, const std::string& key) override;
  // IdempotencyConflict if the key is stored with another digest or saga; harmless to repeat.
  Result<void> putIdempotency(const TenantId&, const IdempotencyRecord&) override;

 private:
  Result<void> append(const Saga&, const SagaEvent&);
  SqlSession& session_;
};

class SqlCalls final : public CallStore {
 public:
  explicit SqlCalls(SqlSession& session) : session_(session) {}
  Result<std::optional<CallRecord>> find(const TenantId&, const std::string& idempotencyKey) override;
  Result<void> begin(const CallRecord&) override;
  // A succeeded call stays so: InvalidState for another end of it.
  Result<void> finish(const TenantId&, const std::string& idempotencyKey, CallRecord::State,
                      const std::string& result, TimePoint at) override;
  Result<std::vector<CallRecord>> ofSaga(const TenantId&, const SagaId&) override;

 private:
  SqlSession& session_;
};

class SqlTimers final : public TimerStore {
 public:
  explicit SqlTimers(SqlSession& session) : session_(session) {}
  Result<void> set(const Timer&) override;
  Result<void> clear(const TenantId&, const SagaId&, TimerKind) override;
  Result<std::vector<Timer>> due(TimePoint now, int limit) override;
  Result<std::optional<TimePoint>> next() override;

 private:
  SqlSession& session_;
};

class SqlOrders final : public OrderStore {
 public:
  explicit SqlOrders(SqlSession& session) : session_(session) {}
  Result<std::optional<Order>> find(const TenantId&, const OrderId&) override;
  Result<OrderPage> list(const TenantId&, const UserId&, int limit, const std::string& cursor) override;
  Result<void> save(const Order&) override;

 private:
  SqlSession& session_;
};

class SqlInbox final : public InboxStore {
 public:
  explicit SqlInbox(SqlSession& session) : session_(session) {}
  Result<bool> insert(const InboxEvent&) override;
  Result<std::optional<InboxEvent>> find(const TenantId&, const std::string& eventId) override;
  Result<std::vector<InboxEvent>> parkedFor(const TenantId&, const std::string& objectId) override;
  Result<void> setState(const TenantId&, const std::string& eventId, InboxEvent::State) override;

 private:
  SqlSession& session_;
};

class SqlOutbox final : public OutboxStore {
 public:
  explicit SqlOutbox(SqlSession& session) : session_(session) {}
  Result<void> put(const OutboxMessage&) override;
  Result<std::vector<OutboxMessage>> due(TimePoint now, int limit) override;
  Result<void> markDelivered(const TenantId&, const std::string& emailId, TimePoint at) override;
  // Leaves a message alone that was delivered meanwhile.
  Result<void> postpone(const TenantId&, const std::string& emailId, TimePoint dueAt) override;

 private:
  SqlSession& session_;
};

class SqlLedger final : public LedgerStore {
 public:
  explicit SqlLedger(SqlSession& session) : session_(session) {}
  Result<bool> putRefund(const RefundEntry&) override;
  Result<bool> putDispute(const DisputeEntry&) override;
  Result<std::vector<RefundEntry>> refundsOf(const TenantId&, const SagaId&) override;
  Result<std::vector<DisputeEntry>> disputesOf(const TenantId&, const SagaId&) override;
  Result<std::optional<TimePoint>> eventsReadUntil(const TenantId&) override;
  Result<void> setEventsReadUntil(const TenantId&, TimePoint) override;
  Result<std::optional<std::string>> paymentAccount(const TenantId&) override;
  Result<void> setPaymentAccount(const TenantId&, const std::string& account) override;

 private:
  SqlSession& session_;
};

class SqlCustomers final : public CustomerStore {
 public:
  explicit SqlCustomers(SqlSession& session) : session_(session) {}
  Result<std::optional<CustomerRecord>> find(const TenantId&, const UserId&) override;
  Result<void> save(const TenantId&, const UserId&, const CustomerRecord&) override;

 private:
  SqlSession& session_;
};

// All of them over one session. Lives as long as its transaction.
class SqlTransaction final : public Transaction {
 public:
  explicit SqlTransaction(SqlSession& session)
      : carts_(session),
        stock_(session),
        sagas_(session),
        calls_(session),
        timers_(session),
        orders_(session),
        inbox_(session),
        outbox_(session),
        ledger_(session),
        customers_(session) {}
  CartStore& carts() override { return carts_; }
  StockStore& stock() override { return stock_; }
  SagaStore& sagas() override { return sagas_; }
  CallStore& calls() override { return calls_; }
  TimerStore& timers() override { return timers_; }
  OrderStore& orders() override { return orders_; }
  InboxStore& inbox() override { return inbox_; }
  OutboxStore& outbox() override { return outbox_; }
  LedgerStore& ledger() override { return ledger_; }
  CustomerStore& customers() override { return customers_; }

 private:
  SqlCarts carts_;
  SqlStock stock_;
  SqlSagas sagas_;
  SqlCalls calls_;
  SqlTimers timers_;
  SqlOrders orders_;
  SqlInbox inbox_;
  SqlOutbox outbox_;
  SqlLedger ledger_;
  SqlCustomers customers_;
};

}  // namespace checkout::store::sql
