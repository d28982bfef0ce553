// CheckoutService: following a checkout after the customer was sent to pay.
#include "base/log.hpp"
#include "saga/checkout_parts.hpp"
#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

// A saga whose worker is busy is looked at again after this.
constexpr Milliseconds kBusyDelay{2'000};
constexpr std::size_t kTimersAtOnce = 64;

// Does the saga still need what the timer is for?
Result<bool> isWanted(TimerKind kind, const Saga& saga, Transaction& tx) {
  const bool undoWaits =
      saga.status == SagaStatus::Compensating && saga.payment.state == PaymentState::Processing;
  if (kind == TimerKind::PaymentCheck) return saga.status == SagaStatus::PaymentPending || undoWaits;
  if (owesMoneyBack(saga) || !saga.refundsOwed.empty() || saga.payment.outcomeUnknown ||
      saga.status == SagaStatus::Pending || saga.status == SagaStatus::InProgress ||
      saga.status == SagaStatus::Compensating)
    return true;
  return hasParkedEvents(saga, tx);
}

// When a timer that is due now is due again, should nothing become of it.
TimePoint comesRoundAt(TimerKind kind, const Saga& saga, TimePoint now) {
  if (saga.status == SagaStatus::Pending && now < saga.updatedAt + kPendingLifetime)
    return saga.updatedAt + kPendingLifetime;  // its time was prolonged
  const bool shouldMove = saga.status != SagaStatus::PaymentPending && !isTerminal(saga.status);
  return now + (kind == TimerKind::Resume && shouldMove ? kBusyDelay : paymentCheckInterval(saga.payment));
}

}  // namespace

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
  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, id, parts_->patience));
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
  if (held.saga().payment.outcomeUnknown) {  // first learn what happened
    CHECKOUT_TRY(parts_->look(held, *tenant, "agent"));
    if (held.saga().status == SagaStatus::Completed)
      return invalidState(held.saga(), "be cancelled; it was just paid");
  }
  if (!isTerminal(held.saga().status))
    CHECKOUT_TRY(parts_->runner.compensate(held, *tenant, std::nullopt, reason, "agent"));
  return held.saga();
}

// Pushes what is due on first, so that whatever happens next it comes round again, and no sooner. Answers
// what is still wanted.
Result<std::vector<Timer>> CheckoutService::Parts::claimDueTimers() {
  return writeFor<std::vector<Timer>>(store, [&](Transaction& tx) -> Result<std::vector<Timer>> {
    const TimePoint now = clock.now();
    CHECKOUT_ASSIGN(due, tx.timers().due(now, static_cast<int>(kTimersAtOnce)));
    std::vector<Timer> claimed;
    for (const Timer& timer : due) {
      CHECKOUT_ASSIGN(saga, tx.sagas().find(timer.tenantId, timer.sagaId));
      if (!saga) return Error(ErrorCode::Internal, "a timer names a checkout that is missing");
      CHECKOUT_ASSIGN(wanted, isWanted(timer.kind, *saga, tx));
      const TimePoint again = comesRoundAt(timer.kind, *saga, now);
      CHECKOUT_TRY(wanted ? tx.timers().set({timer.tenantId, timer.sagaId, timer.kind, again})
                          : tx.timers().clear(timer.tenantId, timer.sagaId, timer.kind));
      if (wanted) claimed.push_back(timer);
    }
    return claimed;
  });
}

void CheckoutService::Parts::runTimer(const Timer& timer) {
  const Tenant* tenant = tenants.find(timer.tenantId);
  if (tenant == nullptr) return;  // not served by this config any more; the timer waits for its return
  auto held = desk.take(timer.tenantId, timer.sagaId, Milliseconds{0});
  if (!held.ok()) return;
  const auto looked = look(*held, *tenant, "worker");
  if (!looked.ok())
    log::warn("checkout not moved on", {{"saga", timer.sagaId.value}, {"reason", looked.error().message}});
}

Result<std::optional<TimePoint>> CheckoutService::runDueTimers() {
  if (parts_->workers && parts_->workers->queued() >= kTimersAtOnce)
    return std::optional<TimePoint>{parts_->clock.now() + kBusyDelay};
  const auto next = [this] {
    return readFor<std::optional<TimePoint>>(parts_->store,
                                             [](Transaction& tx) { return tx.timers().next(); });
  };
  CHECKOUT_ASSIGN(earliest, next());
  if (!earliest || *earliest > parts_->clock.now()) return earliest;
  CHECKOUT_ASSIGN(claimed, parts_->claimDueTimers());
  for (const Timer& timer : claimed) {
    const auto task = [parts = parts_.get(), timer] { parts->runTimer(timer); };
    if (!parts_->workers)
      task();
    else if (!parts_->workers->trySubmit(task))
      break;  // stopping; what was claimed comes round again
  }
  return next();
}

}  // namespace checkout::saga
