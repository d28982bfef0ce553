// The machine: what the provider says of payments, refunds and disputes when it is asked.
#include <algorithm>
#include <utility>

#include "saga/draft.hpp"
#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/reversals.hpp"
#include "saga/steps.hpp"

namespace checkout::saga {
namespace {

Json sourced(const Question& question) {
  return question.news.source;
}

// Nothing new, but a webhook that brought it is part of the history all the same.
void merelyNote(Draft& draft, const Question& question) {
  if (!question.news.inbox) return;
  draft.keep(question.news);
  draft.note(sourced(question));
}

// The provider knows the payment again, which took no money.
void foundAgain(Draft& draft, const Question& question) {
  Json data = sourced(question);
  data["objectId"] = question.objectId;
  draft.keep(question.news);
  draft.record(HistoryType::PaymentFoundAgain, std::move(data));
}

// Money on an object that the checkout has given up: its page was replaced, and has to have been closed
// before.
void oweStrayPayment(Draft& draft, const PaymentFact& fact, const Question& question) {
  Saga& saga = draft.saga;
  const std::string intentId = *fact.paymentIntentId;
  const bool isOwed = std::any_of(saga.refundsOwed.begin(), saga.refundsOwed.end(),
                                  [&](const auto& owed) { return owed.paymentIntentId == intentId; });
  const auto known = std::find_if(saga.strayPayments.begin(), saga.strayPayments.end(),
                                  [&](const auto& stray) { return stray.paymentIntentId == intentId; });
  const Money received = known == saga.strayPayments.end() ? fact.amountReceived : known->received;
  if (isOwed || received.amount <= givenBack(draft, intentId)) return merelyNote(draft, question);
  draft.keep(question.news);
  draft.effect(LinkPayment{intentId});
  saga.refundsOwed.push_back({intentId, received, "paid on a page that had been replaced",
                              toString(draft.actor), false, 0, std::nullopt, std::nullopt});
  if (known == saga.strayPayments.end()) saga.strayPayments.push_back({intentId, received});
  Json data = sourced(question);
  data["paymentIntentId"] = intentId;
  data["amount"] = toJson(fact.amountReceived);
  draft.record(HistoryType::StrayPayment, std::move(data));
}

// Money for an attempt that this store does not know: its process, or a later state of this store, took it.
// Who gave it back, or sold for it once more, would do so beside them.
void noteForeignPayment(Draft& draft, const PaymentFact& fact, const Question& question) {
  Saga& saga = draft.saga;
  const std::string& intentId = *fact.paymentIntentId;
  const auto isIn = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), intentId) != list.end();
  };
  if (isIn(saga.foreignPayments) || isIn(saga.attentionSettled)) return merelyNote(draft, question);
  draft.keep(question.news);
  draft.effect(LinkPayment{intentId});
  std::erase_if(saga.foreignPayments, isCallKey);  // this is what came of it
  saga.foreignPayments.push_back(intentId);
  followLedger(draft);
  Json data = sourced(question);
  data["paymentIntentId"] = intentId;
  data["amount"] = toJson(fact.amountReceived);
  draft.record(HistoryType::ForeignPayment, std::move(data));
  const bool isUnpaid = !isTerminal(saga.status) && saga.status != SagaStatus::Compensating &&
                        saga.payment.state != PaymentState::Paid;
  if (isUnpaid) turnBack(draft, unknownHere(), "a payment is known to the provider and not here");
}

// The answer of our own call came in another way.
void finishByFact(Draft& draft, const PaymentFact& fact) {
  if (!draft.saga.call) return;
  const GatewayOperation operation = draft.saga.call->operation;
  const bool closed = !isPayable(draft.saga.payment);
  if (isCreate(operation) ||
      ((isClose(operation) || operation == GatewayOperation::ConfirmIntent) && closed)) {
    draft.finishCall(CallRecord::State::Succeeded,
                     fact.sessionId.value_or(fact.paymentIntentId.value_or("")));
    draft.saga.retryAt.reset();
  }
}

// The same cart is, or was since, paid for in another checkout: nobody wants it twice.
bool isBoughtOtherwise(const Draft& draft) {
  const auto& last = draft.facts.lastPurchase;
  return draft.facts.rival || (last && last->id != draft.saga.id && last->updatedAt >= draft.saga.createdAt);
}

void honourLatePayment(Saga& saga) {
  saga.status = SagaStatus::InProgress;
  saga.completedSteps = {StepName::ValidateCart};
  saga.currentStep = StepName::ReserveInventory;
  saga.compensation = {};
  saga.error.reset();
  saga.stepFailures = 0;
}

void settle(Draft& draft, const PaymentFact& fact, const Question& question) {
  Saga& saga = draft.saga;
  Json data = sourced(question);
  data["amount"] = toJson(fact.state == PaymentState::Paid ? fact.amountReceived : fact.amount);
  if (fact.sessionId) data["sessionId"] = *fact.sessionId;
  if (fact.paymentIntentId) data["paymentIntentId"] = *fact.paymentIntentId;
  if (fact.requestId) data["requestId"] = *fact.requestId;
  draft.keep(question.news);
  applyFact(draft, fact, question.news.way);
  finishByFact(draft, fact);
  const bool paid = saga.payment.state == PaymentState::Paid;
  // A page of an earlier attempt was paid while the checkout waits to be paid again, or is about to ask for
  // it.
  const std::string& paidFor = saga.payment.cartDigest;
  const bool isUnderWay = saga.status == SagaStatus::InProgress || saga.status == SagaStatus::PaymentPending;
  const bool isOfOtherGoods = isUnderWay && !paidFor.empty() && paidFor != saga.cart.digest;
  if (paid && (saga.status == SagaStatus::Pending || isOfOtherGoods)) {
    const bool isWanted = saga.payment.amountPaid == saga.totals.total &&
                          saga.payment.cartDigest == saga.cart.digest && !isBoughtOtherwise(draft);
    if (!isWanted) {
      draft.recordPayment(std::move(data));
      return turnBack(draft,
                      Error(ErrorCode::PaymentServiceError,
                            "A payment of an earlier attempt came, which is not of this total."),
                      "an earlier attempt was paid");
    }
    honourLatePayment(saga);
  }
  const bool late = saga.status == SagaStatus::Compensated && paid;
  // Who has cancelled does not want the goods any more, whatever the policy.
  if (late && draft.tenant().policies.latePayment == LatePaymentPolicy::Honour &&
      !saga.compensation.cancelled && !isBoughtOtherwise(draft))
    honourLatePayment(saga);
  if (saga.status == SagaStatus::PaymentPending && (paid || saga.payment.state == PaymentState::Processing))
    saga.replacing.reset();
  if (saga.status == SagaStatus::PaymentPending && paid) saga.status = SagaStatus::InProgress;
  if (saga.status == SagaStatus::InProgress && !saga.call && !paid) saga.status = SagaStatus::PaymentPending;
  draft.recordPayment(std::move(data));
}

}  // namespace

void paymentAnswered(Draft& draft, const PaymentAnswer& answer) {
  Question question = answer.question;
  const auto fact = answer.fact ? answer.fact : whatIsOver(draft, question);
  // Until it is known how it ends, money may still come of it.
  const bool isFinal =
      answer.fact && !isPayable(answer.fact->state) && answer.fact->state != PaymentState::Processing;
  const bool isFoundAgain =
      isFinal && std::erase_if(draft.saga.unknownPayments, [&](const UnknownPayment& unknown) {
                   return unknown.objectId == question.objectId;
                 }) > 0;
  if (isFoundAgain) followLedger(draft);
  if (!fact && question.onlyStray) return merelyNote(draft, question);  // it is no payment of this shop
  if (!fact) return draft.answer(noSuchPayment(question));
  if (const auto belongs = checkBelongs(draft.saga, draft.tenant(), *fact); !belongs.ok())
    return draft.answer(belongs.error());
  std::optional<Question> other;
  if (question.alsoIntent && fact->paymentIntentId != question.alsoIntent) {
    other.emplace();
    other->about = Question::About::Intent;
    other->objectId = *question.alsoIntent;
    other->news = question.news;
    other->onlyStray = true;
    // The event is taken in with the last answer, which a crash must not lose.
    question.news = {question.news.way, Json::object(), std::nullopt};
  }
  if (isForeign(draft.saga, *fact))
    noteForeignPayment(draft, *fact, question);
  else if (isStray(draft.saga, *fact))
    oweStrayPayment(draft, *fact, question);
  else if (!question.onlyStray && isNews(draft.saga, *fact))
    settle(draft, *fact, question);
  else if (isFoundAgain)
    foundAgain(draft, question);
  else
    merelyNote(draft, question);
  if (other) draft.ask(std::move(*other));
}

void reversalsAnswered(Draft& draft, const ReversalsAnswer& answer) {
  Saga& saga = draft.saga;
  const std::string& intentId = answer.question.objectId;
  const bool wasRefunded = saga.payment.state == PaymentState::Refunded;
  const bool wasUnread =
      intentId == saga.payment.paymentIntentId && std::exchange(saga.payment.reversalsUnread, false);
  draft.keep(answer.question.news);
  if (!addReversals(draft, intentId, answer.reversals) && !wasUnread) {
    if (answer.question.news.inbox) draft.note(sourced(answer.question));
    return;
  }
  followLedger(draft);
  Json data = sourced(answer.question);
  data["paymentIntentId"] = intentId;
  for (const RefundFact& refund : answer.reversals.refunds)
    data["refunds"].push_back(
        {{"refundId", refund.refundId}, {"amount", toJson(refund.amount)}, {"status", refund.status}});
  for (const DisputeFact& dispute : answer.reversals.disputes)
    data["disputes"].push_back(
        {{"disputeId", dispute.disputeId}, {"amount", toJson(dispute.amount)}, {"status", dispute.status}});
  if (saga.payment.state == PaymentState::Refunded) saga.compensation.failure.reset();
  // The bank has sent back a refund that this checkout owes.
  if (wasRefunded && saga.payment.state == PaymentState::Paid && saga.status != SagaStatus::Completed) {
    saga.compensation.failure =
        Error(ErrorCode::PaymentServiceError, "The bank of the customer sent the refund back.");
    saga.retryAt = draft.now() + undoPause(++saga.compensation.failures);
  }
  draft.record(HistoryType::ReversalsRecorded, std::move(data));
}

}  // namespace checkout::saga
