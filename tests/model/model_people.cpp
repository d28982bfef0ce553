// The model of Stripe: what customers, banks, merchants and the clock do, the events of it, and its print.
#include <algorithm>

#include "model/model_stripe.hpp"

namespace checkout::model {
namespace {

std::string numbered(const char* prefix, std::size_t number) {
  return prefix + std::to_string(number + 1);
}

bool stands(const std::string& refundStatus) {
  return refundStatus == "succeeded" || refundStatus == "pending";
}

}  // namespace

// --- what people do --------------------------------------------------------------------------------------

void ModelStripe::payOnPage(const std::string& id, const std::string& method, TimePoint now) {
  const auto index = findSession(id);
  if (!index || (*sessions_)[*index].status != Session::Status::Open) return;
  const Session session = (*sessions_)[*index];
  if (session.intent.empty()) {
    Intent intent;
    intent.id = numbered("pi_", intents_->size());
    intent.session = session.id;
    intent.tenant = session.tenant;
    intent.saga = session.saga;
    intent.attempt = session.attempt;
    intent.amount = session.amount;
    intent.goods = session.goods;
    intents_.edit().push_back(intent);
    sessions_.edit()[*index].intent = intent.id;
  }
  attempt(*findIntent((*sessions_)[*index].intent), method, now);
}

void ModelStripe::attempt(std::size_t index, const std::string& method, TimePoint now) {
  Intent& intent = intents_.edit()[index];
  intent.byDebit = intent.hasFailed = false;
  if (method == kDeclinedCard) {
    decline(intent, now);
  } else if (method == kCardWithChallenge) {
    intent.state = PaymentState::RequiresAction;
    emitIntent("payment_intent.requires_action", intent, now);
  } else if (method == kDebit) {
    intent.state = PaymentState::Processing;
    intent.byDebit = true;
    if (const auto session = findSession(intent.session)) {
      sessions_.edit()[*session].status = Session::Status::Complete;
      emitSession("checkout.session.completed", (*sessions_)[*session], now);
    } else {
      emitIntent("payment_intent.processing", intent, now);
    }
  } else {
    capture(index, now);
  }
}

void ModelStripe::capture(std::size_t index, TimePoint now) {
  Intent& intent = intents_.edit()[index];
  intent.state = PaymentState::Paid;
  intent.received = intent.amount.amount;
  const auto session = findSession(intent.session);
  if (!session) {
    emitIntent("payment_intent.succeeded", intent, now);
    return;
  }
  const bool wasOpen = (*sessions_)[*session].status == Session::Status::Open;
  sessions_.edit()[*session].status = Session::Status::Complete;
  emitSession(wasOpen ? "checkout.session.completed" : "checkout.session.async_payment_succeeded",
              (*sessions_)[*session], now);
}

void ModelStripe::authenticate(const std::string& id, bool accepted, TimePoint now) {
  const auto index = findIntent(id);
  if (!index || (*intents_)[*index].state != PaymentState::RequiresAction) return;
  if (accepted) {
    capture(*index, now);
    return;
  }
  decline(intents_.edit()[*index], now);
}

void ModelStripe::decline(Intent& intent, TimePoint now) {
  intent.state = PaymentState::Declined;
  intent.hasFailed = true;
  emitIntent("payment_intent.payment_failed", intent, now);
}

void ModelStripe::settleDebit(const std::string& id, bool paid, TimePoint now) {
  const auto index = findIntent(id);
  if (!index || (*intents_)[*index].state != PaymentState::Processing) return;
  if (paid) {
    capture(*index, now);
    return;
  }
  Intent& intent = intents_.edit()[*index];
  intent.state = PaymentState::Declined;
  intent.hasFailed = true;
  const auto session = findSession(intent.session);
  if (session)
    emitSession("checkout.session.async_payment_failed", (*sessions_)[*session], now);
  else
    emitIntent("payment_intent.payment_failed", intent, now);
}

ModelStripe::Refund& ModelStripe::addRefund(const Intent& intent, std::int64_t amount, const std::string& key,
                                            TimePoint now) {
  const std::string status = intent.byDebit ? "pending" : "succeeded";
  auto& all = refunds_.edit();
  all.push_back({numbered("re_", all.size()), intent.id, status, {amount, intent.amount.currency}, key, now});
  emitIntent("charge.refunded", intent, now);
  return all.back();
}

void ModelStripe::settleRefund(const std::string& id, TimePoint now) {
  for (Refund& refund : refunds_.edit()) {
    if (refund.id != id || refund.status != "pending") continue;
    refund.status = "succeeded";
    emitIntent("refund.updated", (*intents_)[*findIntent(refund.intent)], now);
  }
}

void ModelStripe::sendRefundBack(const std::string& id, TimePoint now) {
  for (Refund& refund : refunds_.edit()) {
    if (refund.id != id || !stands(refund.status)) continue;
    refund.status = "failed";
    emitIntent("refund.failed", (*intents_)[*findIntent(refund.intent)], now);
  }
}

void ModelStripe::openDispute(const std::string& id, TimePoint now) {
  const auto index = findIntent(id);
  if (!index || (*intents_)[*index].state != PaymentState::Paid || (*intents_)[*index].disputed) return;
  Intent& intent = intents_.edit()[*index];
  intent.disputed = true;
  auto& all = disputes_.edit();
  all.push_back({numbered("dp_", all.size()), id, "needs_response", intent.amount});
  emitIntent("charge.dispute.created", intent, now);
}

void ModelStripe::closeDispute(const std::string& id, bool won, TimePoint now) {
  for (Dispute& dispute : disputes_.edit()) {
    if (dispute.id != id || dispute.status != "needs_response") continue;
    dispute.status = won ? "won" : "lost";
    emitIntent("charge.dispute.closed", (*intents_)[*findIntent(dispute.intent)], now);
  }
}

void ModelStripe::refundAtDashboard(const std::string& id, std::optional<std::int64_t> amount,
                                    TimePoint now) {
  const auto index = findIntent(id);
  if (!index) return;
  const Intent& intent = (*intents_)[*index];
  const std::int64_t rest = intent.state == PaymentState::Paid ? left(intent) : 0;
  if (rest == 0 || intent.disputed || amount.value_or(rest) > rest) return;
  addRefund(intent, amount.value_or(rest), "", now);
}

void ModelStripe::expireAtDashboard(const std::string& id, TimePoint now) {
  (void)expire(id, now);
}

void ModelStripe::cancelAtDashboard(const std::string& id, TimePoint now) {
  (void)cancel(id, now);
}

void ModelStripe::close(std::size_t index, TimePoint now) {
  Session& session = sessions_.edit()[index];
  session.status = Session::Status::Expired;
  if (const auto intent = findIntent(session.intent)) intents_.edit()[*intent].state = PaymentState::Canceled;
  emitSession("checkout.session.expired", session, now);
}

void ModelStripe::expireOverdue(TimePoint now) {
  for (std::size_t i = 0; i < sessions_->size(); ++i)
    if ((*sessions_)[i].status == Session::Status::Open && (*sessions_)[i].expiresAt <= now) close(i, now);
}

// --- events ----------------------------------------------------------------------------------------------

void ModelStripe::emitSession(const char* type, const Session& session, TimePoint now) {
  PaymentEvent event;
  event.objectId = session.id;
  event.sessionId = session.id;
  if (!session.intent.empty()) event.paymentIntentId = session.intent;
  event.sagaId = session.saga;
  event.type = type;
  event.createdAt = now;
  event.id = numbered("evt_", events_->size());
  event.payload = "{}";
  events_.edit().push_back({std::move(event), Delivery::Pending});
}

void ModelStripe::emitIntent(const char* type, const Intent& intent, TimePoint now) {
  PaymentEvent event;
  event.objectId = intent.id;
  event.paymentIntentId = intent.id;
  event.sagaId = intent.saga;
  event.type = type;
  event.createdAt = now;
  event.id = numbered("evt_", events_->size());
  event.payload = "{}";
  events_.edit().push_back({std::move(event), Delivery::Pending});
}

void ModelStripe::setDelivery(const std::string& id, Delivery delivery) {
  for (Event& event : events_.edit())
    if (event.event.id == id) event.delivery = delivery;
}

std::int64_t ModelStripe::refunded(const std::string& intent) const {
  std::int64_t sum = 0;
  for (const Refund& refund : *refunds_)
    if (refund.intent == intent && stands(refund.status)) sum += refund.amount.amount;
  return sum;
}

bool ModelStripe::isKept(const Intent& intent) const {
  if (left(intent) == 0) return false;
  return std::none_of(disputes_->begin(), disputes_->end(), [&](const Dispute& dispute) {
    return dispute.intent == intent.id && dispute.status != "won";
  });
}

void ModelStripe::addTo(Printer& printer, TimePoint now) const {
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  for (const Session& session : *sessions_)
    printer.add(session.id)
        .add(session.saga.value)
        .add(number(session.attempt))
        .add(number(session.amount.amount))
        .add(session.goods)
        .add(number(session.status))
        .add(session.intent)
        .add(session.expiresAt, now);
  for (const Intent& intent : *intents_)
    printer.add(intent.id)
        .add(intent.session)
        .add(intent.saga.value)
        .add(number(intent.attempt))
        .add(number(intent.amount.amount))
        .add(intent.goods)
        .add(number(intent.state))
        .add(number(intent.disputed))
        .add(number(intent.hasFailed))
        .add(number(intent.byDebit));
  for (const Refund& refund : *refunds_)
    printer.add(refund.id)
        .add(refund.intent)
        .add(refund.status)
        .add(number(refund.amount.amount))
        .add(refund.key)
        .add(refund.createdAt, now);
  for (const Dispute& dispute : *disputes_) printer.add(dispute.id).add(dispute.intent).add(dispute.status);
  for (const Event& event : *events_) printer.add(event.event.type).add(number(event.delivery));
  for (const auto& [key, reply] : *replies_) {
    const bool isForgotten = now - reply.at >= kKeyLifetime;
    printer.add(key).add(number(isForgotten)).add(number(reply.outcome.kind));
  }
  for (const Payer& customer : *customers_) printer.add(customer.customerId).add(customer.userDigest);
  printer.add(savedFor_).add(number(balanceIsEmpty)).add(number(searchIsBehind)).add(number(keyWasReused_));
  printer.add(number(reversalsFail));
}

}  // namespace checkout::model
