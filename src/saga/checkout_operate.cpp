// CheckoutService: what operators do about a checkout that does not help itself.
#include "base/log.hpp"
#include "saga/checkout_parts.hpp"
#include "saga/payment.hpp"
#include "saga/reversals.hpp"
#include "saga/runner_parts.hpp"

namespace checkout::saga {
namespace {

// A checkout that should move by itself is stuck when it has not for this long.
constexpr Milliseconds kStuckAfter{2 * 60'000};

Error notStuck(const Saga& saga) {
  return Error(ErrorCode::InvalidState,
               "The checkout is " + std::string(toString(saga.status)) + " and nothing of it is left to do.",
               {{"sagaId", saga.id.value}, {"status", toString(saga.status)}});
}

}  // namespace

std::optional<std::string> whyStuck(const Saga& saga, TimePoint now) {
  const bool isQuiet = now - saga.updatedAt >= kStuckAfter;
  if (saga.compensation.failure) {
    const std::string what = saga.currentStep ? std::string(toString(*saga.currentStep)) : "the payment";
    return "an undo fails (" + what + "): " + saga.compensation.failure->message;
  }
  if (owesMoneyBack(saga) && isQuiet) return "money that came after the end has not been given back";
  if (!saga.refundsOwed.empty() && isQuiet) return "a refund has not been made";
  if (!isQuiet) return std::nullopt;
  if (saga.payment.outcomeUnknown) return "the payment provider's answer is missing";
  if (saga.stepFailures > 0) return "a step keeps failing";
  if (saga.status == SagaStatus::InProgress) return "it should move on by itself and does not";
  if (saga.status == SagaStatus::Compensating && saga.payment.state != PaymentState::Processing)
    return "its undoing should move on by itself and does not";
  const bool overdue =
      isPayable(saga.payment) && saga.payment.expiresAt && now - *saga.payment.expiresAt >= kStuckAfter;
  if (saga.status == SagaStatus::PaymentPending && overdue)
    return "its payment page has run out, and the provider has not been heard";
  return std::nullopt;
}

Result<Saga> CheckoutService::resume(const TenantId& tenantId, const SagaId& id, const std::string& who) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, id, parts_->patience));
  const Saga& saga = held.saga();
  const bool owes = owesMoneyBack(saga) || !saga.refundsOwed.empty() || saga.compensation.failure.has_value();
  if (saga.status == SagaStatus::Pending || (isTerminal(saga.status) && !owes)) return notStuck(saga);
  CHECKOUT_TRY(held.transition({"retried_by_operator", who}, [&](Saga& changed, Transaction& tx) {
    return resumeLater(tx, changed, parts_->clock.now());
  }));
  CHECKOUT_TRY(parts_->look(held, *tenant, who));
  return held.saga();
}

Result<Saga> CheckoutService::refund(const TenantId& tenantId, const SagaId& id,
                                     std::optional<std::int64_t> amount, const std::string& reason,
                                     const std::string& who) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, id, parts_->patience));
  if (held.saga().status != SagaStatus::Completed || !held.saga().payment.paymentIntentId)
    return Error(
        ErrorCode::InvalidState,
        "Only a completed checkout is refunded by hand; this one is " +
            std::string(toString(held.saga().status)) +
            ". Whatever else was paid is given back by itself: see what holds it up with saga show.");
  if (!held.saga().refundsOwed.empty())
    return Error(ErrorCode::InvalidState, "An earlier refund of this checkout is still being made.");

  EventDraft draft{"refund_requested", who};
  CHECKOUT_TRY(held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
    CHECKOUT_ASSIGN(left, refundable(saga, tx));
    if (left.amount <= 0)
      return Error(ErrorCode::ValidationFailed, "Nothing is left to give back: all of it has been refunded.",
                   {{"refundable", toJson(left)}});
    const Money wanted{amount.value_or(left.amount), left.currency};
    if (wanted.amount <= 0 || wanted.amount > left.amount)
      return Error(ErrorCode::ValidationFailed,
                   "The refund has to be between the smallest unit and what is left of the payment, " +
                       display(left) + "; " + display(wanted) + " is not.",
                   {{"refundable", toJson(left)}});
    draft.data = {{"amount", toJson(wanted)}, {"reason", reason}};
    saga.refundsOwed.push_back({*saga.payment.paymentIntentId, wanted, reason, who});
    return resumeLater(tx, saga, parts_->clock.now());
  }));
  CHECKOUT_TRY(parts_->runner.payOwedRefunds(held, *tenant, who));
  return held.saga();
}

Result<Saga> CheckoutService::resolve(const TenantId& tenantId, const SagaId& id, const std::string& reason,
                                      const std::string& who) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, id, parts_->patience));
  CHECKOUT_TRY(parts_->runner.resolveUndo(held, *tenant, reason, who));
  return held.saga();
}

Result<std::vector<PageLine>> CheckoutService::pageLines(const TenantId& tenantId, const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  CHECKOUT_ASSIGN(saga, parts_->load(tenantId, id));
  if (!saga.payment.sessionId)
    return Error(ErrorCode::InvalidState, "No payment page was ever opened for this checkout.");
  return parts_->gateway.listPageLines(*tenant, *saga.payment.sessionId);
}

}  // namespace checkout::saga
