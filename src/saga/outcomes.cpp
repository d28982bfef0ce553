// The machine: what came of the pending call.
#include <algorithm>

#include "saga/draft.hpp"
#include "saga/next_action.hpp"
#include "saga/payer.hpp"
#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/reversals.hpp"
#include "saga/steps.hpp"

namespace checkout::saga {
namespace {

// --- describing ---

std::optional<std::string> requestIdOf(const CallOutcome& outcome) {
  if (!outcome.error || !outcome.error->details.is_object()) return std::nullopt;
  const auto found = outcome.error->details.find("requestId");
  return found == outcome.error->details.end() ? std::nullopt : std::optional(found->get<std::string>());
}

// A call for the history; one that failed with the id under which the provider's support finds it.
Json describe(const GatewayCall& call, const CallOutcome& outcome) {
  Json data = {{"operation", toString(call.operation)}, {"idempotencyKey", call.idempotencyKey}};
  if (auto id = requestIdOf(outcome)) data["requestId"] = *id;
  return data;
}

// The provider's ids and the amount.
Json describePayment(const Saga& saga) {
  const Payment& payment = saga.payment;
  Json data = {{"step", toString(StepName::ProcessPayment)}, {"amount", toJson(saga.totals.total)}};
  if (payment.sessionId) data["sessionId"] = *payment.sessionId;
  if (payment.paymentIntentId) data["paymentIntentId"] = *payment.paymentIntentId;
  if (payment.requestId) data["requestId"] = *payment.requestId;
  return data;
}

std::string resultOf(const CallOutcome& outcome) {
  if (outcome.kind != CallOutcome::Kind::Succeeded)
    return outcome.error ? std::string(toString(outcome.error->code)) : std::string();
  if (outcome.refund) return outcome.refund->refundId;
  if (outcome.payment)
    return outcome.payment->sessionId.value_or(outcome.payment->paymentIntentId.value_or(""));
  return {};
}

void finish(Draft& draft, const CallOutcome& outcome) {
  const bool succeeded = outcome.kind == CallOutcome::Kind::Succeeded;
  if (auto id = requestIdOf(outcome)) draft.saga.payment.requestId = std::move(id);
  draft.finishCall(succeeded ? CallRecord::State::Succeeded : CallRecord::State::Failed, resultOf(outcome));
}

Error errorOf(const CallOutcome& outcome) {
  return outcome.error.value_or(
      Error(ErrorCode::PaymentServiceError, "The payment provider refused the call."));
}

// This try did nothing, and nothing was said about the payment; an earlier one may still have done something.
bool saysNothingOfEarlierTries(const CallOutcome& outcome) {
  if (outcome.kind != CallOutcome::Kind::Failed || outcome.payment || !outcome.error) return false;
  const Error& error = *outcome.error;
  const bool keyRefused = error.details.is_object() && error.details.value(kKeyRefused, false);
  return error.code != ErrorCode::SagaTimeout && (outcome.temporary || keyRefused || isRetryable(error));
}

// --- a missing answer ---

void stillUnknown(Draft& draft, const GatewayCall& call, const CallOutcome& outcome, bool wasSent) {
  Saga& saga = draft.saga;
  if (auto id = requestIdOf(outcome)) saga.payment.requestId = std::move(id);
  ++saga.call->unanswered;
  if (outcome.replayedFailure && !saga.call->poisonedAt) saga.call->poisonedAt = draft.now();
  if (wasSent) saga.call->lastSentAt = draft.now();
  saga.call->notFound = wasSent ? 0 : saga.call->notFound + 1;
  saga.retryAt = draft.now() + unknownPause(saga.call->unanswered);
  draft.effect(FinishCall{saga.call->idempotencyKey, CallRecord::State::Unknown, ""});
  draft.record(HistoryType::CallUnknown, describe(call, outcome));
  draft.answer(outcomeUnknown(saga));
}

// --- opening the payment ---

// A failure that may pass: the step is tried again later, with a key of its own. False: its tries are used
// up.
bool tryStepLater(Draft& draft, Json data, const CallOutcome& outcome) {
  Saga& saga = draft.saga;
  const bool hasTries = outcome.notSent ? draft.now() - saga.movedAt < kUnsentFor
                                        : saga.stepFailures < static_cast<int>(std::size(kStepPauses));
  if (!outcome.temporary || !hasTries) return false;
  const Milliseconds pause = outcome.notSent ? kUnsentPause : kStepPauses[saga.stepFailures];
  if (!outcome.notSent) ++saga.stepFailures;
  saga.retryAt = draft.now() + pause;
  Error why = errorOf(outcome);
  data["step"] = toString(StepName::ProcessPayment);
  data["error"] = toString(why.code);
  draft.record(HistoryType::StepFailed, std::move(data));
  why = naming(saga, std::move(why));
  why.details["retryAfterMs"] = pause.count();
  draft.answer(
      std::move(why).withNext(NextActionType::Wait,
                              "The checkout tries this again by itself. Call checkout_status with this "
                              "sagaId after retryAfterMs."));
  return true;
}

// For whoever asked: what was refused has ended the checkout.
Error endedBy(Error why, const Saga& saga) {
  why = naming(saga, std::move(why));
  if (why.nextAction || isRetryable(why) || merchantMustAct(why)) return why;
  return std::move(why).withNext(
      NextActionType::StartOver,
      "Checkout " + saga.id.value +
          " has ended with this, its page and its stock with it; nothing was charged. "
          "Call checkout_start again, with what was wrong corrected and a new "
          "idempotencyKey.");
}

// The customer was deleted at the provider; the next try has another one.
void forgetCustomer(Draft& draft, CallOutcome& outcome) {
  const auto& customerId = draft.saga.payment.customerId;
  if (outcome.refused != CallOutcome::Refused::Customer || !customerId) return;
  const auto& known = draft.facts.customer;
  if (!known || known->customerId == *customerId) draft.effect(SaveCustomer{{*customerId, true}});
  outcome.temporary = true;
  Json details = outcome.error ? outcome.error->details : Json::object();
  outcome.error = Error(ErrorCode::PaymentServiceError,
                        "The payment provider has lost its record of this customer; another one is made.",
                        std::move(details));
}

// The provider may have kept an intent that waits for another method.
void methodRefused(Draft& draft, const GatewayCall& call, const CallOutcome& outcome, Error why) {
  finish(draft, outcome);
  draft.record(HistoryType::CallFailed, describe(call, outcome));
  if (outcome.payment) applyFact(draft, *outcome.payment, ConfirmedBy::Confirm);
  refuseMethod(draft, std::move(why));
}

void paymentOpened(Draft& draft, const GatewayCall& call, CallOutcome outcome) {
  Saga& saga = draft.saga;
  const bool undoing = saga.status == SagaStatus::Compensating;  // cancelled while the answer was missing
  if (outcome.payment) {
    if (const auto belongs = checkBelongs(saga, draft.tenant(), *outcome.payment); !belongs.ok())
      return draft.answer(belongs.error());
    if (auto why = methodRefusal(draft, call, outcome); why && !undoing && isPayable(outcome.payment->state))
      return methodRefused(draft, call, outcome, std::move(*why));
    finish(draft, outcome);
    applyFact(draft, *outcome.payment, ConfirmedBy::Confirm);
    saga.retryAt.reset();
    if (undoing) return draft.record(HistoryType::UndoCalled, describe(call, outcome));
    saga.stepFailures = 0;
    const bool paid = saga.payment.state == PaymentState::Paid;
    if (paid && saga.payment.reversalsUnread) return draft.recordPayment(describePayment(saga));
    if (paid) return completeStep(draft, StepName::ProcessPayment, describePayment(saga));
    saga.status = SagaStatus::PaymentPending;
    return draft.record(HistoryType::PaymentRequested, describePayment(saga));
  }
  if (auto why = methodRefusal(draft, call, outcome); why && !undoing)
    return methodRefused(draft, call, outcome, std::move(*why));
  finish(draft, outcome);
  if (undoing) return draft.record(HistoryType::CallFailed, describe(call, outcome));
  forgetCustomer(draft, outcome);
  stepFailed(draft, describe(call, outcome), outcome);
}

// The key was used for something else: by a later state of this store, which was then restored from a backup,
// or by its original. What came of that, if anything, is not known here.
bool isKeyOfAnother(const CallOutcome& outcome) {
  return outcome.kind == CallOutcome::Kind::Failed && !outcome.payment && outcome.error &&
         outcome.error->code == ErrorCode::Internal;
}

void keyWasUsed(Draft& draft, const GatewayCall& call, const CallOutcome& outcome) {
  Saga& saga = draft.saga;
  finish(draft, outcome);
  --saga.payment.attempt;  // it was not this store's: what it took is foreign
  saga.foreignPayments.push_back(call.idempotencyKey);
  followLedger(draft);
  draft.record(HistoryType::CallFailed, describe(call, outcome));
  if (saga.status == SagaStatus::Compensating) return;
  turnBack(draft, unknownHere(), "a payment is known to the provider and not here");
  draft.answer(
      naming(saga, unknownHere())
          .withNext(NextActionType::None, "Do not pay again; tell the customer that the merchant was told."));
}

// --- closing it ---

void undoFailed(Draft& draft, const GatewayCall& call, const CallOutcome& outcome, Error why) {
  Saga& saga = draft.saga;
  Json data = describe(call, outcome);
  data["error"] = toString(why.code);
  if (!outcome.notSent) ++saga.compensation.failures;
  saga.retryAt = draft.now() + (outcome.notSent ? kUnsentPause : undoPause(saga.compensation.failures));
  saga.compensation.failure = why;
  draft.record(HistoryType::UndoFailed, std::move(data));
  draft.answer(std::move(why));
}

void undoCalled(Draft& draft, const GatewayCall& call, const CallOutcome& outcome) {
  Saga& saga = draft.saga;
  saga.compensation.failure.reset();
  saga.retryAt.reset();
  saga.movedAt = draft.now();
  draft.record(HistoryType::UndoCalled, describe(call, outcome));
  if (saga.status == SagaStatus::Compensating && isPaymentUndone(saga.payment))
    stepUndone(draft, StepName::ProcessPayment);
}

void paymentClosed(Draft& draft, const CallEnded& ended, CallOutcome outcome) {
  Saga& saga = draft.saga;
  const GatewayCall& call = ended.call;
  if (ended.isGone) {
    const Question question = paymentQuestion(saga, {});
    outcome.payment = whatIsOver(draft, question);
    outcome.error = noSuchPayment(question);
  }
  if (outcome.payment) {
    if (const auto belongs = checkBelongs(saga, draft.tenant(), *outcome.payment); !belongs.ok())
      return draft.answer(belongs.error());
  }
  finish(draft, outcome);
  if (outcome.payment) applyFact(draft, *outcome.payment, ConfirmedBy::Poll);
  const bool stillOpen = isPayable(saga.payment);
  if (saga.status != SagaStatus::PaymentPending)
    return stillOpen ? undoFailed(draft, call, outcome, errorOf(outcome)) : undoCalled(draft, call, outcome);

  const bool closed =
      saga.payment.state == PaymentState::Expired || saga.payment.state == PaymentState::Canceled;
  if (!closed) saga.replacing.reset();  // the customer was faster, or it can't be closed
  if (saga.payment.state == PaymentState::Paid) saga.status = SagaStatus::InProgress;
  draft.record(HistoryType::PaymentClosed, describe(call, outcome));
  if (stillOpen)
    draft.answer(Error(
        ErrorCode::PaymentServiceError,
        "The open payment could not be closed: " + errorOf(outcome).message + " Try again in a moment."));
}

void confirmed(Draft& draft, const GatewayCall& call, const CallOutcome& outcome) {
  Saga& saga = draft.saga;
  const Error why = methodRefusal(draft, call, outcome).value_or(errorOf(outcome));
  const auto named = [&](Error error) {
    error = naming(saga, std::move(error));
    if (!error.nextAction) error.nextAction = nextActionFor(saga);
    return error;
  };
  if (!outcome.payment) {  // refused before it touched the intent, which stays payable
    finish(draft, outcome);
    draft.record(HistoryType::CallFailed, describe(call, outcome));
    return draft.answer(named(why));
  }
  if (const auto belongs = checkBelongs(saga, draft.tenant(), *outcome.payment); !belongs.ok())
    return draft.answer(belongs.error());
  finish(draft, outcome);
  applyFact(draft, *outcome.payment, ConfirmedBy::Confirm);
  if (saga.status == SagaStatus::PaymentPending && saga.payment.state == PaymentState::Paid)
    saga.status = SagaStatus::InProgress;
  draft.recordPayment(describePayment(saga));
  if (outcome.kind == CallOutcome::Kind::Failed) draft.answer(named(why));
}

// --- refunds ---

Error refusedByBank(const RefundFact& refund) {
  return {ErrorCode::PaymentServiceError, "The refund " + refund.refundId + " was refused by the bank."};
}

void owedRefunded(Draft& draft, const CallOutcome& outcome, bool goneElsewhere) {
  Saga& saga = draft.saga;
  RefundRequest& owed = saga.refundsOwed.front();
  Json data = {{"amount", toJson(owed.amount)}, {"reason", owed.reason}, {"requestedBy", owed.requestedBy}};
  if (outcome.refund) data["refundId"] = outcome.refund->refundId;
  const bool stands = outcome.refund && saga::stands(draft, *outcome.refund);
  if (stands || goneElsewhere) {
    if (stands && owed.byOperator) saga.refundMade = RefundMade{outcome.refund->refundId, owed.reason};
    saga.refundsOwed.erase(saga.refundsOwed.begin());
    saga.movedAt = draft.now();
    return draft.record(stands ? HistoryType::Refunded : HistoryType::RefundDropped, std::move(data));
  }
  const Error why = outcome.refund ? refusedByBank(*outcome.refund) : errorOf(outcome);
  data["error"] = toJson(why);
  if (owed.byOperator && !outcome.temporary) {
    saga.refundsOwed.erase(saga.refundsOwed.begin());
  } else {
    if (!outcome.notSent) ++owed.failures;
    owed.tryAt = draft.now() + (outcome.notSent ? kUnsentPause : undoPause(owed.failures));
  }
  draft.record(HistoryType::RefundFailed, std::move(data));
  draft.answer(why);
}

void refunded(Draft& draft, const CallEnded& ended) {
  Saga& saga = draft.saga;
  CallOutcome outcome = ended.outcome;
  const bool owed = saga.call->owedRefund && !saga.refundsOwed.empty();
  const std::string intentId =
      owed ? saga.refundsOwed.front().paymentIntentId : saga.payment.paymentIntentId.value_or("");
  // A refund that was kept under this call's key, or was in the books, before the call was ever sent is of a
  // time that this store has forgotten (a backup was restored): nothing was made now. The next try has
  // another key. One that was made after it was asked for, is what was asked for.
  const bool isWhatWasAsked = owed && outcome.refund && outcome.refund->createdAt &&
                              saga.refundsOwed.front().requestedAt &&
                              isMadeSince(*outcome.refund->createdAt, *saga.refundsOwed.front().requestedAt);
  const bool inTheBooks = outcome.refund && std::any_of(draft.refunds.begin(), draft.refunds.end(),
                                                        [&](const RefundEntry& entry) {
                                                          return entry.refundId == outcome.refund->refundId;
                                                        });
  const bool isOlder =
      outcome.refund && !ended.sentBefore && !isWhatWasAsked && (inTheBooks || (owed && outcome.isReplay));
  if (isOlder) {
    outcome.kind = CallOutcome::Kind::Failed;
    outcome.temporary = true;
    outcome.refund.reset();
    outcome.error = Error(ErrorCode::PaymentServiceError,
                          "The payment provider answered with an earlier refund. It is asked again.");
  }
  finish(draft, outcome);
  if (outcome.refund) addRefund(draft, intentId, *outcome.refund);
  const bool learned = ended.reversals && addReversals(draft, intentId, *ended.reversals);
  const bool stands = outcome.refund && saga::stands(draft, *outcome.refund);
  // A refusal may mean that somebody else has given the money back.
  const bool isStray = owed && !saga.refundsOwed.front().byOperator;
  const bool nothingLeft = isStray ? givenBack(draft, intentId) >= saga.refundsOwed.front().amount.amount
                                   : refundable(draft).amount <= 0;
  const bool goneElsewhere = !stands && nothingLeft;
  followLedger(draft);
  if (owed) return owedRefunded(draft, outcome, goneElsewhere);
  if (stands) saga.compensation.refundId = outcome.refund->refundId;
  if (goneElsewhere && !draft.refunds.empty()) saga.compensation.refundId = draft.refunds.back().refundId;
  // Refused since a part of it had gone back elsewhere: the rest is asked for at once.
  const bool partGone = learned && !outcome.refund && !outcome.temporary;
  if (stands || goneElsewhere || partGone) return undoCalled(draft, ended.call, outcome);
  undoFailed(draft, ended.call, outcome, outcome.refund ? refusedByBank(*outcome.refund) : errorOf(outcome));
}

}  // namespace

void stepFailed(Draft& draft, Json data, const CallOutcome& outcome) {
  if (tryStepLater(draft, data, outcome)) return;
  draft.record(HistoryType::CallFailed, std::move(data));
  draft.answer(endedBy(errorOf(outcome), draft.saga));
  turnBack(draft, errorOf(outcome), "step " + std::string(toString(StepName::ProcessPayment)) + " failed");
}

void callEnded(Draft& draft, const CallEnded& ended) {
  Saga& saga = draft.saga;
  if (!saga.call || saga.call->idempotencyKey != ended.call.idempotencyKey)
    return draft.answer(Error(ErrorCode::Internal, "a call ended that was not pending"));
  CallOutcome outcome = ended.outcome;
  const bool sentBefore = saga.call->unanswered > 0 || ended.sentBefore;
  const GatewayOperation operation = saga.call->operation;
  if (sentBefore && saysNothingOfEarlierTries(outcome)) {
    // Refused once the time that it names has come too close, say. Another page may be opened, see below.
    if (operation == GatewayOperation::CreateSession && !outcome.notSent)
      outcome.temporary = true;
    else
      outcome.kind = CallOutcome::Kind::Unknown;
  }
  // It may have been this very call that has used it.
  if (sentBefore && operation == GatewayOperation::CreateIntent &&
      outcome.refused == CallOutcome::Refused::UsedMethod) {
    outcome.kind = CallOutcome::Kind::Unknown;
    outcome.replayedFailure = true;
  }
  // A page whose address nobody knows takes no money: another one is opened, with a key of its own. Closing
  // and confirming may be repeated with another key at any time.
  const bool mayStartAnew = operation == GatewayOperation::CreateSession || isClose(operation) ||
                            operation == GatewayOperation::ConfirmIntent;
  if (outcome.kind == CallOutcome::Kind::Unknown && outcome.replayedFailure && mayStartAnew) {
    outcome.kind = CallOutcome::Kind::Failed;
    outcome.temporary = true;
  }
  if (outcome.kind == CallOutcome::Kind::Unknown) return stillUnknown(draft, ended.call, outcome, true);
  // The answer may be one that was kept: what was given back since, it does not say.
  const bool mayBeOld = sentBefore && outcome.payment && outcome.payment->state == PaymentState::Paid;
  if (mayBeOld) outcome.payment->hasReversals = true;
  if (isCreate(operation) && isKeyOfAnother(outcome)) return keyWasUsed(draft, ended.call, outcome);
  if (operation == GatewayOperation::Refund && isKeyOfAnother(outcome)) outcome.temporary = true;
  switch (operation) {
    case GatewayOperation::CreateSession:
    case GatewayOperation::CreateIntent:
      return paymentOpened(draft, ended.call, outcome);
    case GatewayOperation::ExpireSession:
    case GatewayOperation::CancelIntent:
      return paymentClosed(draft, ended, std::move(outcome));
    case GatewayOperation::ConfirmIntent:
      return confirmed(draft, ended.call, outcome);
    case GatewayOperation::Refund:
      return refunded(draft, {ended.call, outcome, ended.reversals, sentBefore, false});
  }
}

void callFound(Draft& draft, const CallFound& found) {
  const Saga& saga = draft.saga;
  if (!saga.call) return;
  GatewayCall call;
  call.operation = saga.call->operation;
  call.idempotencyKey = saga.call->idempotencyKey;
  CallOutcome outcome;
  outcome.payment = found.payment;
  outcome.refund = found.refund;
  // Times that are still to come are of a clock that was ahead: since then means from now on.
  PendingCall& pending = *draft.saga.call;
  if (!pending.lastSentAt && pending.plannedAt > draft.now()) pending.lastSentAt = draft.now();
  for (std::optional<TimePoint>* time : {&pending.lastSentAt, &pending.poisonedAt})
    if (*time && **time > draft.now() + kClockSlack) *time = draft.now();
  const TimePoint quietSince = pending.poisonedAt.value_or(pending.lastSentAt.value_or(pending.plannedAt));
  if (found.payment || found.refund) {
    outcome.kind = CallOutcome::Kind::Succeeded;
    if (outcome.payment) outcome.payment->hasReversals = outcome.payment->state == PaymentState::Paid;
  } else if (draft.now() - quietSince < kSearchSettles || pending.notFound + 1 < kSearchesThatSettle) {
    outcome.kind = CallOutcome::Kind::Unknown;
    return stillUnknown(draft, call, outcome, false);
  } else {
    outcome.kind = CallOutcome::Kind::Failed;
    outcome.temporary = saga.call->poisonedAt.has_value() || call.operation == GatewayOperation::Refund;
    outcome.error =
        Error(outcome.temporary ? ErrorCode::PaymentServiceError : ErrorCode::SagaTimeout,
              "The payment provider never answered and has nothing of this request. Nothing was charged.");
  }
  draft.saga.call->unanswered = 0;  // what the provider has is known now
  // It was sent before, and made then.
  callEnded(draft, {call, outcome, std::nullopt, found.refund.has_value()});
}

}  // namespace checkout::saga
