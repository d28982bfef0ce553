#include "model/by_hand.hpp"

#include <algorithm>

#include "saga/machine.hpp"
#include "saga/reversals.hpp"

namespace checkout::model {
namespace {

// What the ledger says of a payment: what an operator sees of it.
std::int64_t refundedByTheLedger(const World& world, const std::string& intent) {
  std::int64_t sum = 0;
  for (const auto& [key, entry] : *world.store.refunds)
    if (entry.paymentIntentId == intent && entry.status != "failed") sum += entry.amount.amount;
  return sum;
}

bool hasRefundOf(const ModelStripe& stripe, const std::string& key) {
  return std::any_of(stripe.refunds().begin(), stripe.refunds().end(),
                     [&](const ModelStripe::Refund& refund) { return refund.key == key; });
}

// A refund that failed, and that somebody has made again since.
bool wasMadeAgain(const World& world, const RefundEntry& failed) {
  return std::any_of(world.store.refunds->begin(), world.store.refunds->end(), [&](const auto& row) {
    const RefundEntry& later = row.second;
    return later.paymentIntentId == failed.paymentIntentId && later.createdAt > failed.createdAt &&
           later.amount.amount >= failed.amount.amount && saga::isGivenBack(later.status);
  });
}

}  // namespace

std::int64_t leftByTheLedger(const World& world, const Saga& saga) {
  const Payment& payment = saga.payment;
  if (!payment.amountPaid || !payment.paymentIntentId) return 0;
  const std::int64_t settled = payment.settledElsewhere ? payment.settledElsewhere->amount : 0;
  return payment.amountPaid->amount - settled - refundedByTheLedger(world, *payment.paymentIntentId);
}

// An operator who calls something settled has settled it. What the checkout knows to owe is paid by hand; of
// anything else nobody is left with money or an open payment at Stripe. Where a bank asks, it is to accept
// the dispute.
void settleByHand(World& world, const Saga& saga) {
  ModelStripe& stripe = world.stripe;
  if (!saga::whyStuck(saga, world.serverNow())) return;  // nobody is shown anything
  const auto pay = [&](const std::string& intent, std::int64_t amount) {
    if (amount > 0) world.byHand[intent] += amount;
  };
  if (saga.attention) {
    world.settled.push_back(saga.attentionAbout);
    // A payment that the store knows nothing of stays if its goods were delivered.
    const bool isSold =
        std::find(world.sold.begin(), world.sold.end(), saga.attentionAbout) != world.sold.end();
    const bool isForeign = std::find(saga.foreignPayments.begin(), saga.foreignPayments.end(),
                                     saga.attentionAbout) != saga.foreignPayments.end();
    if (isForeign && !isSold) stripe.refundAtDashboard(saga.attentionAbout, std::nullopt, world.now);
    for (const auto& [key, entry] : *world.store.refunds)
      if (entry.refundId == saga.attentionAbout && !wasMadeAgain(world, entry))
        pay(entry.paymentIntentId, std::min(entry.amount.amount, leftByTheLedger(world, saga)));
    return;
  }
  const bool isOwed =
      !saga.refundsOwed.empty() && (saga.call ? saga.call->owedRefund : !saga.compensation.failure);
  if (isOwed) {
    const RefundRequest& owed = saga.refundsOwed.front();
    const std::string& intent = owed.paymentIntentId;
    if (!owed.byOperator) {
      pay(intent, owed.amount.amount - refundedByTheLedger(world, intent));
    } else if (!saga.call || !hasRefundOf(stripe, saga.call->idempotencyKey)) {
      pay(intent, owed.amount.amount);
      world.refundsAsked -= owed.amount.amount;
    }
    return;
  }
  for (const ModelStripe::Session& session : std::vector(stripe.sessions()))
    if (session.saga == saga.id) stripe.expireAtDashboard(session.id, world.now);
  for (const ModelStripe::Intent& intent : std::vector(stripe.intents())) {
    const bool isCurrent = !saga.payment.paymentIntentId || saga.payment.paymentIntentId == intent.id;
    if (intent.saga != saga.id || !isCurrent || saga.status == SagaStatus::Completed) continue;
    for (const ModelStripe::Dispute& dispute : std::vector(stripe.disputes()))
      if (dispute.intent == intent.id) stripe.closeDispute(dispute.id, false, world.now);
    if (saga.payment.state == PaymentState::Paid) {
      pay(intent.id, leftByTheLedger(world, saga));
    } else {
      stripe.cancelAtDashboard(intent.id, world.now);
      stripe.refundAtDashboard(intent.id, std::nullopt, world.now);
    }
  }
}

}  // namespace checkout::model
