// Opens a Checkout Session, or creates and confirms a PaymentIntent, and waits for the money.
// Undo: expires the session or cancels the intent; if it turns out paid by then, returns the money.
#include "saga/payment.hpp"
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
    saga.payment.expiresAt = context.now + context.tenant.policies.sessionLifetime;
  }

  std::optional<GatewayCall> plan(const Saga& saga, const StepContext& context) const override {
    const PaymentRequest request = paymentRequest(saga, context.tenant, context.publicUrl);
    if (saga.paymentMethodId)
      return context.gateway.planCreateIntent(context.tenant, request,
                                              callKey(saga, GatewayOperation::CreateIntent));
    return context.gateway.planCreateSession(context.tenant, request,
                                             callKey(saga, GatewayOperation::CreateSession));
  }

  // A session that can't be expired, or an intent that can't be cancelled, has moved on: look where to.
  CallOutcome perform(const Saga& saga, const GatewayCall& call, const StepContext& context) const override {
    CallOutcome outcome = context.gateway.execute(context.tenant, call);
    const bool closing =
        call.operation == GatewayOperation::ExpireSession || call.operation == GatewayOperation::CancelIntent;
    if (!closing || outcome.kind != CallOutcome::Kind::Failed) return outcome;
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

    // A webhook may have been faster than our own answer.
    const std::string& objectId = fact.sessionId ? *fact.sessionId : fact.paymentIntentId.value();
    CHECKOUT_ASSIGN(parked, tx.inbox().parkedFor(saga.tenantId, objectId));
    for (const InboxEvent& event : parked)
      CHECKOUT_TRY(tx.inbox().setState(saga.tenantId, event.eventId, InboxEvent::State::Applied));
    const TimePoint look = parked.empty() ? context.now + kPaymentCheckInterval : context.now;
    CHECKOUT_TRY(tx.timers().set({saga.tenantId, saga.id, TimerKind::PaymentCheck, look}));
    return StepProgress::Waiting;
  }

  std::optional<GatewayCall> planUndo(const Saga& saga, const StepContext& context) const override {
    const Payment& payment = saga.payment;
    const bool open = isPayable(payment) || payment.state == PaymentState::Processing;
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
    return recordRefund(saga, tx, *outcome->refund, context.now);
  }

  bool isUndone(const Saga& saga) const override {
    const PaymentState state = saga.payment.state;
    return state == PaymentState::None || state == PaymentState::Expired || state == PaymentState::Canceled ||
           state == PaymentState::Refunded;
  }

 private:
  static Result<void> recordRefund(Saga& saga, Transaction& tx, const RefundFact& refund, TimePoint now) {
    if (refund.status == "failed" || refund.status == "canceled")
      return Error(ErrorCode::PaymentServiceError,
                   "The refund " + refund.refundId + " was refused by the bank.");
    saga.payment.state = PaymentState::Refunded;
    saga.compensation.refundId = refund.refundId;
    if (!saga.orderId) return {};
    CHECKOUT_ASSIGN(order, tx.orders().find(saga.tenantId, *saga.orderId));
    if (!order) return Error(ErrorCode::Internal, "the order of a checkout is missing");
    order->status = OrderStatus::Refunded;
    order->refunds.push_back({refund.refundId, refund.amount, now});
    order->updatedAt = now;
    return tx.orders().save(*order);
  }
};

}  // namespace

const Step& processPayment() {
  static const ProcessPayment kStep;
  return kStep;
}

}  // namespace checkout::saga
