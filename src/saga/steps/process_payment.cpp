// Opens a Checkout Session, or creates and confirms a PaymentIntent, and waits for the money.
// Undo: expires the session or cancels the intent; if it turns out paid by then, returns the money.
#include "saga/payment.hpp"
#include "saga/reversals.hpp"
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

class ProcessPayment final : public Step {
 public:
  StepName name() const override { return StepName::ProcessPayment; }

  bool callsOutside(const Saga& saga) const override { return saga.payment.state != PaymentState::Paid; }

  void begin(Saga& saga, const StepContext& context) const override {
    const int attempt = saga.payment.attempt + 1;
    saga.payment = {};
    saga.payment.attempt = attempt;
    saga.payment.expiresAt = context.now + pageLifetime(context.tenant);
    saga.payment.choices = pageChoices(saga, context.tenant);
  }

  std::optional<GatewayCall> plan(const Saga& saga, const StepContext& context) const override {
    const PaymentRequest request = paymentRequest(saga, context.tenant, context.publicUrl);
    if (saga.paymentMethodId)
      return context.gateway.planCreateIntent(context.tenant, request,
                                              callKey(saga, GatewayOperation::CreateIntent));
    return context.gateway.planCreateSession(context.tenant, request,
                                             callKey(saga, GatewayOperation::CreateSession));
  }

  // A session that can't be expired, or an intent that can't be cancelled, has moved on: look where to. A
  // refund that is refused may have been made by somebody else.
  CallOutcome perform(const Saga& saga, const GatewayCall& call, const StepContext& context) const override {
    CallOutcome outcome = context.gateway.execute(context.tenant, call);
    if (outcome.kind != CallOutcome::Kind::Failed) return outcome;
    if (call.operation == GatewayOperation::Refund)
      return afterRefusedRefund(saga, std::move(outcome), context);
    if (call.operation != GatewayOperation::ExpireSession && call.operation != GatewayOperation::CancelIntent)
      return outcome;
    auto look = lookUp(saga, context.tenant, context.gateway, context.now);
    if (!look.ok()) return {CallOutcome::Kind::Unknown, std::nullopt, std::nullopt, std::move(look).error()};
    outcome.payment = std::move(*look);
    return outcome;
  }

  Result<StepProgress> apply(Saga& saga, Transaction& tx, const StepContext& context,
                             const CallOutcome* outcome) const override {
    if (outcome == nullptr) return StepProgress::Done;  // paid already: an honoured late payment
    if (!outcome->payment) return *outcome->error;
    const PaymentFact& fact = *outcome->payment;
    CHECKOUT_TRY(checkBelongs(saga, context.tenant, fact));
    CHECKOUT_TRY(recordFact(saga, tx, fact, ConfirmedBy::Confirm));
    if (saga.payment.state == PaymentState::Paid) return StepProgress::Done;

    CHECKOUT_TRY(tx.timers().set(
        {saga.tenantId, saga.id, TimerKind::PaymentCheck, context.now + paymentCheckInterval(saga.payment)}));
    return StepProgress::Waiting;
  }

  std::optional<GatewayCall> planUndo(const Saga& saga, const StepContext& context) const override {
    const Payment& payment = saga.payment;
    const bool open = isPayable(payment);
    if (payment.state == PaymentState::Paid && payment.paymentIntentId)
      return context.gateway.planRefund(context.tenant, saga.id, *payment.paymentIntentId, std::nullopt,
                                        callKey(saga, GatewayOperation::Refund));
    if (open && payment.sessionId)
      return context.gateway.planExpireSession(context.tenant, *payment.sessionId,
                                               callKey(saga, GatewayOperation::ExpireSession));
    if (open && payment.paymentIntentId)
      return context.gateway.planCancelIntent(context.tenant, *payment.paymentIntentId,
                                              callKey(saga, GatewayOperation::CancelIntent));
    return std::nullopt;
  }

  Result<void> undo(Saga& saga, Transaction& tx, const StepContext& context,
                    const CallOutcome* outcome) const override {
    if (outcome == nullptr) return {};
    if (outcome->payment) return recordFact(saga, tx, *outcome->payment, ConfirmedBy::Poll);
    if (!outcome->refund) return *outcome->error;
    const RefundFact& refund = *outcome->refund;
    auto recorded = recordRefund(saga, tx, refund, context.now);
    if (!recorded.ok()) return std::move(recorded).error();
    if (!isGivenBack(refund.status))
      return Error(ErrorCode::PaymentServiceError,
                   "The refund " + refund.refundId + " was refused by the bank.");
    saga.compensation.refundId = refund.refundId;
    return {};
  }

  bool isUndone(const Saga& saga) const override {
    const PaymentState state = saga.payment.state;
    return state == PaymentState::None || state == PaymentState::Expired || state == PaymentState::Canceled ||
           state == PaymentState::Refunded || (state == PaymentState::Paid && isFree(saga.payment));
  }

 private:
  static CallOutcome afterRefusedRefund(const Saga& saga, CallOutcome refused, const StepContext& context) {
    auto known = context.gateway.retrieveReversals(context.tenant, saga.payment.paymentIntentId.value());
    if (!known.ok()) return refused;
    std::int64_t sum = 0;
    const RefundFact* last = nullptr;
    for (const RefundFact& refund : known->refunds) {
      if (!isGivenBack(refund.status)) continue;
      sum += refund.amount.amount;
      last = &refund;
    }
    if (last == nullptr || sum < saga.payment.amountPaid.value().amount) return refused;
    RefundFact all = *last;
    return {CallOutcome::Kind::Succeeded, std::nullopt, std::move(all), std::nullopt};
  }
};

}  // namespace

const Step& processPayment() {
  static const ProcessPayment kStep;
  return kStep;
}

}  // namespace checkout::saga
