#include "saga/reversals.hpp"

#include <algorithm>

#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

bool isOpenDispute(const DisputeEntry& dispute) {
  return dispute.status == "needs_response" || dispute.status == "warning_needs_response";
}

bool isSettled(const Draft& draft, TimePoint knownSince) {
  return draft.saga.attentionSettledAt && knownSince <= *draft.saga.attentionSettledAt;
}

const DisputeEntry* openDispute(const Draft& draft) {
  for (const DisputeEntry& dispute : draft.disputes)
    if (isOpenDispute(dispute) && !isSettled(draft, dispute.updatedAt)) return &dispute;
  return nullptr;
}

// What only a person can settle. A refund that fails weeks after it was made is no failed undo: the order
// stands, and somebody has promised the customer money.
std::optional<std::string> attentionFor(const Draft& draft) {
  if (const DisputeEntry* dispute = openDispute(draft))
    return "the customer's bank disputes " + display(dispute->amount) + " (" + dispute->reason +
           "): answer it at the payment provider";
  if (draft.saga.status != SagaStatus::Completed) return std::nullopt;  // its undo sees to it
  for (const RefundEntry& refund : draft.refunds)
    if (refund.status == "failed" && !isSettled(draft, refund.updatedAt))
      return "the refund " + refund.refundId + " of " + display(refund.amount) +
             " failed at the customer's bank: refund again, or pay the customer in another way";
  return std::nullopt;
}

std::int64_t standing(const std::vector<RefundEntry>& refunds, const std::string& intentId) {
  std::int64_t sum = 0;
  for (const RefundEntry& entry : refunds)
    if (entry.paymentIntentId == intentId && isGivenBack(entry.status)) sum += entry.amount.amount;
  return sum;
}

void followInOrder(Draft& draft) {
  if (!draft.order) return;
  Order& order = *draft.order;
  order.refunds.clear();
  for (const RefundEntry& entry : draft.refunds)
    if (isGivenBack(entry.status)) order.refunds.push_back({entry.refundId, entry.amount, entry.createdAt});
  if (draft.saga.payment.state == PaymentState::Refunded)
    order.status = OrderStatus::Refunded;
  else if (order.status == OrderStatus::Refunded)  // a refund that the bank sent back
    order.status =
        draft.saga.status == SagaStatus::Completed ? OrderStatus::Confirmed : OrderStatus::Cancelled;
  draft.saveOrder();
}

}  // namespace

bool isGivenBack(const std::string& refundStatus) {
  return refundStatus == "succeeded" || refundStatus == "pending" || refundStatus == "requires_action";
}

bool addRefund(Draft& draft, const std::string& intentId, const RefundFact& refund) {
  const auto known = std::find_if(draft.refunds.begin(), draft.refunds.end(),
                                  [&](const auto& entry) { return entry.refundId == refund.refundId; });
  const bool isNew = known == draft.refunds.end();
  if (!isNew && known->status == refund.status && known->amount == refund.amount) return false;
  RefundEntry entry{draft.saga.tenantId, refund.refundId, draft.saga.id, intentId,
                    refund.amount,       refund.status,   draft.now(),   draft.now()};
  if (isNew) {
    draft.refunds.push_back(entry);
  } else {
    entry.createdAt = known->createdAt;
    *known = entry;
  }
  draft.effect(std::move(entry));
  return true;
}

bool addReversals(Draft& draft, const std::string& intentId, const Reversals& reversals) {
  bool news = false;
  for (const RefundFact& refund : reversals.refunds) news = addRefund(draft, intentId, refund) || news;
  for (const DisputeFact& dispute : reversals.disputes) {
    const auto known = std::find_if(draft.disputes.begin(), draft.disputes.end(),
                                    [&](const auto& entry) { return entry.disputeId == dispute.disputeId; });
    const bool isNew = known == draft.disputes.end();
    if (!isNew && known->status == dispute.status && known->amount == dispute.amount) continue;
    DisputeEntry entry{draft.saga.tenantId, dispute.disputeId, draft.saga.id, intentId,   dispute.amount,
                       dispute.status,      dispute.reason,    draft.now(),   draft.now()};
    if (isNew) {
      draft.disputes.push_back(entry);
    } else {
      entry.createdAt = known->createdAt;
      *known = entry;
    }
    draft.effect(std::move(entry));
    news = true;
  }
  return news;
}

std::int64_t givenBack(const Draft& draft, const std::string& intentId) {
  return standing(draft.refunds, intentId);
}

Money refundable(const Saga& saga, const std::vector<RefundEntry>& refunds) {
  const Payment& payment = saga.payment;
  if (!payment.amountPaid || !payment.paymentIntentId) return {0, saga.totals.total.currency};
  return {payment.amountPaid->amount - standing(refunds, *payment.paymentIntentId),
          payment.amountPaid->currency};
}

Money refundable(const Draft& draft) {
  return refundable(draft.saga, draft.refunds);
}

void followLedger(Draft& draft) {
  Payment& payment = draft.saga.payment;
  const bool paid = payment.amountPaid && payment.amountPaid->amount > 0;
  const bool all = paid && payment.paymentIntentId && refundable(draft).amount <= 0;
  if (all && payment.state == PaymentState::Paid) payment.state = PaymentState::Refunded;
  if (!all && payment.state == PaymentState::Refunded) payment.state = PaymentState::Paid;
  draft.saga.attention = attentionFor(draft);
  followInOrder(draft);
}

}  // namespace checkout::saga
