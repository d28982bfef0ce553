#include "simulation/bugs.hpp"

#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "base/digest.hpp"
#include "support/forgetful_sagas.hpp"

namespace checkout::simulation {
namespace {

using test::TransactionParts;

// --- sagas ----------------------------------------------------------------------------------------------

class NoFence final : public test::AroundSagas {
 public:
  using AroundSagas::AroundSagas;
  Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) override {
    const TimePoint afterEveryLease = fromUnixMillis(4'000'000'000'000);
    CHECKOUT_ASSIGN(taken, inner_.acquireLease(lease.tenantId, lease.sagaId, lease.owner, afterEveryLease,
                                               lease.until - afterEveryLease));
    return inner_.update(saga, event, taken.value_or(lease));
  }
};

class NoTenant final : public test::AroundSagas {
 public:
  using AroundSagas::AroundSagas;
  Result<std::optional<Saga>> find(const TenantId& tenant, const SagaId& id) override {
    CHECKOUT_ASSIGN(saga, inner_.find(tenant, id));
    if (saga) return saga;
    CHECKOUT_ASSIGN(tenants, inner_.tenants());
    for (const TenantId& other : tenants) {
      CHECKOUT_ASSIGN(foreign, inner_.find(other, id));
      if (foreign) return foreign;
    }
    return std::optional<Saga>{};
  }
};

class NoKeys final : public test::AroundSagas {
 public:
  using AroundSagas::AroundSagas;
  Result<std::optional<IdempotencyRecord>> findIdempotency(const TenantId&, const std::string&) override {
    return std::optional<IdempotencyRecord>{};
  }
  Result<std::optional<Saga>> findLive(const TenantId&, const CartId&) override {
    return std::optional<Saga>{};
  }
  Result<void> putIdempotency(const TenantId& tenant, const IdempotencyRecord& record) override {
    (void)inner_.putIdempotency(tenant, record).ok();  // the first one stays
    return {};
  }
};

// Takes an event's own, old object for the truth, and stores it over what is known.
class OldNewsWins final : public test::AroundSagas {
 public:
  using AroundSagas::AroundSagas;
  Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) override {
    const bool late = event.type == "event_received" && saga.payment.state == PaymentState::Paid &&
                      event.data.value("type", "").rfind("payment_intent.", 0) == 0 &&
                      event.data.value("type", "") != "payment_intent.succeeded";
    if (!late) return inner_.update(saga, event, lease);
    Saga regressed = saga;
    regressed.payment.state = PaymentState::Declined;
    regressed.payment.amountPaid.reset();
    return inner_.update(regressed, event, lease);
  }
};

class TellsNobody final : public test::AroundSagas {
 public:
  using AroundSagas::AroundSagas;
  Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) override {
    Saga silent = saga;
    silent.attention.reset();
    return inner_.update(silent, event, lease);
  }
};

// --- stock ----------------------------------------------------------------------------------------------

class NoRelease final : public test::AroundStock {
 public:
  using AroundStock::AroundStock;
  Result<void> releaseAll(const TenantId&, const SagaId&) override { return {}; }
};

class Oversell final : public test::AroundStock {
 public:
  using AroundStock::AroundStock;
  Result<std::optional<StockLevel>> find(const TenantId& tenant, const ProductId& product) override {
    CHECKOUT_ASSIGN(level, inner_.find(tenant, product));
    if (level) level->initial += 1'000;
    return level;
  }
  Result<void> hold(const TenantId& tenant, const SagaId& saga, const ProductId& product,
                    int quantity) override {
    auto held = inner_.hold(tenant, saga, product, quantity);
    return !held.ok() && held.error().code == ErrorCode::InventoryUnavailable ? Result<void>{} : held;
  }
};

class RestockTwice final : public test::AroundStock {
 public:
  RestockTwice(StockStore& inner, std::map<SagaId, std::map<ProductId, int>>& held)
      : AroundStock(inner), held_(held) {}
  Result<void> hold(const TenantId& tenant, const SagaId& saga, const ProductId& product,
                    int quantity) override {
    held_[saga][product] = quantity;
    return inner_.hold(tenant, saga, product, quantity);
  }
  Result<void> releaseAll(const TenantId& tenant, const SagaId& saga) override {
    CHECKOUT_TRY(inner_.releaseAll(tenant, saga));
    for (const auto& [product, quantity] : held_[saga]) {
      CHECKOUT_ASSIGN(level, inner_.find(tenant, product));
      if (level) CHECKOUT_TRY(inner_.adjust(tenant, product, quantity));
    }
    return {};
  }

 private:
  std::map<SagaId, std::map<ProductId, int>>& held_;
};

// --- calls, timers, inbox --------------------------------------------------------------------------------

class NoIntents final : public test::AroundCalls {
 public:
  using AroundCalls::AroundCalls;
  Result<void> begin(const CallRecord&) override { return {}; }
  Result<void> finish(const TenantId&, const std::string&, CallRecord::State, const std::string&,
                      TimePoint) override {
    return {};
  }
};

class NoTimers final : public test::AroundTimers {
 public:
  using AroundTimers::AroundTimers;
  Result<void> set(const Timer& timer) override {
    return timer.kind == TimerKind::Resume ? Result<void>{} : inner_.set(timer);
  }
};

class NoDedupe final : public test::AroundInbox {
 public:
  using AroundInbox::AroundInbox;
  Result<bool> insert(const InboxEvent& event) override {
    CHECKOUT_TRY(inner_.insert(event));
    return true;
  }
  Result<std::optional<InboxEvent>> find(const TenantId&, const std::string&) override {
    return std::optional<InboxEvent>{};
  }
};

class KeepsSecrets final : public test::AroundInbox {
 public:
  using AroundInbox::AroundInbox;
  Result<bool> insert(const InboxEvent& event) override {
    InboxEvent raw = event;
    raw.payload += "\"client_secret\":\"" + event.objectId + "_secret_9f3c\"";
    return inner_.insert(raw);
  }
};

// --- the store as a whole --------------------------------------------------------------------------------

// Says that a webhook is stored, and stores it when it finds the time; a process that ends before has not.
class AnswersBeforeCommit final : public test::AroundStore {
 public:
  explicit AnswersBeforeCommit(Store& inner)
      : AroundStore(inner, [](Transaction&) { return TransactionParts{}; }) {}
  Result<void> write(const Body& body) override {
    if (++writes_ % 23 != 0) return inner_.write(body);
    struct TakenBack {};
    auto outcome = inner_.write([&](Transaction& tx) -> Result<void> {
      CHECKOUT_TRY(body(tx));
      return Error(ErrorCode::ServiceUnavailable, kNeverCommitted);
    });
    const bool wasFine = !outcome.ok() && outcome.error().message == kNeverCommitted;
    return wasFine ? Result<void>{} : outcome;
  }

 private:
  static constexpr const char* kNeverCommitted = "answered, and lost";
  int writes_ = 0;
};

// --- the gateway -----------------------------------------------------------------------------------------

class NewKeyOnRetry final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override {
    GatewayCall sent = call;
    if (!seen_.insert(call.idempotencyKey).second) sent.idempotencyKey += "-" + std::to_string(++repeats_);
    return inner_.execute(tenant, sent);
  }

 private:
  std::set<std::string> seen_;
  int repeats_ = 0;
};

class TimeoutIsFailure final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override {
    CallOutcome outcome = inner_.execute(tenant, call);
    if (outcome.kind != CallOutcome::Kind::Unknown) return outcome;
    return {CallOutcome::Kind::Failed, std::nullopt, std::nullopt,
            Error(ErrorCode::PaymentServiceError, "no answer"), true};
  }
};

// Takes a session that can't be expired for expired, now and later, instead of looking where it has gone.
class NoLastLook final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override {
    CallOutcome outcome = inner_.execute(tenant, call);
    const bool closing =
        call.operation == GatewayOperation::ExpireSession || call.operation == GatewayOperation::CancelIntent;
    if (!closing || outcome.kind != CallOutcome::Kind::Failed || outcome.temporary) return outcome;
    const std::string prefix = "/v1/checkout/sessions/";
    if (call.path.rfind(prefix, 0) != 0) return outcome;
    const std::string id = call.path.substr(prefix.size(), call.path.rfind('/') - prefix.size());
    auto known = inner_.retrieveSession(tenant, id);
    if (!known.ok() || !*known) return outcome;
    expired_.insert(id);
    PaymentFact fact = **known;
    fact.state = PaymentState::Expired;
    return {CallOutcome::Kind::Succeeded, std::move(fact), std::nullopt, std::nullopt};
  }
  Result<std::optional<PaymentFact>> retrieveSession(const Tenant& tenant, const std::string& id) override {
    auto fact = inner_.retrieveSession(tenant, id);
    if (fact.ok() && *fact && expired_.contains(id)) (*fact)->state = PaymentState::Expired;
    return fact;
  }

 private:
  std::set<std::string> expired_;
};

// Believes what was asked for, instead of what was paid.
class TrustsTheAmount final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override {
    CallOutcome outcome = inner_.execute(tenant, call);
    if (outcome.payment) believe(*outcome.payment);
    return outcome;
  }
  Result<std::optional<PaymentFact>> retrieveSession(const Tenant& tenant, const std::string& id) override {
    auto fact = inner_.retrieveSession(tenant, id);
    if (fact.ok() && *fact) believe(**fact);
    return fact;
  }
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant& tenant, const std::string& id) override {
    auto fact = inner_.retrieveIntent(tenant, id);
    if (fact.ok() && *fact) believe(**fact);
    return fact;
  }

 private:
  static void believe(PaymentFact& fact) {
    if (fact.state == PaymentState::Paid) fact.amountReceived = fact.amount;
  }
};

// Takes for refunds only those that were made here.
class OwnRefundsOnly final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<Reversals> retrieveReversals(const Tenant& tenant, const std::string& intentId) override {
    auto reversals = inner_.retrieveReversals(tenant, intentId);
    if (reversals.ok())
      std::erase_if(reversals->refunds, [](const RefundFact& fact) { return !fact.callKey; });
    return reversals;
  }
};

// Ends the process when it meets a refund that was made elsewhere.
class AbortsOnOthersRefund final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<Reversals> retrieveReversals(const Tenant& tenant, const std::string& intentId) override {
    auto reversals = inner_.retrieveReversals(tenant, intentId);
    if (!reversals.ok()) return reversals;
    for (const RefundFact& refund : reversals->refunds)
      if (!refund.callKey) std::abort();
    return reversals;
  }
};

// Whoever needs the store waits until the provider has answered whoever waits for it.
std::mutex& oneAtATime() {
  static std::mutex mutex;
  return mutex;
}

class HoldsTheStore final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override {
    const std::lock_guard lock(oneAtATime());
    return inner_.execute(tenant, call);
  }
  Result<std::optional<PaymentFact>> retrieveSession(const Tenant& tenant, const std::string& id) override {
    const std::lock_guard lock(oneAtATime());
    return inner_.retrieveSession(tenant, id);
  }
};

class WaitsForTheGateway final : public test::AroundStore {
 public:
  explicit WaitsForTheGateway(Store& inner)
      : AroundStore(inner, [](Transaction&) { return TransactionParts{}; }) {}
  Result<void> write(const Body& body) override {
    const std::lock_guard lock(oneAtATime());
    return inner_.write(body);
  }
  Result<void> read(const Body& body) override {
    const std::lock_guard lock(oneAtATime());
    return inner_.read(body);
  }
};

// --- the machine -----------------------------------------------------------------------------------------

saga::Decision expectsNoTotal(const Saga& saga, const saga::Input& input, const saga::Facts& facts,
                              const saga::Setting& setting, const saga::Actor& actor) {
  const auto* pays = std::get_if<saga::PayDirectly>(&input);
  if (pays == nullptr) return saga::decide(saga, input, facts, setting, actor);
  saga::PayDirectly blind = *pays;
  blind.expectedTotal.reset();
  Saga forgetful = saga;
  forgetful.isUnagreed = false;
  return saga::decide(forgetful, blind, facts, setting, actor);
}

saga::Decision anyApprovalWillDo(const Saga& saga, const saga::Input& input, const saga::Facts& facts,
                                 const saga::Setting& setting, const saga::Actor& actor) {
  const auto* pays = std::get_if<saga::PayDirectly>(&input);
  if (pays == nullptr || !pays->approval) return saga::decide(saga, input, facts, setting, actor);
  saga::PayDirectly generous = *pays;
  generous.approval = saga::Approval{saga.id, saga.totals.total, saga.cart.digest};
  return saga::decide(saga, generous, facts, setting, actor);
}

template <class Part>
std::unique_ptr<Store> around(Store& inner, Part part) {
  return std::make_unique<test::AroundStore>(inner, [part](Transaction& tx) {
    TransactionParts parts;
    part(tx, parts);
    return parts;
  });
}

}  // namespace

void PrintTo(const Bug& bug, std::ostream* out) {
  *out << bug.name;
}

const std::vector<Bug>& bugs() {
  static const std::vector<Bug> kBugs = {
      {"omit_fence", "a write is accepted whatever its lease's fence says"},
      {"no_tenant_in_where", "a saga is found by its id alone"},
      {"forget_keys", "a repeated checkout_start is not recognised"},
      {"regress_on_old_event", "an old event overwrites what is known by now"},
      {"forget_release", "the undo of reserve_inventory does nothing"},
      {"oversell", "stock is held that is not there"},
      {"restock_twice", "an undo gives the stock back twice"},
      {"no_intent_row", "a call leaves without having been written down"},
      {"forget_timers", "nothing wakes a saga that was left behind"},
      {"skip_dedupe", "an event is applied as often as it comes"},
      {"keep_secrets", "an event is stored with the client secret in it"},
      {"answer_before_commit", "a change is acknowledged before it is durable"},
      {"new_key_on_retry", "a call is repeated with another idempotency key"},
      {"timeout_is_failure", "a missing answer counts as a failure"},
      {"expire_without_look", "a session that can't be expired counts as expired"},
      {"trust_amount", "what was asked for counts as what was paid"},
      {"forget_shown_total", "a stored method is charged whatever total was shown", Bug::Where::Machine},
      {"purchase_is_not_named", "an empty cart is not told to have been bought"},
      {"any_approval_will_do", "what was approved is charged whatever it comes to by then",
       Bug::Where::Machine},
      {"own_refunds_only", "a refund made at the provider's dashboard is none"},
      {"tell_nobody", "what needs a person is not kept"},
      {"abort_on_others_refund", "a refund made at the provider's dashboard ends the process",
       Bug::Where::Server},
      {"store_waits_for_stripe", "the store is held while the provider is asked", Bug::Where::Server},
  };
  return kBugs;
}

std::unique_ptr<Store> storeWithBug(Store& inner, const std::string& bug) {
  if (bug == "omit_fence")
    return around(inner, [](auto& tx, auto& parts) { parts.sagas = std::make_unique<NoFence>(tx.sagas()); });
  if (bug == "no_tenant_in_where")
    return around(inner, [](auto& tx, auto& parts) { parts.sagas = std::make_unique<NoTenant>(tx.sagas()); });
  if (bug == "forget_keys")
    return around(inner, [](auto& tx, auto& parts) { parts.sagas = std::make_unique<NoKeys>(tx.sagas()); });
  if (bug == "regress_on_old_event")
    return around(inner,
                  [](auto& tx, auto& parts) { parts.sagas = std::make_unique<OldNewsWins>(tx.sagas()); });
  if (bug == "forget_shown_total")
    return around(inner, [](auto& tx, auto& parts) {
      parts.sagas = std::make_unique<test::ForgetsTheChoice>(tx.sagas());
    });
  if (bug == "purchase_is_not_named")
    return around(inner, [](auto& tx, auto& parts) {
      parts.sagas = std::make_unique<test::ForgetsPurchases>(tx.sagas());
    });
  if (bug == "tell_nobody")
    return around(inner,
                  [](auto& tx, auto& parts) { parts.sagas = std::make_unique<TellsNobody>(tx.sagas()); });
  if (bug == "forget_release")
    return around(inner,
                  [](auto& tx, auto& parts) { parts.stock = std::make_unique<NoRelease>(tx.stock()); });
  if (bug == "oversell")
    return around(inner, [](auto& tx, auto& parts) { parts.stock = std::make_unique<Oversell>(tx.stock()); });
  if (bug == "restock_twice") {
    auto held = std::make_shared<std::map<SagaId, std::map<ProductId, int>>>();
    return around(inner, [held](auto& tx, auto& parts) {
      parts.stock = std::make_unique<RestockTwice>(tx.stock(), *held);
    });
  }
  if (bug == "no_intent_row")
    return around(inner,
                  [](auto& tx, auto& parts) { parts.calls = std::make_unique<NoIntents>(tx.calls()); });
  if (bug == "forget_timers")
    return around(inner,
                  [](auto& tx, auto& parts) { parts.timers = std::make_unique<NoTimers>(tx.timers()); });
  if (bug == "skip_dedupe")
    return around(inner, [](auto& tx, auto& parts) { parts.inbox = std::make_unique<NoDedupe>(tx.inbox()); });
  if (bug == "keep_secrets")
    return around(inner,
                  [](auto& tx, auto& parts) { parts.inbox = std::make_unique<KeepsSecrets>(tx.inbox()); });
  if (bug == "answer_before_commit") return std::make_unique<AnswersBeforeCommit>(inner);
  if (bug == "store_waits_for_stripe") return std::make_unique<WaitsForTheGateway>(inner);
  return around(inner, [](auto&, auto&) {});
}

std::unique_ptr<PaymentGateway> gatewayWithBug(PaymentGateway& inner, const std::string& bug) {
  if (bug == "new_key_on_retry") return std::make_unique<NewKeyOnRetry>(inner);
  if (bug == "timeout_is_failure") return std::make_unique<TimeoutIsFailure>(inner);
  if (bug == "expire_without_look") return std::make_unique<NoLastLook>(inner);
  if (bug == "trust_amount") return std::make_unique<TrustsTheAmount>(inner);
  if (bug == "own_refunds_only") return std::make_unique<OwnRefundsOnly>(inner);
  if (bug == "abort_on_others_refund") return std::make_unique<AbortsOnOthersRefund>(inner);
  if (bug == "store_waits_for_stripe") return std::make_unique<HoldsTheStore>(inner);
  return std::make_unique<test::AroundGateway>(inner);
}

saga::Decide decideWithBug(const std::string& bug) {
  if (bug == "forget_shown_total") return expectsNoTotal;
  if (bug == "any_approval_will_do") return anyApprovalWillDo;
  return saga::decide;
}

}  // namespace checkout::simulation
