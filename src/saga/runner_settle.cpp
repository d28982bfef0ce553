// Runner: what the provider says about the money, and what follows from it.
#include <algorithm>

#include "base/log.hpp"
#include "saga/payment.hpp"
#include "saga/reversals.hpp"
#include "saga/runner_parts.hpp"
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

constexpr Milliseconds kRefundAgainAfter{60'000};

EventDraft draftOf(std::string type, const News& news) {
  return {std::move(type), news.actor, news.source};
}

bool isOwed(const Saga& saga, const std::string& intentId) {
  return std::any_of(saga.refundsOwed.begin(), saga.refundsOwed.end(),
                     [&](const RefundRequest& owed) { return owed.paymentIntentId == intentId; });
}

}  // namespace

// Nothing new, but a webhook that brought it is part of the history all the same.
Result<void> Runner::merelyRecord(LeaseDesk::Held& held, const News& news) {
  if (!news.record) return {};
  if (news.source.empty()) return store_.write(news.record);
  EventDraft draft = draftOf("event_received", news);
  draft.merelyNoted = true;
  return held.transition(draft, [&](Saga&, Transaction& tx) { return news.record(tx); });
}

// Money on an object that the saga has given up: its page was replaced, and has to have been closed before.
Result<void> Runner::owe(LeaseDesk::Held& held, const PaymentFact& fact, const News& news) {
  EventDraft draft = draftOf("stray_payment", news);
  draft.data["paymentIntentId"] = *fact.paymentIntentId;
  draft.data["amount"] = toJson(fact.amountReceived);
  return held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
    if (news.record) CHECKOUT_TRY(news.record(tx));
    CHECKOUT_TRY(tx.sagas().linkPayment(saga.tenantId, *fact.paymentIntentId, saga.id));
    CHECKOUT_ASSIGN(refunds, tx.ledger().refundsOf(saga.tenantId, saga.id));
    const bool refunded = std::any_of(refunds.begin(), refunds.end(), [&](const RefundEntry& entry) {
      return entry.paymentIntentId == fact.paymentIntentId && isGivenBack(entry.status);
    });
    if (refunded || isOwed(saga, *fact.paymentIntentId)) return {};
    saga.refundsOwed.push_back(
        {*fact.paymentIntentId, fact.amountReceived, "paid on a page that had been replaced", news.actor});
    return resumeLater(tx, saga, clock_.now());
  });
}

Result<void> Runner::settle(LeaseDesk::Held& held, const Tenant& tenant, const PaymentFact& fact,
                            const News& news) {
  CHECKOUT_TRY(checkBelongs(held.saga(), tenant, fact));
  if (isStray(held.saga(), fact)) {
    CHECKOUT_TRY(owe(held, fact, news));
    return goOn(held, tenant, news.actor);
  }
  if (!isNews(held.saga(), fact)) {
    CHECKOUT_TRY(merelyRecord(held, news));
    return goOn(held, tenant, news.actor);
  }
  EventDraft draft = draftOf("payment_" + std::string(toString(fact.state)), news);
  draft.data["amount"] = toJson(fact.state == PaymentState::Paid ? fact.amountReceived : fact.amount);
  if (fact.sessionId) draft.data["sessionId"] = *fact.sessionId;
  if (fact.paymentIntentId) draft.data["paymentIntentId"] = *fact.paymentIntentId;
  if (fact.requestId) draft.data["requestId"] = *fact.requestId;
  CHECKOUT_TRY(held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
    if (news.record) CHECKOUT_TRY(news.record(tx));
    CHECKOUT_TRY(recordFact(saga, tx, fact, news.way));
    const bool late = saga.status == SagaStatus::Compensated && fact.state == PaymentState::Paid;
    if (late && tenant.policies.latePayment == LatePaymentPolicy::Honour) {
      saga.status = SagaStatus::InProgress;
      saga.completedSteps = {StepName::ValidateCart};
      saga.currentStep = StepName::ReserveInventory;
      saga.compensation = {};
      saga.error.reset();
    }
    if (saga.status == SagaStatus::PaymentPending && fact.state == PaymentState::Paid)
      saga.status = SagaStatus::InProgress;
    if (saga.status == SagaStatus::PaymentPending) return rest(tx, saga, clock_.now());
    CHECKOUT_TRY(tx.timers().clear(saga.tenantId, saga.id, TimerKind::PaymentCheck));
    return resumeLater(tx, saga, clock_.now());
  }));
  return goOn(held, tenant, news.actor);
}

Result<void> Runner::settleReversals(LeaseDesk::Held& held, const Tenant& tenant, const std::string& intentId,
                                     const Reversals& reversals, const News& news) {
  EventDraft draft = draftOf("reversals_recorded", news);
  draft.data["paymentIntentId"] = intentId;
  for (const RefundFact& refund : reversals.refunds)
    draft.data["refunds"].push_back(
        {{"refundId", refund.refundId}, {"amount", toJson(refund.amount)}, {"status", refund.status}});
  for (const DisputeFact& dispute : reversals.disputes)
    draft.data["disputes"].push_back(
        {{"disputeId", dispute.disputeId}, {"amount", toJson(dispute.amount)}, {"status", dispute.status}});
  CHECKOUT_TRY(held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
    if (news.record) CHECKOUT_TRY(news.record(tx));
    const bool wasRefunded = saga.payment.state == PaymentState::Refunded;
    CHECKOUT_ASSIGN(isNew, recordReversals(saga, tx, intentId, reversals, clock_.now()));
    if (!isNew) draft.type = "event_received";
    draft.merelyNoted = !isNew;
    if (saga.payment.state == PaymentState::Refunded) saga.compensation.failure.reset();
    // The bank has sent back a refund that this checkout owes.
    const bool owesAgain =
        wasRefunded && saga.payment.state == PaymentState::Paid && saga.status != SagaStatus::Completed;
    if (!owesAgain) return {};
    saga.compensation.failure =
        Error(ErrorCode::PaymentServiceError, "The bank of the customer sent the refund back.");
    return resumeLater(tx, saga, clock_.now(), undoPause(++saga.compensation.failures));
  }));
  if (held.saga().compensation.failure) return {};  // not again at once
  return goOn(held, tenant, news.actor);
}

Result<void> Runner::payOwedRefunds(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor) {
  while (!held.saga().refundsOwed.empty()) {
    const auto plan = [&](const Saga& saga) -> std::optional<GatewayCall> {
      const RefundRequest& owed = saga.refundsOwed.front();
      return gateway_.planRefund(tenant, saga.id, owed.paymentIntentId, owed.amount,
                                 callKey(saga, GatewayOperation::Refund));
    };
    CHECKOUT_ASSIGN(performed, call(
                                   held, tenant, actor, [](Saga& saga) { ++saga.payment.attempt; }, plan,
                                   [&](const Saga&, const GatewayCall& planned) {
                                     return gateway_.execute(tenant, planned);
                                   }));
    std::optional<Error> refused;
    EventDraft draft{"refunded", actor};
    CHECKOUT_TRY(held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
      CHECKOUT_TRY(finishCall(tx, saga, performed));
      saga.payment.outcomeUnknown = false;
      const RefundRequest owed = saga.refundsOwed.front();
      draft.data = {
          {"amount", toJson(owed.amount)}, {"reason", owed.reason}, {"requestedBy", owed.requestedBy}};
      if (const auto& refund = performed.outcome.refund) {
        draft.data["refundId"] = refund->refundId;
        CHECKOUT_TRY(recordRefund(saga, tx, *refund, clock_.now()));
        if (!isGivenBack(refund->status))
          refused = Error(ErrorCode::PaymentServiceError,
                          "The refund " + refund->refundId + " was refused by the bank.");
      } else {
        refused = performed.outcome.error;
      }
      if (refused) {
        draft.type = "refund_failed";
        draft.data["error"] = toJson(*refused);
      }
      const bool again = performed.outcome.temporary;
      if (!again) saga.refundsOwed.erase(saga.refundsOwed.begin());
      if (again) return resumeLater(tx, saga, clock_.now(), kRefundAgainAfter);
      return isTerminal(saga.status) ? rest(tx, saga, clock_.now()) : Result<void>{};
    }));
    if (refused) return *refused;
  }
  return {};
}

Result<void> Runner::goOn(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor) {
  const PaymentState payment = held.saga().payment.state;
  Result<void> moved;
  switch (held.saga().status) {
    case SagaStatus::InProgress:
      moved = advance(held, tenant, actor);
      break;
    case SagaStatus::Compensating:
      moved = undoAll(held, tenant, actor);
      break;
    case SagaStatus::PaymentPending:
      if (payment == PaymentState::Expired || payment == PaymentState::Canceled)
        moved = compensate(held, tenant, held.saga().payment.lastError.value_or(paymentTimeout()),
                           "payment " + std::string(toString(payment)), actor);
      break;
    case SagaStatus::Compensated:
    case SagaStatus::Failed:
      // Money that came after the end, and is not honoured, goes back.
      if (payment != PaymentState::Paid) break;
      if (owesMoneyBack(held.saga())) CHECKOUT_TRY(undoStep(held, tenant, processPayment(), actor));
      moved = store_.write([&](Transaction& tx) { return rest(tx, held.saga(), clock_.now()); });
      break;
    default:
      break;
  }
  CHECKOUT_TRY(moved);
  return payOwedRefunds(held, tenant, actor);
}

}  // namespace checkout::saga
