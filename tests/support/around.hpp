// Decorators of the store's ports that pass everything on. A test overrides what it wants to see, or to
// break.
#pragma once

#include <functional>
#include <memory>

#include <checkout/store.hpp>

namespace checkout::test {

class AroundSagas : public SagaStore {
 public:
  explicit AroundSagas(SagaStore& inner) : inner_(inner) {}
  Result<std::optional<Saga>> find(const TenantId& t, const SagaId& s) override { return inner_.find(t, s); }
  Result<std::optional<Saga>> findLive(const TenantId& t, const CartId& c) override {
    return inner_.findLive(t, c);
  }
  Result<std::optional<Saga>> findLastPurchase(const TenantId& t, const CartId& c) override {
    return inner_.findLastPurchase(t, c);
  }
  Result<std::optional<SagaId>> findByPayment(const TenantId& t, const std::string& object) override {
    return inner_.findByPayment(t, object);
  }
  Result<SagaPage> list(const TenantId& t, const SagaPageQuery& query) override {
    return inner_.list(t, query);
  }
  Result<std::vector<SagaEvent>> events(const TenantId& t, const SagaId& s) override {
    return inner_.events(t, s);
  }
  Result<std::vector<TenantId>> tenants() override { return inner_.tenants(); }
  Result<UnsettledSagas> unsettled(const TenantId& t, int limit) override {
    return inner_.unsettled(t, limit);
  }
  Result<void> insert(const Saga& saga, const SagaEvent& event) override {
    return inner_.insert(saga, event);
  }
  Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) override {
    return inner_.update(saga, event, lease);
  }
  Result<void> linkPayment(const TenantId& t, const std::string& object, const SagaId& s) override {
    return inner_.linkPayment(t, object, s);
  }
  Result<std::optional<Lease>> acquireLease(const TenantId& t, const SagaId& s, const std::string& owner,
                                            TimePoint now, Milliseconds duration) override {
    return inner_.acquireLease(t, s, owner, now, duration);
  }
  Result<void> releaseLease(const Lease& lease) override { return inner_.releaseLease(lease); }
  Result<std::optional<IdempotencyRecord>> findIdempotency(const TenantId& t,
                                                           const std::string& key) override {
    return inner_.findIdempotency(t, key);
  }
  Result<void> putIdempotency(const TenantId& t, const IdempotencyRecord& record) override {
    return inner_.putIdempotency(t, record);
  }

 protected:
  SagaStore& inner_;
};

class AroundCarts : public CartStore {
 public:
  explicit AroundCarts(CartStore& inner) : inner_(inner) {}
  Result<std::optional<Cart>> find(const TenantId& t, const CartId& c) override { return inner_.find(t, c); }
  Result<void> save(const Cart& cart) override { return inner_.save(cart); }

 protected:
  CartStore& inner_;
};

class AroundStock : public StockStore {
 public:
  explicit AroundStock(StockStore& inner) : inner_(inner) {}
  Result<void> declare(const TenantId& t, const ProductId& p, std::int64_t configured) override {
    return inner_.declare(t, p, configured);
  }
  Result<void> undeclare(const TenantId& t, const ProductId& p) override { return inner_.undeclare(t, p); }
  Result<StockLevel> setOnShelf(const TenantId& t, const ProductId& p, std::int64_t count) override {
    return inner_.setOnShelf(t, p, count);
  }
  Result<StockLevel> adjust(const TenantId& t, const ProductId& p, std::int64_t difference) override {
    return inner_.adjust(t, p, difference);
  }
  Result<std::vector<ProductStock>> list(const TenantId& t) override { return inner_.list(t); }
  Result<std::optional<StockLevel>> find(const TenantId& t, const ProductId& p) override {
    return inner_.find(t, p);
  }
  Result<void> hold(const TenantId& t, const SagaId& s, const ProductId& p, int quantity) override {
    return inner_.hold(t, s, p, quantity);
  }
  Result<void> releaseAll(const TenantId& t, const SagaId& s) override { return inner_.releaseAll(t, s); }
  Result<void> sellAll(const TenantId& t, const SagaId& s) override { return inner_.sellAll(t, s); }
  Result<void> restockAll(const TenantId& t, const SagaId& s) override { return inner_.restockAll(t, s); }

 protected:
  StockStore& inner_;
};

class AroundCalls : public CallStore {
 public:
  explicit AroundCalls(CallStore& inner) : inner_(inner) {}
  Result<std::optional<CallRecord>> find(const TenantId& t, const std::string& key) override {
    return inner_.find(t, key);
  }
  Result<void> begin(const CallRecord& record) override { return inner_.begin(record); }
  Result<void> finish(const TenantId& t, const std::string& key, CallRecord::State state,
                      const std::string& result, TimePoint at) override {
    return inner_.finish(t, key, state, result, at);
  }
  Result<std::vector<CallRecord>> ofSaga(const TenantId& t, const SagaId& s) override {
    return inner_.ofSaga(t, s);
  }

 protected:
  CallStore& inner_;
};

class AroundTimers : public TimerStore {
 public:
  explicit AroundTimers(TimerStore& inner) : inner_(inner) {}
  Result<void> set(const Timer& timer) override { return inner_.set(timer); }
  Result<void> clear(const TenantId& t, const SagaId& s, TimerKind kind) override {
    return inner_.clear(t, s, kind);
  }
  Result<std::vector<Timer>> due(TimePoint now, int limit) override { return inner_.due(now, limit); }
  Result<std::optional<TimePoint>> next() override { return inner_.next(); }

 protected:
  TimerStore& inner_;
};

class AroundInbox : public InboxStore {
 public:
  explicit AroundInbox(InboxStore& inner) : inner_(inner) {}
  Result<bool> insert(const InboxEvent& event) override { return inner_.insert(event); }
  Result<std::optional<InboxEvent>> find(const TenantId& t, const std::string& id) override {
    return inner_.find(t, id);
  }
  Result<std::vector<InboxEvent>> parkedFor(const TenantId& t, const std::string& object) override {
    return inner_.parkedFor(t, object);
  }
  Result<void> setState(const TenantId& t, const std::string& id, InboxEvent::State state) override {
    return inner_.setState(t, id, state);
  }

 protected:
  InboxStore& inner_;
};

// A transaction some of whose parts are somebody else's; those that are null are the inner one's.
struct TransactionParts {
  std::unique_ptr<CartStore> carts;
  std::unique_ptr<SagaStore> sagas;
  std::unique_ptr<StockStore> stock;
  std::unique_ptr<CallStore> calls;
  std::unique_ptr<TimerStore> timers;
  std::unique_ptr<InboxStore> inbox;
};

class AroundTransaction final : public Transaction {
 public:
  AroundTransaction(Transaction& inner, TransactionParts parts) : inner_(inner), parts_(std::move(parts)) {}
  CartStore& carts() override { return parts_.carts ? *parts_.carts : inner_.carts(); }
  StockStore& stock() override { return parts_.stock ? *parts_.stock : inner_.stock(); }
  SagaStore& sagas() override { return parts_.sagas ? *parts_.sagas : inner_.sagas(); }
  CallStore& calls() override { return parts_.calls ? *parts_.calls : inner_.calls(); }
  TimerStore& timers() override { return parts_.timers ? *parts_.timers : inner_.timers(); }
  OrderStore& orders() override { return inner_.orders(); }
  InboxStore& inbox() override { return parts_.inbox ? *parts_.inbox : inner_.inbox(); }
  OutboxStore& outbox() override { return inner_.outbox(); }
  LedgerStore& ledger() override { return inner_.ledger(); }
  CustomerStore& customers() override { return inner_.customers(); }

 private:
  Transaction& inner_;
  TransactionParts parts_;
};

// A store whose transactions are made by `around`.
class AroundStore : public Store {
 public:
  using Around = std::function<TransactionParts(Transaction&)>;
  AroundStore(Store& inner, Around around) : inner_(inner), around_(std::move(around)) {}
  Result<void> write(const Body& body) override { return inner_.write(wrapped(body)); }
  Result<void> read(const Body& body) override { return inner_.read(wrapped(body)); }
  Result<void> ping() override { return inner_.ping(); }

 protected:
  Body wrapped(const Body& body) const {
    return [this, &body](Transaction& tx) {
      AroundTransaction outer(tx, around_(tx));
      return body(outer);
    };
  }
  Store& inner_;

 private:
  Around around_;
};

class AroundGateway : public PaymentGateway {
 public:
  explicit AroundGateway(PaymentGateway& inner) : inner_(inner) {}
  GatewayCall planCreateSession(const Tenant& t, const PaymentRequest& r, std::string k) const override {
    return inner_.planCreateSession(t, r, std::move(k));
  }
  GatewayCall planExpireSession(const Tenant& t, const std::string& id, std::string k) const override {
    return inner_.planExpireSession(t, id, std::move(k));
  }
  GatewayCall planCreateIntent(const Tenant& t, const PaymentRequest& r, std::string k) const override {
    return inner_.planCreateIntent(t, r, std::move(k));
  }
  GatewayCall planConfirmIntent(const Tenant& t, const ConfirmRequest& r, std::string k) const override {
    return inner_.planConfirmIntent(t, r, std::move(k));
  }
  GatewayCall planCancelIntent(const Tenant& t, const std::string& id, std::string k) const override {
    return inner_.planCancelIntent(t, id, std::move(k));
  }
  GatewayCall planRefund(const Tenant& t, const SagaId& saga, const std::string& id,
                         std::optional<Money> amount, std::string k) const override {
    return inner_.planRefund(t, saga, id, amount, std::move(k));
  }
  CallOutcome execute(const Tenant& t, const GatewayCall& call) override { return inner_.execute(t, call); }
  Result<std::optional<PaymentFact>> retrieveSession(const Tenant& t, const std::string& id) override {
    return inner_.retrieveSession(t, id);
  }
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant& t, const std::string& id) override {
    return inner_.retrieveIntent(t, id);
  }
  Result<std::optional<PaymentFact>> findPayment(const Tenant& t, const SagaId& s, int attempt,
                                                 TimePoint plannedAt) override {
    return inner_.findPayment(t, s, attempt, plannedAt);
  }
  PayerOutcome findPayer(const Tenant& t, const std::string& method) override {
    return inner_.findPayer(t, method);
  }
  PayerOutcome ensureCustomer(const Tenant& t, const std::string& user, const std::string& gone) override {
    return inner_.ensureCustomer(t, user, gone);
  }
  Result<std::vector<PageLine>> listPageLines(const Tenant& t, const std::string& id) override {
    return inner_.listPageLines(t, id);
  }
  Result<Reversals> retrieveReversals(const Tenant& t, const std::string& id) override {
    return inner_.retrieveReversals(t, id);
  }
  Result<EventPage> listEvents(const Tenant& t, const EventQuery& query) override {
    return inner_.listEvents(t, query);
  }
  Result<std::optional<std::string>> account(const Tenant& t) override { return inner_.account(t); }

 protected:
  PaymentGateway& inner_;
};

}  // namespace checkout::test
