// The machine: what agents and operators ask for. Each says what it changes; move() does the rest.
#include "saga/draft.hpp"
#include "saga/payment.hpp"
#include "saga/reversals.hpp"
#include "saga/steps.hpp"

namespace checkout::saga {
namespace {

// A call or a replacement that a crash or a missing answer has left behind comes first. True: not yet done.
bool finishesFirst(Draft& draft) {
  if (!draft.saga.call && !draft.saga.replacing) return false;
  move(draft);
  draft.decision.commandAgain = true;
  return true;
}

void startPayment(Draft& draft, std::optional<std::string> paymentMethodId) {
  draft.saga.status = SagaStatus::InProgress;
  draft.saga.paymentMethodId = std::move(paymentMethodId);
  draft.saga.movedAt = draft.now();
  draft.record(HistoryType::PaymentStarted);
}

// No payment is under way, so that another may be begun in its place.
bool isUnpaid(const Saga& saga) {
  return !isCompleted(saga, StepName::ProcessPayment) && isPaymentUndone(saga.payment);
}

}  // namespace

// --- commands of agents ---

void command(Draft& draft, const SelectShipping& wanted) {
  Saga& saga = draft.saga;
  if (saga.status == SagaStatus::PaymentPending && finishesFirst(draft)) return;
  const bool pending = saga.status == SagaStatus::Pending;
  if (!pending && saga.status != SagaStatus::PaymentPending)
    return draft.answer(invalidState(saga, "change its shipping"));
  if (!needsShipping(saga) || !saga.shippingAddress)
    return draft.answer(Error(ErrorCode::ShippingOptionInvalid,
                              "Nothing in this checkout is shipped: all its goods are digital.",
                              {{"sagaId", saga.id.value}}));
  Saga changed = saga;
  const auto chosen = chooseShipping(changed, draft.tenant(), wanted.carrierId, wanted.serviceId);
  if (!chosen.ok()) return draft.answer(chosen.error());
  const bool same = saga.shipping && saga.shipping->carrierId == wanted.carrierId &&
                    saga.shipping->serviceId == wanted.serviceId;
  // A choice that only confirms what was assumed still takes the choice off the payment page.
  const bool isOpen = draft.tenant().stripe.shippingOnPage && !saga.shippingChosen;
  if (same && !isOpen) {
    if (pending && !saga.shippingChosen) {
      saga.shippingChosen = true;
      draft.record(HistoryType::ShippingSelected);
    }
    return;
  }
  if (pending) {
    saga = std::move(changed);
    return draft.record(HistoryType::ShippingSelected);
  }
  // A page is open for the old total: it has to be closed before another can take the new one.
  if (!saga.payment.sessionId)
    return draft.answer(invalidState(saga, "change its shipping while it is paid without a payment page"));
  if (!isPayable(saga.payment)) return draft.answer(invalidState(saga, "change its shipping"));
  saga.replacing = Replacement{changed.shipping, std::nullopt};
  planClose(draft);
}

void command(Draft& draft, const OpenPage&) {
  Saga& saga = draft.saga;
  switch (saga.status) {
    case SagaStatus::Pending:
      return startPayment(draft, std::nullopt);
    case SagaStatus::InProgress:  // left there by a crash, or tried again later
      if (finishesFirst(draft)) return;
      if (isUnpaid(saga) && saga.paymentMethodId) startPayment(draft, std::nullopt);
      return move(draft);
    case SagaStatus::PaymentPending:
      if (finishesFirst(draft)) return;
      if (saga.payment.sessionId || !isPayable(saga.payment)) return;
      // From a direct payment to a page: the intent must not stay payable beside the session.
      saga.replacing = Replacement{};
      return planClose(draft);
    case SagaStatus::Completed:
      return;
    default:
      return draft.answer(invalidState(saga, "take a payment"));
  }
}

void command(Draft& draft, const PayDirectly& wanted) {
  Saga& saga = draft.saga;
  if (saga.status == SagaStatus::Completed) return;
  if (isTerminal(saga.status) || saga.status == SagaStatus::Compensating)
    return draft.answer(invalidState(saga, "be paid"));
  const Money& total = saga.totals.total;
  if (wanted.expectedTotal && *wanted.expectedTotal != total) return draft.answer(totalChanged(saga));
  const auto& method = wanted.paymentMethodId ? wanted.paymentMethodId : saga.paymentMethodId;
  if (!method) return draft.answer(invalidState(saga, "be paid without a page: it has no payment method"));
  if (const auto without = checkPaidWithoutPage(saga, draft.tenant()); !without.ok())
    return draft.answer(without.error());
  const bool approved =
      !needsApproval(draft.tenant(), total) ||
      (wanted.approval && wanted.approval->sagaId == saga.id && wanted.approval->total == total);
  if (saga.status == SagaStatus::InProgress) {
    if (finishesFirst(draft)) return;
    if (isUnpaid(saga) &&
        saga.paymentMethodId != method) {  // it is tried again later: with what is wanted now
      if (!approved) return;
      startPayment(draft, method);
    }
    return move(draft);
  }
  if (saga.status == SagaStatus::PaymentPending && finishesFirst(draft)) return;
  if (saga.status == SagaStatus::Pending) {
    if (approved) startPayment(draft, method);
    return;
  }
  if (saga.status != SagaStatus::PaymentPending || !isPayable(saga.payment))
    return draft.answer(invalidState(saga, "be paid"));
  if (!approved) return;
  saga.replacing = Replacement{std::nullopt, method};
  planClose(draft);
}

void command(Draft& draft, const Cancel& wanted) {
  Saga& saga = draft.saga;
  switch (saga.status) {
    case SagaStatus::Compensating:
      if (saga.compensation.cancelled) return move(draft);
      [[fallthrough]];
    case SagaStatus::Compensated:
    case SagaStatus::Failed:  // it has ended otherwise, but now nobody wants it any more
      if (saga.compensation.cancelled) return;
      saga.compensation.cancelled = true;
      return draft.record(HistoryType::Cancelled, {{"reason", wanted.reason}});
    case SagaStatus::Completed:
      return draft.answer(invalidState(saga, "be cancelled; a refund is up to the merchant"));
    default:
      return turnBack(draft, std::nullopt, wanted.reason);
  }
}

void command(Draft& draft, const Retry&) {
  Saga& saga = draft.saga;
  const bool declined = saga.status == SagaStatus::PaymentPending && !saga.payment.sessionId &&
                        saga.payment.state == PaymentState::Declined;
  if (declined && !saga.call && !saga.replacing)
    return draft.answer(invalidState(saga, "be retried with the payment method that was declined"));
  if (!isTerminal(saga.status)) return;  // already on its way
  const bool ended = saga.status != SagaStatus::Completed;
  if (!ended || saga.compensation.cancelled || !saga.error || !isRetryable(saga.error->code))
    return draft.answer(invalidState(saga, "be retried"));
  if (saga.call || owesMoneyBack(saga)) return draft.answer(invalidState(saga, "be retried yet"));
  if (draft.facts.rival)
    return draft.answer(
        invalidState(*draft.facts.rival, "be retried: another checkout of the same cart is under way"));
  const auto preferred = saga.shippingChosen ? saga.shipping : std::nullopt;
  Saga again = saga;
  again.status = SagaStatus::Pending;
  ++again.attempt;
  again.definition = kDefinition;
  again.error.reset();
  again.compensation = {};
  // Without what an operator has settled: of that nothing is owed any more, whatever is heard of the payment.
  if (const Payment& paid = saga.payment; paid.paymentIntentId && paid.amountPaid) {
    Money received = *paid.amountPaid;
    if (paid.settledElsewhere) received.amount -= paid.settledElsewhere->amount;
    again.strayPayments.push_back({*paid.paymentIntentId, received});
  }
  again.payment = {};
  again.payment.attempt = saga.payment.attempt;  // goes on counting: old keys are never used again
  again.retryAt.reset();
  again.movedAt = draft.now();
  const auto valid = validateCart(again, draft.facts, draft.tenant(), preferred);
  if (!valid.ok()) return draft.answer(valid.error());
  saga = std::move(again);
  draft.record(HistoryType::Retried);
}

void command(Draft& draft, const Confirm& wanted) {
  Saga& saga = draft.saga;
  const Payment& payment = saga.payment;
  if (payment.paymentIntentId != wanted.request.intentId || payment.sessionId)
    return draft.answer(invalidState(saga, "be paid with this PaymentIntent"));
  if (finishesFirst(draft)) return;
  // Paid, ended or waiting: confirming again changes nothing and shows how it stands.
  if (saga.status != SagaStatus::PaymentPending || !isPayable(payment))
    return draft.ask(paymentQuestion(saga, {}));
  // What was approved is a payment with the method that the customer was asked about.
  const Json& parameters = wanted.request.parameters;
  const auto method = parameters.find("payment_method");
  const bool isAnother = parameters.contains("payment_method_data") ||
                         (method != parameters.end() && *method != Json(saga.paymentMethodId.value_or("")));
  if (isAnother && needsApproval(draft.tenant(), saga.totals.total))
    return draft.answer(
        Error(ErrorCode::InvalidState,
              "A payment of this size needs the customer's approval for each payment method, and this tool "
              "can't ask for it. Nothing was charged.",
              {{"sagaId", saga.id.value}})
            .withNext(NextActionType::Retry,
                      "Call checkout_pay with sagaId " + saga.id.value +
                          " and that payment method, or checkout_create_payment_session "
                          "to let the customer pay on a page."));
  ++saga.payment.attempt;
  CallPlan call;
  call.operation = GatewayOperation::ConfirmIntent;
  call.objectId = wanted.request.intentId;
  call.parameters = wanted.request.parameters;
  draft.plan(std::move(call));
}

// --- commands of operators ---

void command(Draft& draft, const ResumeNow&) {
  Saga& saga = draft.saga;
  const bool owes =
      owesMoneyBack(saga) || !saga.refundsOwed.empty() || saga.call || saga.compensation.failure;
  if ((saga.status == SagaStatus::Pending || isTerminal(saga.status)) && !owes)
    return draft.answer(
        Error(ErrorCode::InvalidState,
              "The checkout is " + std::string(toString(saga.status)) + " and nothing of it is left to do.",
              {{"sagaId", saga.id.value}, {"status", toString(saga.status)}}));
  saga.retryAt.reset();
  for (RefundRequest& owed : saga.refundsOwed) owed.tryAt.reset();
  draft.record(HistoryType::RetriedByOperator);
}

void command(Draft& draft, const RefundByHand& wanted) {
  Saga& saga = draft.saga;
  if (saga.status != SagaStatus::Completed || !saga.payment.paymentIntentId)
    return draft.answer(Error(
        ErrorCode::InvalidState,
        "Only a completed checkout is refunded by hand; this one is " + std::string(toString(saga.status)) +
            ". Whatever else was paid is given back by itself: see what holds it up with saga show."));
  if (!saga.refundsOwed.empty() || saga.call)
    return draft.answer(
        Error(ErrorCode::InvalidState, "An earlier refund of this checkout is still being made."));
  const Money left = refundable(draft);
  if (left.amount <= 0)
    return draft.answer(Error(ErrorCode::ValidationFailed,
                              "Nothing is left to give back: all of it has been refunded.",
                              {{"refundable", toJson(left)}}));
  const Money amount{wanted.amount.value_or(left.amount), left.currency};
  if (amount.amount <= 0 || amount.amount > left.amount)
    return draft.answer(
        Error(ErrorCode::ValidationFailed,
              "The refund has to be between the smallest unit and what is left of the payment, " +
                  display(left) + "; " + display(amount) + " is not.",
              {{"refundable", toJson(left)}}));
  saga.refundsOwed.push_back(
      {*saga.payment.paymentIntentId, amount, wanted.reason, toString(draft.actor), true, 0, std::nullopt});
  draft.record(HistoryType::RefundRequested, {{"amount", toJson(amount)}, {"reason", wanted.reason}});
}

// Takes what does not get on as done, because somebody has settled it outside of this system.
void command(Draft& draft, const Resolve& wanted) {
  Saga& saga = draft.saga;
  Json data = {{"reason", wanted.reason}};
  const bool stuckUndo = saga.compensation.failure.has_value();
  if (!saga.call && !stuckUndo && saga.refundsOwed.empty() && !saga.attention)
    return draft.answer(
        Error(ErrorCode::InvalidState, "Nothing of this checkout is stuck, so there is nothing to resolve."));
  // What is settled is what whyStuck() shows: the rest shows itself after it.
  if (saga.attention) {
    data["attention"] = *saga.attention;
    saga.attentionSettled.push_back(saga.attentionAbout);
    followLedger(draft);
    return draft.record(HistoryType::UndoResolved, std::move(data));
  }
  const bool wasOwed = saga.call && saga.call->owedRefund;
  const bool wasCall = saga.call.has_value();
  if (wasCall) {
    data["operation"] = toString(saga.call->operation);
    draft.finishCall(CallRecord::State::Failed, "resolved");
  }
  saga.retryAt.reset();
  saga.movedAt = draft.now();
  if (wasOwed || (!wasCall && !stuckUndo && !saga.refundsOwed.empty())) {
    const RefundRequest& settled = saga.refundsOwed.front();
    data["refund"] = toJson(settled.amount);
    for (StrayPayment& stray : saga.strayPayments)  // nothing else of it has to go back
      if (stray.paymentIntentId == settled.paymentIntentId)
        stray.received.amount = givenBack(draft, settled.paymentIntentId);
    saga.refundsOwed.erase(saga.refundsOwed.begin());
    return draft.record(HistoryType::UndoResolved, std::move(data));
  }
  if (saga.status == SagaStatus::InProgress) {
    draft.record(HistoryType::UndoResolved, std::move(data));
    return turnBack(draft, paymentTimeout(), wanted.reason);
  }
  if (stuckUndo) data["failure"] = toString(saga.compensation.failure->code);
  const Step* step = saga.status == SagaStatus::Compensating ? nextUndo(saga) : nullptr;
  const bool isPayment = step == nullptr || step->name == StepName::ProcessPayment;
  if (saga.status != SagaStatus::Completed && isPayment && (stuckUndo || wasCall)) {
    data["step"] = toString(StepName::ProcessPayment);
    const bool paid = saga.payment.state == PaymentState::Paid;
    if (const Money left = refundable(draft); paid && left.amount > 0) saga.payment.settledElsewhere = left;
    saga.payment.state = paid ? PaymentState::Refunded : PaymentState::Canceled;
    saga.payment.url.reset();
    saga.compensation.steps.push_back(StepName::ProcessPayment);
  }
  saga.compensation.failure.reset();
  saga.compensation.failures = 0;
  draft.record(HistoryType::UndoResolved, std::move(data));
}

}  // namespace checkout::saga
