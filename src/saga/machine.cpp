#include "saga/machine.hpp"

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

Json stepData(StepName step) {
  return {{"step", toString(step)}};
}

// For a command that comes while something has to wait before it is tried again.
Error mustWait(const Draft& draft) {
  const Saga& saga = draft.saga;
  if (saga.call) return outcomeUnknown(saga);
  if (saga.compensation.failure) return *saga.compensation.failure;
  Error error =
      Error(ErrorCode::PaymentServiceError,
            "The payment provider could not be reached or had no time. It is tried again by itself.",
            {{"sagaId", saga.id.value}})
          .withNext(NextActionType::Wait, "Call checkout_status with this sagaId after retryAfterMs.");
  error.details["retryAfterMs"] =
      std::chrono::duration_cast<Milliseconds>(*saga.retryAt - draft.now()).count();
  return error;
}

// --- forward ---

// Our own trouble says nothing about the checkout: it stays where it is and is resumed.
bool leavesItOpen(ErrorCode code) {
  return code == ErrorCode::ServiceUnavailable || code == ErrorCode::Internal;
}

void doStep(Draft& draft) {
  Saga& saga = draft.saga;
  const Step* step = nextStep(saga);
  if (step == nullptr)
    return draft.answer(Error(ErrorCode::Internal, "a checkout in progress has no step left"));
  const bool isPayment = step->perform == nullptr;  // process_payment
  if (isPayment && saga.payment.state == PaymentState::Paid) {
    if (saga.payment.reversalsUnread && saga.payment.paymentIntentId)
      return draft.ask(reversalsQuestion(*saga.payment.paymentIntentId));
    followLedger(draft);
  }
  if (saga.payment.state == PaymentState::Refunded && !isCompleted(saga, StepName::ConfirmOrder))
    return turnBack(draft,
                    Error(ErrorCode::InvalidState,
                          "The merchant gave the payment back before the order was confirmed, so there is no "
                          "order. Ask the merchant before buying again."),
                    "the payment was given back before the order was confirmed");
  if (isPayment) {
    if (saga.payment.state == PaymentState::Paid)
      return completeStep(draft, step->name, stepData(step->name));
    if (draft.mustWait()) return draft.answer(mustWait(draft));
    if (auto question = payerQuestion(draft)) return draft.ask(std::move(*question));
    return planPayment(draft, customerOfPage(draft));
  }
  const auto done = step->perform(draft);
  if (done.ok()) return completeStep(draft, step->name, stepData(step->name));
  draft.decision.effects.clear();
  draft.answer(naming(saga, done.error()));
  if (!leavesItOpen(done.error().code))
    turnBack(draft, done.error(), "step " + std::string(toString(step->name)) + " failed");
}

// --- waiting for the customer ---

void replacePayment(Draft& draft) {
  Saga& saga = draft.saga;
  const Replacement wanted = *saga.replacing;
  saga.replacing.reset();
  // The customer agreed to be charged then; the close of the page was waited for too long.
  const bool isOverdue = saga.payment.expiresAt && draft.now() >= *saga.payment.expiresAt;
  if (wanted.paymentMethodId && isOverdue)
    return turnBack(draft, paymentTimeout(), "the page could not be closed in time");
  saga.status = SagaStatus::InProgress;
  saga.paymentMethodId = wanted.paymentMethodId;
  saga.movedAt = draft.now();
  if (!wanted.shipping) return draft.record(HistoryType::PaymentStarted);
  const auto chosen =
      chooseShipping(saga, draft.tenant(), wanted.shipping->carrierId, wanted.shipping->serviceId);
  if (!chosen.ok()) {  // the configuration has changed in between
    draft.answer(chosen.error());
    return turnBack(draft, chosen.error(), "the chosen shipping is no longer offered");
  }
  writeOrder(draft);
  draft.record(HistoryType::ShippingSelected);
}

// Somebody gave back exactly this at the provider since an operator has asked for it.
bool wasMadeElsewhere(const Draft& draft, const RefundRequest& owed) {
  return owed.requestedAt &&
         std::any_of(draft.refunds.begin(), draft.refunds.end(), [&](const RefundEntry& refund) {
           return refund.paymentIntentId == owed.paymentIntentId && refund.amount == owed.amount &&
                  refund.updatedAt > *owed.requestedAt && isMadeSince(refund.createdAt, *owed.requestedAt) &&
                  isGivenBack(refund.status);
         });
}

// One that fails, and waits for its next try, holds up no other.
void payOwed(Draft& draft) {
  Saga& saga = draft.saga;
  const auto due = std::find_if(saga.refundsOwed.begin(), saga.refundsOwed.end(),
                                [&](const RefundRequest& owed) { return !draft.waitsUntil(owed.tryAt); });
  if (due == saga.refundsOwed.end()) return;
  std::rotate(saga.refundsOwed.begin(), due, due + 1);
  const RefundRequest owed = saga.refundsOwed.front();
  const std::int64_t gone = givenBack(draft, owed.paymentIntentId);
  const bool settled = owed.byOperator ? refundable(draft).amount <= 0 || wasMadeElsewhere(draft, owed)
                                       : gone >= owed.amount.amount;
  if (settled) {
    saga.refundsOwed.erase(saga.refundsOwed.begin());
    saga.movedAt = draft.now();
    return draft.record(HistoryType::RefundDropped,
                        {{"paymentIntentId", owed.paymentIntentId}, {"reason", "given back already"}});
  }
  const std::int64_t most = owed.byOperator ? refundable(draft).amount : owed.amount.amount - gone;
  planRefund(draft, owed.paymentIntentId, Money{std::min(owed.amount.amount, most), owed.amount.currency},
             true);
}

void followPayment(Draft& draft) {
  Saga& saga = draft.saga;
  const Payment& payment = saga.payment;
  if (saga.replacing) {
    if (!isPayable(payment)) return replacePayment(draft);
    if (draft.mustWait()) return draft.answer(mustWait(draft));
    return planClose(draft);
  }
  if (payment.state == PaymentState::Expired || payment.state == PaymentState::Canceled)
    return turnBack(draft, payment.lastError.value_or(paymentTimeout()),
                    "payment " + std::string(toString(payment.state)));
  // An intent never expires by itself; ours have the lifetime of a session.
  const bool overdue =
      isPayable(payment) && !payment.sessionId && payment.expiresAt && draft.now() >= *payment.expiresAt;
  if (overdue) return turnBack(draft, paymentTimeout(), "payment not made in time");
  payOwed(draft);
}

// --- back ---

// False: nothing has to be called (any more) to undo the payment.
bool callUndo(Draft& draft) {
  Saga& saga = draft.saga;
  const Payment& payment = saga.payment;
  const bool refunds = payment.state == PaymentState::Paid && !isFree(payment);
  if (refunds && refundable(draft).amount <= 0 && payment.paymentIntentId) {
    followLedger(draft);  // all of it has gone back elsewhere
    return false;
  }
  if (!refunds && !isPayable(payment)) return false;
  if (draft.mustWait()) {
    draft.answer(mustWait(draft));
    return true;
  }
  // Of what an operator has settled, the provider still counts all as left.
  const auto amount = payment.settledElsewhere ? std::optional(refundable(draft)) : std::nullopt;
  if (refunds && payment.paymentIntentId)
    planRefund(draft, *payment.paymentIntentId, amount, false);
  else if (refunds)  // paid, and the provider has not named the payment yet
    draft.ask(paymentQuestion(saga, {}));
  else
    planClose(draft);
  return true;
}

void endUndo(Draft& draft) {
  Saga& saga = draft.saga;
  const bool nothingWasUndone = saga.compensation.steps.empty() && saga.error;
  saga.status = nothingWasUndone ? SagaStatus::Failed : SagaStatus::Compensated;
  saga.currentStep.reset();
  saga.movedAt = draft.now();
  draft.record(nothingWasUndone ? HistoryType::Failed : HistoryType::Compensated);
}

void undoNext(Draft& draft) {
  Saga& saga = draft.saga;
  const Step* step = nextUndo(saga);
  if (step == nullptr) return endUndo(draft);
  if (step->name == StepName::ProcessPayment) {
    if (callUndo(draft)) {
      // A payment that was given up does not wait for one that can't be undone.
      if (draft.decision.next == Decision::Next::Rest) payOwed(draft);
      return;
    }
    // Money on its way can't be called back: only the provider can say where it goes.
    if (saga.payment.state == PaymentState::Processing) return payOwed(draft);
  }
  step->undo(draft);
  stepUndone(draft, step->name);
}

// Money that came after the end, and is not honoured, goes back; a page that can be paid all the same is
// closed.
void afterEnd(Draft& draft) {
  const Saga& saga = draft.saga;
  const bool ended = saga.status != SagaStatus::Completed;
  if (owesMoneyBack(saga) && refundable(draft).amount <= 0 && saga.payment.paymentIntentId) {
    followLedger(draft);
    return draft.record(HistoryType::ReversalsRecorded);
  }
  if (ended && (owesMoneyBack(saga) || isPayable(saga.payment))) {
    callUndo(draft);
    if (draft.decision.next != Decision::Next::Rest) return;
  }
  payOwed(draft);
}

// The pending call may have been sent. What charges is not sent once more if nobody waits for it any more, or
// its time is over: then it is only looked up.
void resolveCall(Draft& draft) {
  const Saga& saga = draft.saga;
  const PendingCall& call = *saga.call;
  if (call.unanswered > 0 && draft.mustWait()) return draft.answer(mustWait(draft));
  const bool charges =
      call.operation == GatewayOperation::CreateIntent || call.operation == GatewayOperation::ConfirmIntent;
  const bool isWanted = saga.status == SagaStatus::InProgress || saga.status == SagaStatus::PaymentPending;
  const bool isOverdue = saga.payment.expiresAt && draft.now() >= *saga.payment.expiresAt;
  const bool changesOnce = call.operation == GatewayOperation::CreateSession ||
                           call.operation == GatewayOperation::CreateIntent ||
                           call.operation == GatewayOperation::Refund;
  // A key of which a clock said that was ahead of ours may be of any age.
  const bool tooOld =
      draft.now() - call.plannedAt > kKeyLifetime || call.plannedAt > draft.now() + kClockSlack;
  const bool isLookedUp =
      (charges && (!isWanted || isOverdue)) || (changesOnce && (tooOld || call.poisonedAt));
  draft.decision.next = isLookedUp ? Decision::Next::Find : Decision::Next::Send;
}

void replayParked(Draft& draft) {
  if (draft.facts.parked.empty() || draft.decision.next != Decision::Next::Rest ||
      !draft.decision.transitions.empty())
    return;
  const InboxEvent& parked = draft.facts.parked.front();
  PaymentEvent event;
  event.id = parked.eventId;
  event.type = parked.type;
  event.objectId = parked.objectId;
  const bool isSession = event.type.rfind("checkout.session.", 0) == 0;
  (isSession ? event.sessionId : event.paymentIntentId) = parked.objectId;
  InboxEffect applied{parked, true};
  applied.event.state = InboxEvent::State::Applied;
  News news{ConfirmedBy::Webhook, {{"eventId", event.id}, {"type", event.type}}, applied};
  if (auto question = questionFor(draft.saga, event, std::move(news))) draft.ask(std::move(*question));
}

// --- dispatch ---

void look(Draft& draft) {
  move(draft);
  const Saga& saga = draft.saga;
  if (!draft.decision.transitions.empty() || draft.decision.next != Decision::Next::Rest || saga.call) return;
  const bool waits =
      saga.status == SagaStatus::PaymentPending ||
      (saga.status == SagaStatus::Compensating && saga.payment.state == PaymentState::Processing);
  const bool isOfUnknown =
      !saga.unknownPayments.empty() && saga.attentionAbout == saga.unknownPayments.front().objectId;
  Question question;
  if (saga.attention && !isOfUnknown && saga.payment.paymentIntentId) {
    return draft.ask(reversalsQuestion(*saga.payment.paymentIntentId));
  }
  if (waits && !paymentObjects(saga.payment).empty()) return draft.ask(paymentQuestion(saga, {}));
  if (saga.unknownPayments.empty()) return;
  const UnknownPayment& unknown = saga.unknownPayments.front();
  question.about = unknown.isSession ? Question::About::Session : Question::About::Intent;
  question.objectId = unknown.objectId;
  draft.ask(std::move(question));
}

void eventCame(Draft& draft, const EventCame& came) {
  News news{ConfirmedBy::Webhook, {{"eventId", came.event.id}, {"type", came.event.type}}, came.inbox};
  if (auto question = questionFor(draft.saga, came.event, std::move(news))) draft.ask(std::move(*question));
}

struct Dispatch {
  Draft& draft;
  void operator()(const Continue&) { move(draft); }
  void operator()(const Look&) { look(draft); }
  void operator()(const EventCame& input) { eventCame(draft, input); }
  void operator()(const PaymentAnswer& input) { paymentAnswered(draft, input); }
  void operator()(const ReversalsAnswer& input) { reversalsAnswered(draft, input); }
  void operator()(const PayerAnswer& input) { payerAnswered(draft, input); }
  void operator()(const CallEnded& input) { callEnded(draft, input); }
  void operator()(const CallFound& input) { callFound(draft, input); }
  template <class Command>
  void operator()(const Command& input) {
    command(draft, input);
  }
};

}  // namespace

Error naming(const Saga& saga, Error error) {
  if (!error.details.is_object()) error.details = Json::object();
  error.details["sagaId"] = saga.id.value;
  return error;
}

Error paymentTimeout() {
  return Error(ErrorCode::SagaTimeout,
               "The payment was not made in time, so the checkout was ended and its stock released. Nothing "
               "was charged.");
}

Error unknownHere() {
  return Error(ErrorCode::InvalidState,
               "The payment provider has a payment of this checkout that is not known here; the merchant is "
               "told. Do not pay again.");
}

void move(Draft& draft) {
  if (draft.saga.call) return resolveCall(draft);
  switch (draft.saga.status) {
    case SagaStatus::Pending:
      if (draft.now() - draft.saga.updatedAt >= kPendingLifetime)
        turnBack(draft, paymentTimeout(), "nobody paid for it");
      else
        payOwed(draft);
      break;
    case SagaStatus::InProgress:
      doStep(draft);
      break;
    case SagaStatus::PaymentPending:
      followPayment(draft);
      break;
    case SagaStatus::Compensating:
      undoNext(draft);
      break;
    case SagaStatus::Completed:
    case SagaStatus::Compensated:
    case SagaStatus::Failed:
      afterEnd(draft);
      break;
  }
  replayParked(draft);
}

void completeStep(Draft& draft, StepName step, Json data) {
  Saga& saga = draft.saga;
  saga.stepFailures = 0;
  saga.retryAt.reset();
  saga.movedAt = draft.now();
  saga.completedSteps.push_back(step);
  const Step* next = nextStep(saga);
  saga.currentStep = next == nullptr ? std::nullopt : std::optional(next->name);
  if (next == nullptr) saga.status = SagaStatus::Completed;
  if (next == nullptr) followLedger(draft);
  draft.record(next == nullptr ? HistoryType::Completed : HistoryType::StepCompleted, std::move(data));
}

void stepUndone(Draft& draft, StepName step) {
  draft.saga.compensation.steps.push_back(step);
  draft.saga.compensation.failures = 0;
  draft.saga.movedAt = draft.now();
  draft.record(HistoryType::StepUndone, stepData(step));
}

void turnBack(Draft& draft, std::optional<Error> why, std::string reason) {
  Saga& saga = draft.saga;
  Json data = {{"reason", reason}};
  if (why) data["error"] = toString(why->code);
  saga.status = SagaStatus::Compensating;
  saga.compensation = {};
  saga.compensation.reason = std::move(reason);
  saga.compensation.cancelled = !why.has_value();
  saga.error = std::move(why);
  saga.replacing.reset();
  saga.stepFailures = 0;
  if (!saga.call) saga.retryAt.reset();
  saga.movedAt = draft.now();
  draft.record(HistoryType::CompensationStarted, std::move(data));
}

Decision decide(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                const Actor& actor) {
  Draft draft(saga, facts, setting, actor);
  std::visit(Dispatch{draft}, input);
  Decision& decision = draft.decision;
  if (!decision.transitions.empty() && decision.next == Decision::Next::Rest)
    decision.next = Decision::Next::Continue;
  return std::move(decision);
}

bool needsApproval(const Tenant& tenant, const Money& total) {
  const auto& threshold = tenant.policies.approvalThreshold;
  return threshold && total.amount > *threshold;
}

bool isPayableDirectly(const Saga& saga, const std::string& paymentMethodId) {
  // It is tried again later, with the method of before.
  const bool waitsWithAnother = saga.status == SagaStatus::InProgress && !saga.call &&
                                !isCompleted(saga, StepName::ProcessPayment) &&
                                isPaymentUndone(saga.payment) && saga.paymentMethodId != paymentMethodId;
  return saga.status == SagaStatus::Pending || waitsWithAnother ||
         (saga.status == SagaStatus::PaymentPending && isPayable(saga.payment) &&
          !isBeingAuthenticated(saga, paymentMethodId));
}

bool isBeingAuthenticated(const Saga& saga, const std::string& paymentMethodId) {
  return saga.status == SagaStatus::PaymentPending && !saga.payment.sessionId && !saga.replacing &&
         saga.payment.state == PaymentState::RequiresAction && saga.paymentMethodId == paymentMethodId;
}

Error invalidState(const Saga& saga, const std::string& wanted) {
  Error error(ErrorCode::InvalidState,
              "The checkout is " + std::string(toString(saga.status)) + ", so it can't " + wanted + ".",
              {{"sagaId", saga.id.value}, {"status", toString(saga.status)}});
  error.nextAction = nextActionFor(saga);
  return error;
}

Error outcomeUnknown(const Saga& saga) {
  return Error(ErrorCode::PaymentOutcomeUnknown,
               "The payment provider has not answered, so it is not known yet whether the request took "
               "effect. It is being looked up. Do not pay again.",
               {{"sagaId", saga.id.value}})
      .withNext(NextActionType::Wait, "Call checkout_status with this sagaId in about ten seconds.");
}

Json checkoutDetails(const Saga& saga) {
  Json details = {
      {"sagaId", saga.id.value}, {"status", toString(saga.status)}, {"total", toJson(saga.totals.total)}};
  if (saga.orderId) details["orderId"] = saga.orderId->value;
  details["at"] = toIso8601(saga.updatedAt);
  return details;
}

Error boughtAlready(Error error, const Saga& purchase, const UserId& asker) {
  if (purchase.userId != asker) {  // whose it is may be nobody else's business
    error.message = "Cart \"" + purchase.cartId.value + "\" is empty because its goods were bought at " +
                    toIso8601(purchase.updatedAt) + ", by a call with another userId. Do not buy them again.";
    return std::move(error).withNext(
        NextActionType::None,
        "If that was the same customer, checkout_list with the userId of that call shows the purchase. For "
        "somebody else fill a cart with another cartId.");
  }
  error.message = "Cart \"" + purchase.cartId.value + "\" is empty because its goods were bought: checkout " +
                  purchase.id.value + " of " + toIso8601(purchase.createdAt) +
                  (purchase.orderId ? ", order " + purchase.orderId->value : "") + ", " +
                  display(purchase.totals.total) + ". Do not buy them again.";
  if (!error.details.is_object()) error.details = Json::object();
  error.details["lastCheckout"] = checkoutDetails(purchase);
  return std::move(error).withNext(
      NextActionType::None,
      "The purchase is made; checkout_status with details.lastCheckout.sagaId shows "
      "it. Fill the cart again only if the customer wants more.");
}

std::string goodsOf(const Saga& saga) {
  std::string goods;
  for (const LineItem& item : saga.cart.items)
    goods.append(goods.empty() ? "" : ", ")
        .append(std::to_string(item.quantity))
        .append(" × ")
        .append(item.name);
  return goods;
}

std::string goodsInShort(const Saga& saga) {
  constexpr std::size_t kMostNamed = 3;
  Saga shown = saga;
  if (shown.cart.items.size() > kMostNamed) shown.cart.items.resize(kMostNamed);
  const std::size_t more = saga.cart.items.size() - shown.cart.items.size();
  return goodsOf(shown) + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

Error totalChanged(const Saga& saga) {
  return Error(ErrorCode::TotalChanged,
               "The total is " + display(saga.totals.total) + " for " + goodsOf(saga) +
                   ", not what the customer has agreed to, so this call charged nothing.",
               {{"sagaId", saga.id.value}, {"total", toJson(saga.totals.total)}})
      .withNext(NextActionType::Retry,
                "Show the customer the goods and the total. If they agree, call checkout_pay with it as "
                "expectedTotal, or "
                "checkout_create_payment_session for a payment page.");
}

}  // namespace checkout::saga
