#include "model/model_stripe.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace checkout::model {
namespace {

using Outcome = CallOutcome::Kind;

constexpr Milliseconds kKeyLifetime{24 * 60 * 60 * 1000};
constexpr Milliseconds kShortestPage{30 * 60 * 1000};

// Bodies are fields divided by '|'.
std::vector<std::string> fieldsOf(std::string_view body) {
  std::vector<std::string> fields(1);
  for (const char c : body)
    if (c == '|')
      fields.emplace_back();
    else
      fields.back() += c;
  return fields;
}

std::int64_t numberOf(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

CallOutcome succeeded(PaymentFact fact) {
  return {Outcome::Succeeded, std::move(fact), std::nullopt, std::nullopt};
}
CallOutcome refused(ErrorCode code, const char* message, std::optional<PaymentFact> fact = std::nullopt) {
  return {Outcome::Failed, std::move(fact), std::nullopt, Error(code, message)};
}

// Answers that come before anything is executed, which no key keeps.
bool isRemembered(const CallOutcome& outcome) {
  return outcome.kind != Outcome::Failed ||
         (outcome.error->code != ErrorCode::CheckoutNotFound && !outcome.temporary);
}

std::string numbered(const char* prefix, std::size_t number) {
  return prefix + std::to_string(number + 1);
}

Error cardDeclined() {
  return {ErrorCode::PaymentDeclined, "The card was declined."};
}

bool stands(const std::string& refundStatus) {
  return refundStatus == "succeeded" || refundStatus == "pending";
}

}  // namespace

GatewayCall planPayment(GatewayOperation operation, const PaymentRequest& request, std::string key) {
  const std::string body = request.tenantId.value + '|' + request.sagaId.value + '|' +
                           std::to_string(request.attempt) + '|' + std::to_string(request.total.amount) +
                           '|' + request.total.currency.code + '|' +
                           std::to_string(request.expiresAt ? toUnixMillis(*request.expiresAt) : 0) + '|' +
                           request.paymentMethodId.value_or("");
  return {operation, "new", body, body, std::move(key)};
}

GatewayCall planOn(GatewayOperation operation, const std::string& id, const std::string& details,
                   std::string key) {
  return {operation, id, id + '|' + details, id + '|' + details, std::move(key)};
}

std::optional<std::size_t> ModelStripe::findSession(const std::string& id) const {
  for (std::size_t i = 0; i < sessions_->size(); ++i)
    if ((*sessions_)[i].id == id) return i;
  return std::nullopt;
}

std::optional<std::size_t> ModelStripe::findIntent(const std::string& id) const {
  for (std::size_t i = 0; i < intents_->size(); ++i)
    if ((*intents_)[i].id == id) return i;
  return std::nullopt;
}

// --- what the API does -----------------------------------------------------------------------------------

CallOutcome ModelStripe::execute(const GatewayCall& call, TimePoint now) {
  const auto known = replies_->find(call.idempotencyKey);
  if (known != replies_->end() && now - known->second.at < kKeyLifetime) {
    if (known->second.body == call.body) return known->second.outcome;
    keyWasReused_ = true;
    return refused(ErrorCode::Internal, "A payment request was repeated with other content.");
  }
  CallOutcome outcome = perform(call, now);
  if (isRemembered(outcome)) replies_.edit()[call.idempotencyKey] = {call.body, outcome, now};
  return outcome;
}

void ModelStripe::failAndRemember(const GatewayCall& call, bool withEffect, TimePoint now) {
  if (withEffect) execute(call, now);
  replies_.edit()[call.idempotencyKey] = {
      call.body,
      {Outcome::Unknown, std::nullopt, std::nullopt, Error(ErrorCode::PaymentOutcomeUnknown, "500")},
      now};
}

CallOutcome ModelStripe::perform(const GatewayCall& call, TimePoint now) {
  switch (call.operation) {
    case GatewayOperation::CreateSession:
      return createSession(call, now);
    case GatewayOperation::CreateIntent:
      return createIntent(call, now);
    case GatewayOperation::ConfirmIntent: {
      const auto intent = findIntent(call.path);
      if (!intent) return refused(ErrorCode::CheckoutNotFound, "no such intent");
      return confirm(*intent, fieldsOf(call.body)[1], now);
    }
    case GatewayOperation::ExpireSession:
      return expire(call.path, now);
    case GatewayOperation::CancelIntent:
      return cancel(call.path, now);
    case GatewayOperation::Refund:
      return refund(call, now);
  }
  return refused(ErrorCode::Internal, "no such operation");
}

CallOutcome ModelStripe::createSession(const GatewayCall& call, TimePoint now) {
  const auto fields = fieldsOf(call.body);
  Session session{numbered("cs_", sessions_->size()),
                  TenantId{fields[0]},
                  SagaId{fields[1]},
                  static_cast<int>(numberOf(fields[2])),
                  Money{numberOf(fields[3]), Currency{fields[4]}},
                  fromUnixMillis(numberOf(fields[5])),
                  Session::Status::Open,
                  ""};
  if (session.expiresAt < now + kShortestPage) {  // it was planned a while ago; the next plan has a later end
    CallOutcome late = refused(ErrorCode::ValidationFailed, "expires_at is too soon");
    late.temporary = true;
    return late;
  }
  sessions_.edit().push_back(session);
  return succeeded(*sessionFact(session.id));
}

CallOutcome ModelStripe::createIntent(const GatewayCall& call, TimePoint now) {
  const auto fields = fieldsOf(call.body);
  Intent intent;
  intent.id = numbered("pi_", intents_->size());
  intent.tenant = TenantId{fields[0]};
  intent.saga = SagaId{fields[1]};
  intent.attempt = static_cast<int>(numberOf(fields[2]));
  intent.amount = {numberOf(fields[3]), Currency{fields[4]}};
  intents_.edit().push_back(intent);
  return confirm(intents_->size() - 1, fields[6], now);
}

CallOutcome ModelStripe::confirm(std::size_t index, const std::string& method, TimePoint now) {
  const Intent& intent = (*intents_)[index];
  const std::string id = intent.id;
  if (!intent.session.empty()) return refused(ErrorCode::ValidationFailed, "confirmed on its page only");
  if (intent.state == PaymentState::Paid || intent.state == PaymentState::Processing ||
      intent.state == PaymentState::Canceled)
    return refused(ErrorCode::InvalidState, "The payment is in a state that doesn't allow this.",
                   intentFact(id));
  attempt(index, method, now);
  PaymentFact fact = *intentFact(id);
  if (fact.state == PaymentState::Declined)
    return refused(ErrorCode::PaymentDeclined, "The card was declined.", std::move(fact));
  return succeeded(std::move(fact));
}

CallOutcome ModelStripe::expire(const std::string& id, TimePoint now) {
  const auto session = findSession(id);
  if (!session) return refused(ErrorCode::CheckoutNotFound, "no such session");
  if ((*sessions_)[*session].status != Session::Status::Open)
    return refused(ErrorCode::ValidationFailed, "Only open Checkout Sessions can be expired.");
  close(*session, now);
  return succeeded(*sessionFact(id));
}

CallOutcome ModelStripe::cancel(const std::string& id, TimePoint now) {
  const auto index = findIntent(id);
  if (!index) return refused(ErrorCode::CheckoutNotFound, "no such intent");
  const Intent& intent = (*intents_)[*index];
  const bool isPayable = intent.state == PaymentState::Open || intent.state == PaymentState::Declined ||
                         intent.state == PaymentState::RequiresAction;
  if (!intent.session.empty() && isPayable)
    return refused(ErrorCode::ValidationFailed, "ends with its session");
  if (!isPayable)
    return refused(ErrorCode::InvalidState, "The payment is in a state that doesn't allow this.",
                   intentFact(id));
  intents_.edit()[*index].state = PaymentState::Canceled;
  emitIntent("payment_intent.canceled", (*intents_)[*index], now);
  return succeeded(*intentFact(id));
}

CallOutcome ModelStripe::refund(const GatewayCall& call, TimePoint now) {
  const auto index = findIntent(call.path);
  if (!index) return refused(ErrorCode::CheckoutNotFound, "no such intent");
  const Intent& intent = (*intents_)[*index];
  if (intent.state != PaymentState::Paid)
    return refused(ErrorCode::ValidationFailed, "There is no successful charge to refund.");
  const std::int64_t rest = left(intent);
  const std::string asked = fieldsOf(call.body)[1];
  const std::int64_t amount = asked.empty() ? rest : numberOf(asked);
  if (rest == 0) return refused(ErrorCode::InvalidState, "The payment has already been refunded.");
  if (intent.disputed) return refused(ErrorCode::InvalidState, "The payment is disputed.");
  if (amount > rest) return refused(ErrorCode::ValidationFailed, "More than what is left.");
  if (balanceIsEmpty) return refused(ErrorCode::ValidationFailed, "balance_insufficient");
  const Refund& made = addRefund(intent, amount, call.idempotencyKey, now);
  return {Outcome::Succeeded, std::nullopt,
          RefundFact{made.id, made.status, made.amount, made.intent, std::nullopt}, std::nullopt};
}

std::optional<PaymentFact> ModelStripe::sessionFact(const std::string& id) const {
  const auto index = findSession(id);
  if (!index) return std::nullopt;
  const Session& session = (*sessions_)[*index];
  const auto intentIndex = findIntent(session.intent);
  const Intent* intent = intentIndex ? &(*intents_)[*intentIndex] : nullptr;
  PaymentFact fact;
  fact.kind = PaymentFact::Kind::Session;
  fact.sessionId = session.id;
  fact.amount = session.amount;
  fact.amountReceived = {0, session.amount.currency};
  fact.tenantId = session.tenant;
  fact.sagaId = session.saga;
  fact.attempt = session.attempt;
  fact.expiresAt = session.expiresAt;
  fact.object = {{"id", session.id}};
  const bool isDeclined = intent != nullptr && intent->state == PaymentState::Declined;
  if (intent != nullptr) fact.paymentIntentId = intent->id;
  if (isDeclined) fact.lastError = cardDeclined();
  switch (session.status) {
    case Session::Status::Open:
      fact.state = isDeclined ? PaymentState::Declined : PaymentState::Open;
      fact.url = "https://pay.example/" + session.id;
      break;
    case Session::Status::Expired:
      fact.state = PaymentState::Expired;
      break;
    case Session::Status::Complete:
      fact.state = isDeclined || intent->state == PaymentState::Canceled ? PaymentState::Canceled
                                                                         : PaymentState::Processing;
      if (intent->state == PaymentState::Paid) {
        fact.state = PaymentState::Paid;
        fact.amountReceived.amount = intent->received;
      }
      break;
  }
  return fact;
}

std::optional<PaymentFact> ModelStripe::intentFact(const std::string& id) const {
  const auto index = findIntent(id);
  if (!index) return std::nullopt;
  const Intent& intent = (*intents_)[*index];
  PaymentFact fact;
  fact.kind = PaymentFact::Kind::Intent;
  fact.paymentIntentId = intent.id;
  fact.state = intent.state;
  fact.amount = intent.amount;
  fact.amountReceived = {intent.received, intent.amount.currency};
  fact.tenantId = intent.tenant;
  fact.sagaId = intent.saga;
  fact.attempt = intent.attempt;
  fact.object = {{"id", intent.id}};
  if (intent.state == PaymentState::RequiresAction) fact.url = "https://bank.example/" + intent.id;
  if (intent.state == PaymentState::Declined) fact.lastError = cardDeclined();
  return fact;
}

std::optional<PaymentFact> ModelStripe::paymentOf(const TenantId& tenant, const SagaId& saga,
                                                  int attempt) const {
  if (searchIsBehind) return std::nullopt;
  for (const Intent& intent : *intents_) {
    if (intent.tenant != tenant || intent.saga != saga || intent.attempt != attempt) continue;
    if (intent.state == PaymentState::Canceled) continue;
    auto fact = intent.session.empty() ? intentFact(intent.id) : sessionFact(intent.session);
    if (fact->state != PaymentState::Canceled && fact->state != PaymentState::Expired) return fact;
  }
  return std::nullopt;
}

Reversals ModelStripe::reversalsOf(const std::string& intent) const {
  Reversals reversals;
  for (const Refund& refund : *refunds_)
    if (refund.intent == intent)
      reversals.refunds.push_back({refund.id, refund.status, refund.amount, refund.intent, std::nullopt});
  for (const Dispute& dispute : *disputes_)
    if (dispute.intent == intent)
      reversals.disputes.push_back({dispute.id, dispute.status, "fraudulent", dispute.amount});
  return reversals;
}

EventPage ModelStripe::eventsFor(const EventQuery& query) const {
  constexpr std::size_t kPage = 100;
  EventPage page;
  bool isAfter = query.startingAfter.empty();
  for (auto at = events_->rbegin(); at != events_->rend(); ++at) {
    const bool wanted =
        isAfter && at->event.createdAt >= query.since &&
        std::find(query.types.begin(), query.types.end(), at->event.type) != query.types.end() &&
        (!query.undeliveredOnly || at->delivery == Delivery::Failed);
    isAfter = isAfter || at->event.id == query.startingAfter;
    if (!wanted) continue;
    page.hasMore = page.events.size() == kPage;
    if (page.hasMore) break;
    page.events.push_back(at->event);
  }
  return page;
}

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
    intents_.edit().push_back(intent);
    sessions_.edit()[*index].intent = intent.id;
  }
  attempt(*findIntent((*sessions_)[*index].intent), method, now);
}

void ModelStripe::attempt(std::size_t index, const std::string& method, TimePoint now) {
  Intent& intent = intents_.edit()[index];
  if (method == kDeclinedCard) {
    intent.state = PaymentState::Declined;
    emitIntent("payment_intent.payment_failed", intent, now);
  } else if (method == kCardWithChallenge) {
    intent.state = PaymentState::RequiresAction;
    emitIntent("payment_intent.requires_action", intent, now);
  } else if (method == kDebit) {
    intent.state = PaymentState::Processing;
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
  intents_.edit()[*index].state = PaymentState::Declined;
  emitIntent("payment_intent.payment_failed", (*intents_)[*index], now);
}

void ModelStripe::settleDebit(const std::string& id, bool paid, TimePoint now) {
  const auto index = findIntent(id);
  if (!index || (*intents_)[*index].state != PaymentState::Processing) return;
  if (paid) {
    capture(*index, now);
    return;
  }
  intents_.edit()[*index].state = PaymentState::Declined;
  const auto session = findSession((*intents_)[*index].session);
  if (session)
    emitSession("checkout.session.async_payment_failed", (*sessions_)[*session], now);
  else
    emitIntent("payment_intent.payment_failed", (*intents_)[*index], now);
}

ModelStripe::Refund& ModelStripe::addRefund(const Intent& intent, std::int64_t amount, const std::string& key,
                                            TimePoint now) {
  const std::string status = refundsArePending ? "pending" : "succeeded";
  auto& all = refunds_.edit();
  all.push_back({numbered("re_", all.size()), intent.id, status, {amount, intent.amount.currency}, key});
  emitIntent("charge.refunded", intent, now);
  return all.back();
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

void ModelStripe::addTo(Printer& printer, TimePoint now) const {
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  for (const Session& session : *sessions_)
    printer.add(session.id)
        .add(session.saga.value)
        .add(number(session.attempt))
        .add(number(session.amount.amount))
        .add(number(session.status))
        .add(session.intent)
        .add(session.expiresAt, now);
  for (const Intent& intent : *intents_)
    printer.add(intent.id)
        .add(intent.session)
        .add(intent.saga.value)
        .add(number(intent.attempt))
        .add(number(intent.amount.amount))
        .add(number(intent.state))
        .add(number(intent.disputed));
  for (const Refund& refund : *refunds_)
    printer.add(refund.id)
        .add(refund.intent)
        .add(refund.status)
        .add(number(refund.amount.amount))
        .add(refund.key);
  for (const Dispute& dispute : *disputes_) printer.add(dispute.id).add(dispute.intent);
  for (const Event& event : *events_) printer.add(event.event.type).add(number(event.delivery));
  for (const auto& [key, reply] : *replies_) {
    const bool isForgotten = now - reply.at >= kKeyLifetime;
    printer.add(key).add(number(isForgotten)).add(number(reply.outcome.kind));
  }
  printer.add(number(balanceIsEmpty))
      .add(number(refundsArePending))
      .add(number(searchIsBehind))
      .add(number(keyWasReused_));
}

}  // namespace checkout::model
