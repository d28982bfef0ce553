// CheckoutService for operators: what they see and do about a checkout that does not help itself.
#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/service_impl.hpp"

namespace checkout::saga {

std::optional<std::string> whyStuck(const Saga& saga, TimePoint now) {
  if (saga.attention) return saga.attention;
  if (saga.compensation.failure) {
    const std::string what = saga.currentStep ? std::string(toString(*saga.currentStep)) : "the payment";
    return "an undo fails (" + what + "): " + saga.compensation.failure->message;
  }
  for (const RefundRequest& owed : saga.refundsOwed)
    if (owed.failures > 0) return "a refund of " + display(owed.amount) + " is owed and keeps failing";
  const bool isQuiet = now - saga.movedAt >= kStuckAfter;
  if (!isQuiet) return std::nullopt;
  if (owesMoneyBack(saga)) return "money that came after the end has not been given back";
  if (!saga.refundsOwed.empty()) return "a refund has not been made";
  if (saga.call) return "the payment provider's answer is missing";
  if (saga.retryAt && saga.status == SagaStatus::InProgress) return "a step keeps failing";
  if (saga.status == SagaStatus::InProgress) return "it should move on by itself and does not";
  if (saga.status == SagaStatus::Compensating && saga.payment.state != PaymentState::Processing)
    return "its undoing should move on by itself and does not";
  const bool overdue =
      isPayable(saga.payment) && saga.payment.expiresAt && now - *saga.payment.expiresAt >= kStuckAfter;
  if (saga.status == SagaStatus::PaymentPending && overdue)
    return "its payment page has run out, and the provider has not been heard";
  return std::nullopt;
}

Result<std::int64_t> CheckoutService::countStuck(const TenantId& tenantId) {
  constexpr int kMost = 10'000;
  return readFor<std::int64_t>(impl_->store, [&](Transaction& tx) -> Result<std::int64_t> {
    CHECKOUT_ASSIGN(unsettled, tx.sagas().unsettled(tenantId, kMost));
    auto stuck = static_cast<std::int64_t>(unsettled.unreadable.size());
    for (const Saga& saga : unsettled.sagas) stuck += whyStuck(saga, impl_->clock.now()).has_value();
    return stuck;
  });
}

Result<Saga> CheckoutService::resume(const TenantId& tenantId, const SagaId& id, const std::string& who) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  const Actor actor = operatorActor(who);
  CHECKOUT_ASSIGN(locked, impl_->locks.lock(tenantId, id, Waiter::Agent, impl_->patience));
  const RunResult resumed = impl_->executor.run(locked, *tenant, ResumeNow{}, actor);
  if (resumed.error) return *resumed.error;
  const RunResult looked = impl_->executor.run(locked, *tenant, Look{}, actor);
  if (looked.error) return *looked.error;
  return locked.saga();
}

Result<Saga> CheckoutService::refund(const TenantId& tenantId, const SagaId& id,
                                     std::optional<std::int64_t> amount, const std::string& reason,
                                     const std::string& who) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  return impl_->run(*tenant, id, RefundByHand{amount, reason}, operatorActor(who));
}

Result<Saga> CheckoutService::resolve(const TenantId& tenantId, const SagaId& id, const std::string& reason,
                                      const std::string& who) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  return impl_->run(*tenant, id, Resolve{reason}, operatorActor(who));
}

Result<std::vector<PageLine>> CheckoutService::pageLines(const TenantId& tenantId, const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  CHECKOUT_ASSIGN(saga, impl_->load(tenantId, id));
  if (!saga.payment.sessionId)
    return Error(ErrorCode::InvalidState, "No payment page was ever opened for this checkout.");
  return impl_->gateway.listPageLines(*tenant, *saga.payment.sessionId);
}

}  // namespace checkout::saga
