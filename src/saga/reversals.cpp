#include "saga/reversals.hpp"

namespace checkout::saga {
namespace {

Result<std::int64_t> givenBack(const Saga& saga, Transaction& tx) {
  CHECKOUT_ASSIGN(entries, tx.ledger().refundsOf(saga.tenantId, saga.id));
  std::int64_t sum = 0;
  for (const RefundEntry& entry : entries)
    if (entry.paymentIntentId == saga.payment.paymentIntentId && isGivenBack(entry.status))
      sum += entry.amount.amount;
  return sum;
}

Result<void> followInOrder(const Saga& saga, Transaction& tx, TimePoint now) {
  if (!saga.orderId) return {};
  CHECKOUT_ASSIGN(order, tx.orders().find(saga.tenantId, *saga.orderId));
  if (!order) return Error(ErrorCode::Internal, "the order of a checkout is missing");
  CHECKOUT_ASSIGN(entries, tx.ledger().refundsOf(saga.tenantId, saga.id));
  order->refunds.clear();
  for (const RefundEntry& entry : entries)
    if (isGivenBack(entry.status)) order->refunds.push_back({entry.refundId, entry.amount, entry.createdAt});
  if (saga.payment.state == PaymentState::Refunded)
    order->status = OrderStatus::Refunded;
  else if (order->status == OrderStatus::Refunded)  // a refund that the bank sent back
    order->status = saga.status == SagaStatus::Completed ? OrderStatus::Confirmed : OrderStatus::Cancelled;
  order->updatedAt = now;
  return tx.orders().save(*order);
}

Result<void> followLedger(Saga& saga, Transaction& tx, TimePoint now) {
  CHECKOUT_ASSIGN(gone, givenBack(saga, tx));
  const bool all = saga.payment.amountPaid && gone >= saga.payment.amountPaid->amount;
  if (all && saga.payment.state == PaymentState::Paid) saga.payment.state = PaymentState::Refunded;
  if (!all && saga.payment.state == PaymentState::Refunded) saga.payment.state = PaymentState::Paid;
  return followInOrder(saga, tx, now);
}

Result<bool> putRefund(const Saga& saga, Transaction& tx, const std::string& intentId,
                       const RefundFact& refund, TimePoint now) {
  return tx.ledger().putRefund(
      {saga.tenantId, refund.refundId, saga.id, intentId, refund.amount, refund.status, now, now});
}

}  // namespace

bool isGivenBack(const std::string& refundStatus) {
  return refundStatus == "succeeded" || refundStatus == "pending" || refundStatus == "requires_action";
}

Result<Money> refundable(const Saga& saga, Transaction& tx) {
  CHECKOUT_ASSIGN(gone, givenBack(saga, tx));
  const Money paid = saga.payment.amountPaid.value_or(Money{0, saga.totals.total.currency});
  return Money{paid.amount - gone, paid.currency};
}

Result<bool> recordRefund(Saga& saga, Transaction& tx, const RefundFact& refund, TimePoint now) {
  const auto& intentId = refund.paymentIntentId ? refund.paymentIntentId : saga.payment.paymentIntentId;
  CHECKOUT_ASSIGN(isNew, putRefund(saga, tx, intentId.value_or(""), refund, now));
  // Also for one that an event brought first: it may have come before the payment itself was known.
  CHECKOUT_TRY(followLedger(saga, tx, now));
  return isNew;
}

Result<bool> recordReversals(Saga& saga, Transaction& tx, const std::string& intentId,
                             const Reversals& reversals, TimePoint now) {
  bool news = false;
  for (const RefundFact& refund : reversals.refunds) {
    CHECKOUT_ASSIGN(isNew, putRefund(saga, tx, intentId, refund, now));
    news = news || isNew;
  }
  for (const DisputeFact& dispute : reversals.disputes) {
    CHECKOUT_ASSIGN(
        isNew, tx.ledger().putDispute({saga.tenantId, dispute.disputeId, saga.id, intentId, dispute.amount,
                                       dispute.status, dispute.reason, now, now}));
    news = news || isNew;
  }
  if (news) CHECKOUT_TRY(followLedger(saga, tx, now));
  return news;
}

}  // namespace checkout::saga
