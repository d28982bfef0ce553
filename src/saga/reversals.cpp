#include "saga/reversals.hpp"

#include <algorithm>

#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

// A lost one has taken the money out of the account.
bool needsSomebody(const DisputeEntry& dispute) {
  return dispute.status == "needs_response" || dispute.status == "warning_needs_response" ||
         dispute.status == "lost";
}

struct Attention {
  std::string about, text;
};

bool isSettled(const Draft& draft, const std::string& about) {
  const auto& settled = draft.saga.attentionSettled;
  return std::find(settled.begin(), settled.end(), about) != settled.end();
}

// The others are of payments that were given up, which are refunded by themselves.
bool isOfOrder(const Draft& draft, const RefundEntry& refund) {
  return refund.paymentIntentId == draft.saga.payment.paymentIntentId;
}

}  // namespace

const RefundEntry* madeAgain(const Draft& draft, const RefundEntry& failed) {
  const auto later = std::find_if(draft.refunds.begin(), draft.refunds.end(), [&](const RefundEntry& refund) {
    return refund.paymentIntentId == failed.paymentIntentId && refund.refundId != failed.refundId &&
           refund.createdAt >= failed.createdAt && refund.amount.amount >= failed.amount.amount &&
           isGivenBack(refund.status);
  });
  return later == draft.refunds.end() ? nullptr : &*later;
}

namespace {

// What only a person can settle. A refund that fails weeks after it was made is no failed undo: the order
// stands, and somebody has promised the customer money.
std::optional<Attention> attentionFor(const Draft& draft) {
  for (const DisputeEntry& dispute : draft.disputes) {
    const std::string about = dispute.disputeId + " " + dispute.status;
    if (!needsSomebody(dispute) || isSettled(draft, about)) continue;
    const std::string what = display(dispute.amount) + " (" + dispute.reason + ", " + dispute.disputeId + ")";
    return dispute.status == "lost"
               ? Attention{about, "the dispute of " + what +
                                      " is lost: the customer's bank has taken the money back"}
               : Attention{about,
                           "the customer's bank disputes " + what + ": answer it at the payment provider"};
  }
  for (const std::string& intentId : draft.saga.foreignPayments)
    return Attention{
        intentId, "the payment provider has a " +
                      std::string(isCallKey(intentId) ? "request with the idempotency key " : "payment ") +
                      intentId +
                      " of this checkout that this store knows nothing of (was it restored from a backup, or "
                      "is it a copy?): see whether it was delivered, else give it back there"};
  for (const UnknownPayment& unknown : draft.saga.unknownPayments)
    return Attention{unknown.objectId,
                     "the payment provider does not know " + unknown.objectId +
                         " under the shop's key (is it another account's?): look there whether it was paid, "
                         "and give the money back"};
  if (draft.saga.status != SagaStatus::Completed) return std::nullopt;  // its undo sees to it
  for (const RefundEntry& refund : draft.refunds) {
    if (!isOfOrder(draft, refund) || isGivenBack(refund.status) || isSettled(draft, refund.refundId))
      continue;
    const std::string what =
        "the refund " + refund.refundId + " of " + display(refund.amount) +
        (refund.status == "failed" ? " failed at the customer's bank: " : " was cancelled: ");
    const RefundEntry* later = madeAgain(draft, refund);
    return Attention{refund.refundId, later == nullptr
                                          ? what + "refund again, or pay the customer in another way"
                                          : what + later->refundId +
                                                " of as much was made since. If that makes up for it, "
                                                "resolve it; else refund again"};
  }
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
    if (isOfOrder(draft, entry) && isGivenBack(entry.status))
      order.refunds.push_back({entry.refundId, entry.amount, entry.createdAt});
  if (draft.saga.payment.state == PaymentState::Refunded)
    order.status = OrderStatus::Refunded;
  else if (order.status == OrderStatus::Refunded)  // a refund that the bank sent back
    order.status =
        draft.saga.status == SagaStatus::Completed ? OrderStatus::Confirmed : OrderStatus::Cancelled;
  draft.saveOrder();
}

}  // namespace

bool isGivenBack(const std::string& refundStatus) {
  return refundStatus != "failed" && refundStatus != "canceled";
}

bool addRefund(Draft& draft, const std::string& intentId, const RefundFact& refund) {
  const auto known = std::find_if(draft.refunds.begin(), draft.refunds.end(),
                                  [&](const auto& entry) { return entry.refundId == refund.refundId; });
  const bool isNew = known == draft.refunds.end();
  if (!isNew && known->status == refund.status && known->amount == refund.amount) return false;
  // Nothing comes after these. Who says otherwise repeats what was true once: an answer kept under a key.
  if (!isNew && !isGivenBack(known->status)) return false;
  RefundEntry entry{draft.saga.tenantId,
                    refund.refundId,
                    draft.saga.id,
                    intentId,
                    refund.amount,
                    refund.status,
                    refund.createdAt.value_or(draft.now()),
                    draft.now()};
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
  const std::int64_t settled = payment.settledElsewhere ? payment.settledElsewhere->amount : 0;
  return {payment.amountPaid->amount - settled - standing(refunds, *payment.paymentIntentId),
          payment.amountPaid->currency};
}

Money refundable(const Draft& draft) {
  return refundable(draft.saga, draft.refunds);
}

bool stands(const Draft& draft, const RefundFact& refund) {
  const auto known = std::find_if(draft.refunds.begin(), draft.refunds.end(),
                                  [&](const auto& entry) { return entry.refundId == refund.refundId; });
  return isGivenBack(known == draft.refunds.end() ? refund.status : known->status);
}

namespace {

// A refund of a payment that was given up has failed, and nothing has made up for it.
void oweFailedStrays(Draft& draft) {
  Saga& saga = draft.saga;
  for (const StrayPayment& stray : saga.strayPayments) {
    const bool failed =
        std::any_of(draft.refunds.begin(), draft.refunds.end(), [&](const RefundEntry& refund) {
          return refund.paymentIntentId == stray.paymentIntentId && !isGivenBack(refund.status);
        });
    const bool owed = std::any_of(saga.refundsOwed.begin(), saga.refundsOwed.end(), [&](const auto& request) {
      return request.paymentIntentId == stray.paymentIntentId;
    });
    if (!failed || owed || givenBack(draft, stray.paymentIntentId) >= stray.received.amount) continue;
    saga.refundsOwed.push_back({stray.paymentIntentId, stray.received,
                                "the customer's bank sent the refund back", toString(draft.actor), false, 0,
                                std::nullopt, std::nullopt});
  }
}

}  // namespace

void followLedger(Draft& draft) {
  Payment& payment = draft.saga.payment;
  const bool paid = payment.amountPaid && payment.amountPaid->amount > 0;
  const bool all = paid && payment.paymentIntentId && refundable(draft).amount <= 0;
  if (all && payment.state == PaymentState::Paid) payment.state = PaymentState::Refunded;
  if (!all && payment.state == PaymentState::Refunded) payment.state = PaymentState::Paid;
  oweFailedStrays(draft);
  const auto attention = attentionFor(draft);
  draft.saga.attention = attention ? std::optional(attention->text) : std::nullopt;
  draft.saga.attentionAbout = attention ? attention->about : "";
  followInOrder(draft);
}

}  // namespace checkout::saga
