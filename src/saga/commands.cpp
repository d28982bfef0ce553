// The machine: what agents and operators ask for. Each says what it changes; move() does the rest.
#include <algorithm>

#include "saga/draft.hpp"
#include "saga/payment.hpp"
#include "saga/policy.hpp"
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

// What is open is still being closed: what is wanted now takes its place, not what was wanted then.
void replaceBy(Draft& draft, const std::optional<std::string>& paymentMethodId) {
  auto& replacing = draft.saga.replacing;
  if (!replacing || replacing->shipping || replacing->paymentMethodId == paymentMethodId) return;
  replacing->paymentMethodId = paymentMethodId;
  draft.record(HistoryType::PaymentStarted);
}

void startPayment(Draft& draft, std::optional<std::string> paymentMethodId) {
  draft.saga.status = SagaStatus::InProgress;
  draft.saga.paymentMethodId = std::move(paymentMethodId);
  draft.saga.movedAt = draft.now();
  draft.record(HistoryType::PaymentStarted);
}

// The last refund by hand, if it stands and was the same: a repeat of a command whose answer was lost, say.
const RefundEntry* sameRefund(const Draft& draft, const Money& amount, const std::string& reason) {
  const auto& made = draft.saga.refundMade;
  if (!made || made->reason != reason) return nullptr;
  const auto found = std::find_if(draft.refunds.begin(), draft.refunds.end(), [&](const RefundEntry& entry) {
    return entry.refundId == made->refundId && entry.amount == amount && isGivenBack(entry.status);
  });
  return found == draft.refunds.end() ? nullptr : &*found;
}

Error hasRival(const Saga& saga, const Saga& rival) {
  return Error(ErrorCode::InvalidState,
               "Checkout " + saga.id.value + " can't be retried: checkout " + rival.id.value +
                   " of the same cart is " + std::string(toString(rival.status)) + ".",
               {{"sagaId", rival.id.value}, {"status", toString(rival.status)}})
      .withNext(NextActionType::Retry,
                "Go on with " + rival.id.value + ": checkout_status shows its next step.");
}

// Tried again, it has what is in the cart now.
Error contentsChanged(const Saga& saga) {
  return Error(ErrorCode::TotalChanged,
               "The checkout begins again, with what the cart holds now: " + goodsOf(saga) + ", for " +
                   display(saga.totals.total) + ". Nothing was charged by this call.",
               {{"sagaId", saga.id.value}, {"total", toJson(saga.totals.total)}})
      .withNext(
          NextActionType::Retry,
          "Show the customer the goods and the total. If they agree, call checkout_create_payment_session, "
          "or checkout_pay with that total as expectedTotal; else checkout_cancel.");
}

const RefundRequest* failingRefund(const Saga& saga) {
  const auto failing = std::find_if(saga.refundsOwed.begin(), saga.refundsOwed.end(),
                                    [](const RefundRequest& owed) { return owed.failures > 0; });
  return failing == saga.refundsOwed.end() ? nullptr : &*failing;
}

Error totalUnderWay(const Saga& saga) {
  return Error(ErrorCode::TotalChanged,
               "A payment of " + display(saga.totals.total) + " for " + goodsOf(saga) +
                   " was agreed to before and is under way. This call changed nothing.",
               {{"sagaId", saga.id.value}, {"total", toJson(saga.totals.total)}})
      .withNext(
          NextActionType::Wait,
          "Call checkout_status with this sagaId in a moment. If the customer does not want to pay this, "
          "call checkout_cancel now.");
}

// From now on the total has to be named: the same call without one would charge what was just refused.
void refuseTotal(Draft& draft) {
  Saga& saga = draft.saga;
  const bool isUnderWay = saga.status == SagaStatus::InProgress;
  draft.answer(isUnderWay ? totalUnderWay(saga) : totalChanged(saga));
  if (isUnderWay || saga.isUnagreed) return;
  saga.isUnagreed = true;
  draft.record(HistoryType::TotalRefused, {{"total", toJson(saga.totals.total)}});
}

Error cannotBegin(const Saga& saga, Error why) {
  if (why.nextAction) return why;
  return naming(saga, std::move(why))
      .withNext(
          NextActionType::StartOver,
          "Correct the cart with cart_update_quantity, cart_remove_item or cart_add_item if the customer "
          "still wants something, then call checkout_start, with a new idempotencyKey. Repeating "
          "checkout_retry as things are changes nothing.");
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
    // Nobody was asked for this total, and above the threshold everybody is.
    const bool isOther = changed.paymentMethodId && changed.totals.total != saga.totals.total;
    if (isOther && !needsApproval(draft.tenant(), changed.totals.total)) changed.isUnagreed = true;
    saga = std::move(changed);
    return draft.record(HistoryType::ShippingSelected);
  }
  // A page is open for the old total: it has to be closed before another can take the new one.
  if (!saga.payment.sessionId)
    return draft.answer(
        invalidState(saga, "change its shipping while it is paid without a payment page")
            .withNext(
                NextActionType::PresentPaymentUrl,
                "Call checkout_create_payment_session with this sagaId, then checkout_select_shipping "
                "again. After that the customer pays on the page, or you call checkout_pay with the new "
                "total."));
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
      replaceBy(draft, std::nullopt);
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
  const bool approves = wanted.approval && wanted.approval->sagaId == saga.id &&
                        wanted.approval->total == total && wanted.approval->cartDigest == saga.cart.digest;
  const bool mayBeAsked = !wanted.approval || needsApproval(draft.tenant(), total);
  const bool isAgreed =
      wanted.expectedTotal ? *wanted.expectedTotal == total : approves || (!saga.isUnagreed && mayBeAsked);
  if (!isAgreed) return refuseTotal(draft);
  saga.isUnagreed = false;
  const auto& method = wanted.paymentMethodId ? wanted.paymentMethodId : saga.paymentMethodId;
  if (!method) return draft.answer(invalidState(saga, "be paid without a page: it has no payment method"));
  if (const auto without = checkPaidWithoutPage(saga, draft.tenant()); !without.ok())
    return draft.answer(without.error());
  const bool approved = approves || !needsApproval(draft.tenant(), total);
  if (saga.status == SagaStatus::InProgress) {
    if (finishesFirst(draft)) return;
    if (isUnpaid(saga) &&
        saga.paymentMethodId != method) {  // it is tried again later: with what is wanted now
      if (!approved) return;
      startPayment(draft, method);
    }
    return move(draft);
  }
  if (isBeingAuthenticated(saga, *method) && !saga.call)
    return;  // a repeated call: the bank's page stays as it is
  if (saga.status == SagaStatus::PaymentPending) {
    replaceBy(draft, approved ? method : std::nullopt);
    if (finishesFirst(draft)) return;
  }
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
  if (saga.call || owesMoneyBack(saga) || !saga.foreignPayments.empty())
    return draft.answer(invalidState(saga, "be retried yet"));
  if (draft.facts.rival) return draft.answer(hasRival(saga, *draft.facts.rival));
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
  again.payment.attempt = saga.payment.attempt;        // goes on counting: old keys are never used again
  again.payment.cartDigest = saga.payment.cartDigest;  // its page may be paid yet
  again.retryAt.reset();
  again.movedAt = draft.now();
  const auto valid = validateCart(again, draft.facts, draft.tenant(), preferred);
  if (!valid.ok()) return draft.answer(cannotBegin(saga, valid.error()));
  const bool isSame = again.cart.digest == saga.cart.digest && again.totals.total == saga.totals.total;
  if (!isSame) again.isUnagreed = true;
  saga = std::move(again);
  draft.record(HistoryType::Retried);
  if (!isSame) draft.answer(contentsChanged(saga));
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
  const bool namesNone = method == parameters.end() && !parameters.contains("payment_method_data");
  if (payment.state == PaymentState::RequiresAction && namesNone)  // it is the customer's turn
    return draft.ask(paymentQuestion(saga, {}));
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

std::optional<std::string> whyStuck(const Saga& saga, TimePoint now) {
  std::optional<std::string> undo;
  if (saga.compensation.failure) {
    const std::string what = saga.currentStep ? std::string(toString(*saga.currentStep)) : "the payment";
    undo = "an undo fails (" + what + "): " + saga.compensation.failure->message;
  }
  if (saga.attention) return *saga.attention + (undo ? "; then: " + *undo : "");
  if (undo) return undo;
  if (const RefundRequest* owed = failingRefund(saga))
    return "a refund of " + display(owed->amount) + " of payment " + owed->paymentIntentId +
           " is owed and keeps failing";
  const bool isQuiet = now - saga.movedAt >= kStuckAfter || saga.movedAt > now + kClockSlack;
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

void command(Draft& draft, const ResumeNow&) {
  Saga& saga = draft.saga;
  const bool owes = owesMoneyBack(saga) || !saga.refundsOwed.empty() || saga.call ||
                    saga.compensation.failure || saga.attention;
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
  if (saga.status == SagaStatus::Completed && !saga.payment.paymentIntentId)
    return draft.answer(Error(ErrorCode::InvalidState,
                              "Nothing was paid for this checkout, so there is nothing to give back."));
  if (saga.status != SagaStatus::Completed)
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
  if (const RefundEntry* made = sameRefund(draft, amount, wanted.reason); made && !wanted.again)
    return draft.answer(Error(ErrorCode::ValidationFailed,
                              "A refund of " + display(amount) + " with this reason was made at " +
                                  toIso8601(made->createdAt) + ", " + made->refundId +
                                  ". If the customer is to get as much once more, repeat the command with "
                                  "--again. Nothing was done now.",
                              {{"refundable", toJson(left)}}));
  saga.refundsOwed.push_back({*saga.payment.paymentIntentId, amount, wanted.reason, toString(draft.actor),
                              true, 0, std::nullopt, draft.now()});
  draft.record(HistoryType::RefundRequested, {{"amount", toJson(amount)}, {"reason", wanted.reason}});
}

// So much of the order's payment went back outside of the provider.
void settleElsewhere(Draft& draft, Money amount) {
  Saga& saga = draft.saga;
  amount.amount = std::min(amount.amount, refundable(draft).amount);
  if (amount.amount <= 0) return;
  if (saga.payment.settledElsewhere) amount.amount += saga.payment.settledElsewhere->amount;
  saga.payment.settledElsewhere = amount;
}

void settleAttention(Draft& draft) {
  Saga& saga = draft.saga;
  const std::string about = saga.attentionAbout;
  for (const RefundEntry& refund : draft.refunds)  // one that failed was made up for in another way
    if (refund.refundId == about && madeAgain(draft, refund) == nullptr)
      settleElsewhere(draft, refund.amount);
  std::erase_if(saga.unknownPayments,
                [&](const UnknownPayment& unknown) { return unknown.objectId == about; });
  std::erase(saga.foreignPayments, about);
  saga.attentionSettled.push_back(about);
  followLedger(draft);
}

// Takes what does not get on as done, because somebody has settled it outside of this system. One thing at a
// time, the one that whyStuck() shows: the rest shows itself after it.
void command(Draft& draft, const Resolve& wanted) {
  Saga& saga = draft.saga;
  const auto stuck = whyStuck(saga, draft.now());
  if (!stuck)
    return draft.answer(
        Error(ErrorCode::InvalidState, "Nothing of this checkout is stuck, so there is nothing to resolve."));
  if (stuck->find(wanted.about) == std::string::npos)
    return draft.answer(Error(ErrorCode::ValidationFailed, "What is stuck now is another matter than \"" +
                                                               wanted.about + "\": " + *stuck +
                                                               ". Nothing was done."));
  // A repeated command would settle what the operator has not looked at.
  if (saga.settledBecause == wanted.reason)
    return draft.answer(
        Error(ErrorCode::ValidationFailed,
              "Something of this checkout was settled with this reason already. What is stuck now "
              "is another matter: " +
                  *stuck + ". To settle that, too, give a reason of its own. Nothing was done."));
  saga.settledBecause = wanted.reason;
  Json data = {{"reason", wanted.reason}};
  if (saga.attention) {
    data["settled"] = data["attention"] = *saga.attention;
    settleAttention(draft);
    return draft.record(HistoryType::UndoResolved, std::move(data));
  }
  data["settled"] = *stuck;
  const bool stuckUndo = saga.compensation.failure.has_value();
  const bool wasCall = saga.call.has_value();
  const bool wasOwed = wasCall ? saga.call->owedRefund : !stuckUndo && !saga.refundsOwed.empty();
  if (wasCall) {
    data["operation"] = toString(saga.call->operation);
    draft.finishCall(CallRecord::State::Failed, "resolved");
  }
  saga.retryAt.reset();
  saga.movedAt = draft.now();
  if (wasOwed) {
    const auto failing = wasCall ? nullptr : failingRefund(saga);
    const std::size_t index = failing == nullptr ? 0 : failing - saga.refundsOwed.data();
    const RefundRequest settled = saga.refundsOwed[index];
    data["refund"] = toJson(settled.amount);
    if (settled.byOperator) settleElsewhere(draft, settled.amount);
    for (StrayPayment& stray : saga.strayPayments)  // nothing else of it has to go back
      if (stray.paymentIntentId == settled.paymentIntentId)
        stray.received.amount = givenBack(draft, settled.paymentIntentId);
    saga.refundsOwed.erase(saga.refundsOwed.begin() + static_cast<std::ptrdiff_t>(index));
    followLedger(draft);
    return draft.record(HistoryType::UndoResolved, std::move(data));
  }
  const bool isUnderWay = saga.status == SagaStatus::InProgress || saga.status == SagaStatus::PaymentPending;
  if (isUnderWay) {  // a step that fails, or a page that ran out and that nobody has paid
    if (isPayable(saga.payment)) saga.payment.state = PaymentState::Expired;
    saga.payment.url.reset();
    draft.record(HistoryType::UndoResolved, std::move(data));
    return turnBack(draft, paymentTimeout(), wanted.reason);
  }
  if (stuckUndo) data["failure"] = toString(saga.compensation.failure->code);
  const Step* step = saga.status == SagaStatus::Compensating ? nextUndo(saga) : nullptr;
  const bool isPayment = step == nullptr || step->name == StepName::ProcessPayment;
  if (saga.status != SagaStatus::Completed && isPayment) {
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
