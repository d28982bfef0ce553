// CheckoutService: following a checkout after the customer was sent to pay.
#include "base/log.hpp"
#include "saga/checkout_parts.hpp"
#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

// How long a webhook waits for an agent's call on the same saga; Stripe repeats what we refuse.
constexpr Milliseconds kWebhookPatience{5'000};
// A saga whose worker is busy is looked at again after this.
constexpr Milliseconds kBusyDelay{2'000};
constexpr int kTimersAtOnce = 64;

// Does the saga still need what the timer is for?
bool isWanted(TimerKind kind, const Saga& saga) {
  if (kind == TimerKind::PaymentCheck) return saga.status == SagaStatus::PaymentPending;
  const bool owesRefund = saga.status == SagaStatus::Compensated && saga.payment.state == PaymentState::Paid;
  return saga.status == SagaStatus::InProgress || saga.status == SagaStatus::Compensating ||
         saga.payment.outcomeUnknown || owesRefund;
}

bool isHandled(const std::string& type) {
  for (const char* known :
       {"checkout.session.completed", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed", "checkout.session.expired", "payment_intent.succeeded",
        "payment_intent.payment_failed", "payment_intent.canceled", "payment_intent.requires_action",
        "payment_intent.processing"})
    if (type == known) return true;
  return false;
}

}  // namespace

CheckoutService::CheckoutService(Store& store, const TenantDirectory& tenants, PaymentGateway& gateway,
                                 const Clock& clock, SagaChangeFeed& feed, CheckoutOptions options)
    : parts_(std::make_unique<Parts>(store, tenants, gateway, clock, feed, std::move(options))) {}

CheckoutService::~CheckoutService() = default;

Result<Saga> CheckoutService::status(const TenantId& tenantId, const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  CHECKOUT_ASSIGN(saga, parts_->load(tenantId, id));
  const bool waits = !isTerminal(saga.status) && saga.status != SagaStatus::Pending;
  if (!waits || !parts_->mayAskNow(*tenant, saga)) return saga;

  auto held = parts_->desk.take(tenantId, id, Milliseconds{0});
  if (!held.ok()) return saga;  // somebody is at it; what is stored is the truth so far
  const auto looked = parts_->look(*held, *tenant, "poll");
  if (!looked.ok())
    log::warn("payment could not be looked up", {{"saga", id.value}, {"reason", looked.error().message}});
  return held->saga();
}

Result<SagaPage> CheckoutService::list(const TenantId& tenantId, const SagaPageQuery& query) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  return readFor<SagaPage>(parts_->store,
                           [&](Transaction& tx) { return tx.sagas().list(tenant->id, query); });
}

Result<Saga> CheckoutService::cancel(const TenantId& tenantId, const SagaId& id, const std::string& reason) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, id, kAgentPatience));
  switch (held.saga().status) {
    case SagaStatus::Compensated:
    case SagaStatus::Failed:
      return held.saga();
    case SagaStatus::Completed:
      return invalidState(held.saga(), "be cancelled; a refund is up to the merchant");
    case SagaStatus::Compensating:
      CHECKOUT_TRY(parts_->runner.undoAll(held, *tenant, "agent"));
      return held.saga();
    default:
      break;
  }
  if (held.saga().payment.state == PaymentState::Processing)
    return invalidState(held.saga(), "be cancelled while the customer's money is on its way");
  if (held.saga().payment.outcomeUnknown) {  // first learn what happened
    CHECKOUT_TRY(parts_->look(held, *tenant, "agent"));
    if (held.saga().status == SagaStatus::Completed)
      return invalidState(held.saga(), "be cancelled; it was just paid");
  }
  if (!isTerminal(held.saga().status))
    CHECKOUT_TRY(parts_->runner.compensate(held, *tenant, std::nullopt, reason, "agent"));
  return held.saga();
}

Result<void> CheckoutService::applyEvent(const TenantId& tenantId, const PaymentEvent& event,
                                         const std::string& rawBody) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  InboxEvent stored{tenantId,           event.id, event.type,
                    event.objectId,     rawBody,  InboxEvent::State::Ignored,
                    parts_->clock.now()};
  const auto keep = [&](InboxEvent::State state) {
    return parts_->store.write([&, state](Transaction& tx) -> Result<void> {
      InboxEvent copy = stored;
      copy.state = state;
      auto inserted = tx.inbox().insert(copy);
      return inserted.ok() ? Result<void>{} : std::move(inserted).error();
    });
  };
  const std::optional<std::string> objectId = event.sessionId ? event.sessionId : event.paymentIntentId;
  if (!isHandled(event.type) || !objectId) return keep(InboxEvent::State::Ignored);
  stored.objectId = *objectId;

  struct Known {
    bool seen = false;
    std::optional<SagaId> saga;
  };
  CHECKOUT_ASSIGN(known, readFor<Known>(parts_->store, [&](Transaction& tx) -> Result<Known> {
                    CHECKOUT_ASSIGN(earlier, tx.inbox().find(tenantId, event.id));
                    if (earlier) return Known{true, std::nullopt};
                    CHECKOUT_ASSIGN(saga, tx.sagas().findByPayment(tenantId, *objectId));
                    return Known{false, saga};
                  }));
  if (known.seen) return {};
  if (!known.saga) return keep(InboxEvent::State::Parked);

  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, *known.saga, kWebhookPatience));
  // The event says that something happened, the provider's object says what: events come late, twice and in
  // any order.
  // An intent inside a session is the session's business: only that knows whether its page is still open.
  const auto session = event.sessionId ? event.sessionId : held.saga().payment.sessionId;
  auto fact = session ? parts_->gateway.retrieveSession(*tenant, *session)
                      : parts_->gateway.retrieveIntent(*tenant, *event.paymentIntentId);
  if (!fact.ok()) return std::move(fact).error();
  if (!*fact)
    return Error(ErrorCode::PaymentServiceError,
                 "The event names a payment that does not exist under the shop's key.");

  bool kept = false;
  const auto insert = [&](Transaction& tx) -> Result<void> {
    InboxEvent copy = stored;
    copy.state = InboxEvent::State::Applied;
    auto inserted = tx.inbox().insert(copy);
    kept = inserted.ok();
    return kept ? Result<void>{} : std::move(inserted).error();
  };
  const auto settled = parts_->runner.settle(held, *tenant, **fact, ConfirmedBy::Webhook, "webhook", insert);
  if (settled.ok()) return {};
  // The event and its effect are stored; what failed came after, and a timer takes it up again.
  auto durable = readFor<std::optional<InboxEvent>>(
      parts_->store, [&](Transaction& tx) { return tx.inbox().find(tenantId, event.id); });
  if (kept && durable.ok() && *durable) {
    log::warn("checkout stopped after a webhook",
              {{"saga", known.saga->value}, {"reason", settled.error().message}});
    return {};
  }
  return settled;
}

Result<std::optional<TimePoint>> CheckoutService::runDueTimers() {
  const auto due = readFor<std::vector<Timer>>(
      parts_->store, [&](Transaction& tx) { return tx.timers().due(parts_->clock.now(), kTimersAtOnce); });
  if (!due.ok()) return due.error();
  for (const Timer& timer : *due) {
    // First push the timer on, so that whatever happens next it comes round again, and no sooner.
    const Milliseconds again = timer.kind == TimerKind::PaymentCheck ? kPaymentCheckInterval : kBusyDelay;
    CHECKOUT_ASSIGN(wanted, writeFor<bool>(parts_->store, [&](Transaction& tx) -> Result<bool> {
                      CHECKOUT_ASSIGN(saga, tx.sagas().find(timer.tenantId, timer.sagaId));
                      const bool keep = saga && isWanted(timer.kind, *saga);
                      const Timer next{timer.tenantId, timer.sagaId, timer.kind, parts_->clock.now() + again};
                      CHECKOUT_TRY(keep ? tx.timers().set(next)
                                        : tx.timers().clear(timer.tenantId, timer.sagaId, timer.kind));
                      return keep;
                    }));
    if (!wanted) continue;
    const Tenant* tenant = parts_->tenants.find(timer.tenantId);
    if (tenant == nullptr) continue;  // not served by this config any more; the timer waits for its return
    auto held = parts_->desk.take(timer.tenantId, timer.sagaId, Milliseconds{0});
    if (!held.ok()) continue;
    const auto looked = parts_->look(*held, *tenant, "worker");
    if (!looked.ok())
      log::warn("checkout not moved on", {{"saga", timer.sagaId.value}, {"reason", looked.error().message}});
  }
  return readFor<std::optional<TimePoint>>(parts_->store, [](Transaction& tx) { return tx.timers().next(); });
}

}  // namespace checkout::saga
