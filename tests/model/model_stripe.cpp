#include "model/model_stripe.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace checkout::model {
namespace {

using Outcome = CallOutcome::Kind;

constexpr Milliseconds kShortestPage{30 * 60 * 1000}, kLongestPage{24 * 60 * 60 * 1000};

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

// What comes with a call's answer has no charge in it, and so does not say what went back.
CallOutcome succeeded(PaymentFact fact) {
  fact.hasReversals = false;
  return {Outcome::Succeeded, std::move(fact), std::nullopt, std::nullopt};
}
CallOutcome refused(ErrorCode code, const char* message, std::optional<PaymentFact> fact = std::nullopt) {
  if (fact) fact->hasReversals = false;
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

}  // namespace

std::string told(const std::string& product, std::int64_t quantity) {
  return std::to_string(quantity) + " " + product + (quantity == 1 ? "" : "s");
}

GatewayCall planPayment(GatewayOperation operation, const PaymentRequest& request, std::string key) {
  std::vector<PaymentLine> goods = request.lines;
  std::erase_if(goods, [](const PaymentLine& line) { return line.kind != PaymentLine::Kind::Goods; });
  // Only a page has an end that Stripe is told of.
  const bool hasEnd = operation == GatewayOperation::CreateSession && request.expiresAt;
  const std::string body = request.tenantId.value + '|' + request.sagaId.value + '|' +
                           std::to_string(request.attempt) + '|' + std::to_string(request.total.amount) +
                           '|' + request.total.currency.code + '|' +
                           std::to_string(hasEnd ? toUnixMillis(*request.expiresAt) : 0) + '|' +
                           request.paymentMethodId.value_or("") + '|' + request.orderId.value + '|' +
                           toldAll(goods, [](const PaymentLine& line) { return line.name; }) + '|' +
                           request.customerId.value_or("");
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
    if (known->second.body == call.body) {
      CallOutcome again = known->second.outcome;
      again.replayedFailure = again.kind == Outcome::Unknown;
      again.isReplay = again.kind == Outcome::Succeeded;
      return again;
    }
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
                  fields[8],
                  Session::Status::Open,
                  ""};
  // It was planned a while ago, or by a clock that is wrong; the next plan has another end.
  if (session.expiresAt < now + kShortestPage || session.expiresAt > now + kLongestPage) {
    CallOutcome late = refused(ErrorCode::ValidationFailed, "expires_at is too soon, or too late");
    late.temporary = true;
    return late;
  }
  sessions_.edit().push_back(session);
  return succeeded(*sessionFact(session.id));
}

std::optional<CallOutcome> ModelStripe::refuseMethod(const std::string& method,
                                                     const std::string& customer) const {
  if (method != kAnnsCard && method != kForeignCard) return std::nullopt;
  const Payer payer = payerOf(method);
  if (payer.customerId && payer.customerId == customer) return std::nullopt;
  CallOutcome outcome = refused(ErrorCode::ValidationFailed, "This payment method can't be charged.");
  outcome.refused = payer.customerId ? CallOutcome::Refused::SavedMethod : CallOutcome::Refused::UsedMethod;
  return outcome;
}

Payer ModelStripe::payerOf(const std::string& method) const {
  if (method == kForeignCard) return {"cus_another", std::nullopt, std::nullopt};
  for (const Payer& customer : *customers_)
    if (method == kAnnsCard && customer.customerId == savedFor_) return customer;
  return {};
}

Payer ModelStripe::ensureCustomer(const TenantId& tenant, const std::string& userDigest) {
  for (const Payer& customer : *customers_)
    if (customer.userDigest == userDigest) return customer;
  const Payer made{numbered("cus_", customers_->size()), tenant, userDigest};
  customers_.edit().push_back(made);
  return made;
}

void ModelStripe::saveCard(const Payer& customer) {
  savedFor_ = customer.customerId.value_or("");
}

void ModelStripe::removeCard() {
  savedFor_.clear();
}

CallOutcome ModelStripe::createIntent(const GatewayCall& call, TimePoint now) {
  const auto fields = fieldsOf(call.body);
  if (auto no = refuseMethod(fields[6], fields[9])) return *no;
  Intent intent;
  intent.id = numbered("pi_", intents_->size());
  intent.tenant = TenantId{fields[0]};
  intent.saga = SagaId{fields[1]};
  intent.attempt = static_cast<int>(numberOf(fields[2]));
  intent.amount = {numberOf(fields[3]), Currency{fields[4]}};
  intent.goods = fields[8];
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
  PaymentFact fact = *sessionFact(id);
  fact.lastError.reset();  // the answer names the session's intent, but does not show it
  return succeeded(std::move(fact));
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
          RefundFact{made.id, made.status, made.amount, made.intent, std::nullopt, made.key, made.createdAt},
          std::nullopt};
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
  if (intent != nullptr && intent->hasFailed) fact.lastError = cardDeclined();
  if (intent != nullptr) fact.hasReversals = refunded(intent->id) > 0 || intent->disputed;
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
  fact.hasReversals = refunded(intent.id) > 0 || intent.disputed;
  if (intent.state == PaymentState::RequiresAction) fact.url = "https://bank.example/" + intent.id;
  if (intent.hasFailed) fact.lastError = cardDeclined();
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
      reversals.refunds.push_back({refund.id, refund.status, refund.amount, refund.intent, std::nullopt,
                                   refund.key.empty() ? std::nullopt : std::optional(refund.key),
                                   refund.createdAt});
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
        at->event.createdAt < query.until.value_or(TimePoint::max()) &&
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

}  // namespace checkout::model
