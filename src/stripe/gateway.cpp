#include "stripe/gateway.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/digest.hpp"
#include "stripe/api.hpp"
#include "stripe/form_encoding.hpp"
#include "stripe/intent_parameters.hpp"
#include "stripe/json_fields.hpp"
#include "stripe/object_mapping.hpp"
#include "stripe/payers.hpp"
#include "stripe/payment_metadata.hpp"
#include "stripe/refund_parameters.hpp"
#include "stripe/session_parameters.hpp"

namespace checkout::stripe {
namespace {

using Outcome = CallOutcome::Kind;

// Of 100 objects each: a list that is longer, or goes round in a circle, is given up.
constexpr int kMostPages = 20, kMostPagesOfADay = 200;

std::string sessionPath(const std::string& id) {
  return "/v1/checkout/sessions/" + percentEncode(id);
}
std::string intentPath(const std::string& id) {
  return "/v1/payment_intents/" + percentEncode(id);
}

GatewayCall plan(GatewayOperation operation, std::string path, std::string body, std::string idempotencyKey) {
  std::string digest = sha256Hex(body);
  return {operation, std::move(path), std::move(body), std::move(digest), std::move(idempotencyKey)};
}

CallOutcome refused(ErrorCode code, std::string message) {
  CallOutcome outcome;
  outcome.kind = Outcome::Failed;
  outcome.error = Error(code, std::move(message));
  return outcome;
}

Error unusableList() {
  return {ErrorCode::PaymentServiceError, "The payment service's answer is no usable list."};
}

// A session that was planned a while ago would end too soon for Stripe; the next plan has a later end.
bool cameTooLate(const ApiAnswer& answer) {
  return stringAt(answer.object, "param") == "expires_at";
}

bool isSessionOperation(GatewayOperation operation) {
  return operation == GatewayOperation::CreateSession || operation == GatewayOperation::ExpireSession;
}

Result<void> fill(CallOutcome& outcome, GatewayOperation operation, ApiAnswer& answer) {
  if (operation == GatewayOperation::Refund) {
    CHECKOUT_ASSIGN(refund, refundFromObject(answer.object, answer.requestId));
    outcome.refund = std::move(refund);
    return {};
  }
  CHECKOUT_ASSIGN(payment, isSessionOperation(operation)
                               ? paymentFromSession(std::move(answer.object), answer.requestId)
                               : paymentFromIntent(std::move(answer.object), answer.requestId));
  outcome.payment = std::move(payment);
  return {};
}

class StripeGateway final : public PaymentGateway {
 public:
  StripeGateway(HttpClient& http, const Clock& clock, GatewayOptions options)
      : api_(http, clock, std::move(options)) {}

  GatewayCall planCreateSession(const Tenant& tenant, const PaymentRequest& request,
                                std::string key) const override {
    return plan(GatewayOperation::CreateSession, "/v1/checkout/sessions", createSessionBody(tenant, request),
                std::move(key));
  }
  GatewayCall planExpireSession(const Tenant&, const std::string& sessionId, std::string key) const override {
    return plan(GatewayOperation::ExpireSession, sessionPath(sessionId) + "/expire", "", std::move(key));
  }
  GatewayCall planCreateIntent(const Tenant& tenant, const PaymentRequest& request,
                               std::string key) const override {
    return plan(GatewayOperation::CreateIntent, "/v1/payment_intents", createIntentBody(tenant, request),
                std::move(key));
  }
  GatewayCall planConfirmIntent(const Tenant&, const ConfirmRequest& request,
                                std::string key) const override {
    auto body = confirmIntentBody(request.parameters);
    if (!body) return plan(GatewayOperation::ConfirmIntent, "", "", std::move(key));
    return plan(GatewayOperation::ConfirmIntent, intentPath(request.intentId) + "/confirm", std::move(*body),
                std::move(key));
  }
  GatewayCall planCancelIntent(const Tenant&, const std::string& intentId, std::string key) const override {
    return plan(GatewayOperation::CancelIntent, intentPath(intentId) + "/cancel", cancelIntentBody(),
                std::move(key));
  }
  GatewayCall planRefund(const Tenant& tenant, const SagaId& saga, const std::string& intentId,
                         std::optional<Money> amount, std::string key) const override {
    std::string body = refundBody(tenant, saga, intentId, amount, key);
    return plan(GatewayOperation::Refund, "/v1/refunds", std::move(body), std::move(key));
  }

  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override;

  Result<std::optional<PaymentFact>> retrieveSession(const Tenant& tenant,
                                                     const std::string& sessionId) override {
    return retrieve(tenant, sessionPath(sessionId) + "?expand%5B0%5D=payment_intent.latest_charge",
                    paymentFromSession);
  }
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant& tenant,
                                                    const std::string& intentId) override {
    return retrieve(tenant, intentPath(intentId) + "?expand%5B0%5D=latest_charge", paymentFromIntent);
  }
  Result<std::optional<PaymentFact>> findPayment(const Tenant& tenant, const SagaId& saga, int attempt,
                                                 TimePoint plannedAt) override;
  PayerOutcome findPayer(const Tenant& tenant, const std::string& paymentMethodId) override {
    return stripe::findPayer(api_, tenant, paymentMethodId);
  }
  PayerOutcome ensureCustomer(const Tenant& tenant, const std::string& userDigest,
                              const std::string& gone) override {
    return stripe::ensureCustomer(api_, tenant, userDigest, gone);
  }
  Result<std::vector<PageLine>> listPageLines(const Tenant& tenant, const std::string& sessionId) override;
  Result<Reversals> retrieveReversals(const Tenant& tenant, const std::string& intentId) override;
  Result<EventPage> listEvents(const Tenant& tenant, const EventQuery& query) override;
  Result<std::optional<std::string>> account(const Tenant& tenant) override;

 private:
  using Mapping = Result<PaymentFact> (*)(Json object, const std::optional<std::string>& requestId);
  Result<std::optional<PaymentFact>> retrieve(const Tenant& tenant, std::string target,
                                              Mapping mapping) const {
    auto answer = api_.call(tenant, {"GET", std::move(target), "", {}});
    const bool unknown =
        answer.kind == ApiAnswer::Kind::Refused && stringAt(answer.object, "code") == "resource_missing";
    if (unknown) return std::optional<PaymentFact>{};
    if (answer.error) return std::move(*answer.error);
    auto fact = mapping(std::move(answer.object), answer.requestId);
    if (!fact.ok()) return std::move(fact).error();
    return std::optional<PaymentFact>{std::move(*fact)};
  }

  // The objects of one page of a list, or of all its pages.
  struct List {
    std::vector<Json> objects;
    bool hasMore = false;
    std::optional<std::string> requestId;
    std::optional<TimePoint> asOf;
  };
  static Result<List> toList(ApiAnswer answer);
  Result<List> list(const Tenant& tenant, std::string target) const;
  Result<List> listAll(const Tenant& tenant, const std::string& target, int mostPages = kMostPages) const;
  Result<List> intentsOf(const Tenant& tenant, const SagaId& saga, TimePoint plannedAt) const;
  // The session that made this intent, as it stands; the intent itself if none did.
  Result<std::optional<PaymentFact>> withItsSession(const Tenant& tenant, PaymentFact intent);

  const Api api_;
};

Result<StripeGateway::List> StripeGateway::toList(ApiAnswer answer) {
  if (answer.error) return std::move(*answer.error);
  const Json& data = member(answer.object, "data");
  if (!data.is_array()) return unusableList();
  return List{{data.begin(), data.end()},
              booleanAt(answer.object, "has_more").value_or(false),
              answer.requestId,
              answer.asOf};
}

Result<StripeGateway::List> StripeGateway::list(const Tenant& tenant, std::string target) const {
  return toList(api_.call(tenant, {"GET", std::move(target), "", {}}));
}

Result<StripeGateway::List> StripeGateway::listAll(const Tenant& tenant, const std::string& target,
                                                   int mostPages) const {
  CHECKOUT_ASSIGN(all, list(tenant, target));
  for (int pages = 1; all.hasMore; ++pages) {
    if (pages == mostPages) return unusableList();
    const std::string last = all.objects.empty() ? "" : stringAt(all.objects.back(), "id").value_or("");
    CHECKOUT_ASSIGN(next, list(tenant, target + "&starting_after=" + percentEncode(last)));
    all.hasMore = next.hasMore && !next.objects.empty();
    std::move(next.objects.begin(), next.objects.end(), std::back_inserter(all.objects));
  }
  return std::move(all);
}

Result<std::optional<PaymentFact>> StripeGateway::withItsSession(const Tenant& tenant, PaymentFact intent) {
  const std::string target = "/v1/checkout/sessions?payment_intent=" + percentEncode(*intent.paymentIntentId);
  CHECKOUT_ASSIGN(sessions, list(tenant, target));
  if (sessions.objects.empty()) return std::optional<PaymentFact>{std::move(intent)};
  // As listed, it lacks its intent, which tells a debit that failed from one under way.
  CHECKOUT_ASSIGN(session, paymentFromSession(std::move(sessions.objects.front()), sessions.requestId));
  return retrieveSession(tenant, *session.sessionId);
}

// What carries the saga in its metadata. A search finds what is a minute old (Stripe: "Search"), which suits
// a call that is at least minutes old. It is not offered everywhere (India): there, what was made in the time
// in which the call may have been sent is read.
Result<StripeGateway::List> StripeGateway::intentsOf(const Tenant& tenant, const SagaId& saga,
                                                     TimePoint plannedAt) const {
  Form query;
  query.add("query", "metadata['saga_id']:'" + saga.value + "'").add("limit", 100);
  auto answer =
      api_.call(tenant, {"GET", "/v1/payment_intents/search?" + std::move(query).encoded(), "", {}});
  const bool isKeyAccepted = !answer.error || !merchantMustAct(*answer.error);
  const bool isRefused =
      answer.kind == ApiAnswer::Kind::Refused && !answer.temporary && answer.object.is_object();
  if (!isRefused || !isKeyAccepted) return toList(std::move(answer));
  constexpr Milliseconds kClocksDiffer{5 * 60'000}, kKeyLives{24 * 60 * 60'000};
  Form span;
  span.add("limit", 100)
      .add("created[gte]", toUnixSeconds(plannedAt - kClocksDiffer))
      .add("created[lte]", toUnixSeconds(plannedAt + kKeyLives + kClocksDiffer));
  return listAll(tenant, "/v1/payment_intents?" + std::move(span).encoded(), kMostPagesOfADay);
}

// A session that nobody paid has no intent yet, and has run out by then.
Result<std::optional<PaymentFact>> StripeGateway::findPayment(const Tenant& tenant, const SagaId& saga,
                                                              int attempt, TimePoint plannedAt) {
  const auto isOver = [](const PaymentFact& fact) {
    return fact.state == PaymentState::Canceled || fact.state == PaymentState::Expired;
  };
  CHECKOUT_ASSIGN(found, intentsOf(tenant, saga, plannedAt));
  for (Json& object : found.objects) {
    const bool isForeign = member(object, "metadata").is_object() && metadataOf(object).sagaId != saga;
    if (isForeign) continue;  // a list has other shops' payments, too
    CHECKOUT_ASSIGN(intent, paymentFromIntent(std::move(object), found.requestId));
    if (intent.tenantId != tenant.id || intent.sagaId != saga || intent.attempt != attempt) continue;
    if (isOver(intent)) continue;
    CHECKOUT_ASSIGN(payment, withItsSession(tenant, std::move(intent)));
    if (payment && !isOver(*payment)) return std::move(payment);
  }
  return std::optional<PaymentFact>{};
}

Result<std::vector<PageLine>> StripeGateway::listPageLines(const Tenant& tenant,
                                                           const std::string& sessionId) {
  CHECKOUT_ASSIGN(items, listAll(tenant, sessionPath(sessionId) + "/line_items?limit=100"));
  std::vector<PageLine> lines;
  for (const Json& item : items.objects) {
    CHECKOUT_ASSIGN(line, pageLineFromItem(item, items.requestId));
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<Reversals> StripeGateway::retrieveReversals(const Tenant& tenant, const std::string& intentId) {
  const std::string ofIntent = "?limit=100&payment_intent=" + percentEncode(intentId);
  Reversals reversals;
  CHECKOUT_ASSIGN(refunds, listAll(tenant, "/v1/refunds" + ofIntent));
  for (const Json& object : refunds.objects) {
    CHECKOUT_ASSIGN(refund, refundFromObject(object, refunds.requestId));
    reversals.refunds.push_back(std::move(refund));
  }
  std::reverse(reversals.refunds.begin(), reversals.refunds.end());  // lists come newest first
  CHECKOUT_ASSIGN(disputes, listAll(tenant, "/v1/disputes" + ofIntent));
  for (const Json& object : disputes.objects) {
    CHECKOUT_ASSIGN(dispute, disputeFromObject(object, disputes.requestId));
    reversals.disputes.push_back(std::move(dispute));
  }
  return reversals;
}

Result<EventPage> StripeGateway::listEvents(const Tenant& tenant, const EventQuery& query) {
  Form form;
  form.add("limit", 100).add("created[gte]", toUnixSeconds(query.since));
  if (query.until) form.add("created[lt]", toUnixSeconds(*query.until));
  for (std::size_t i = 0; i < query.types.size(); ++i)
    form.add("types[" + std::to_string(i) + "]", query.types[i]);
  if (query.undeliveredOnly) form.add("delivery_success", "false");
  form.addUnlessEmpty("starting_after", query.startingAfter);
  CHECKOUT_ASSIGN(found, list(tenant, "/v1/events?" + std::move(form).encoded()));
  EventPage page;
  page.hasMore = found.hasMore;
  page.asOf = found.asOf;
  for (Json& object : found.objects) {
    auto event = eventFromObject(std::move(object));
    if (!event.ok()) return unusableList();
    // Stripe names the account only to endpoints, which hear of several; these were asked for in its name.
    if (!event->account) event->account = tenant.stripe.account;
    page.events.push_back(std::move(*event));
  }
  return page;
}

// https://docs.stripe.com/api/accounts/retrieve; restricted keys need a permission for it.
Result<std::optional<std::string>> StripeGateway::account(const Tenant& tenant) {
  constexpr int kForbidden = 403;
  auto answer = api_.call(tenant, {"GET", "/v1/account", "", {}});
  const bool mayNotAsk = answer.status == kForbidden && stringAt(answer.object, "code") != "account_invalid";
  if (mayNotAsk) return std::optional<std::string>{};
  if (answer.error) return std::move(*answer.error);
  auto id = stringAt(answer.object, "id");
  if (!id) return Error(ErrorCode::PaymentServiceError, "The payment service's answer is no usable account.");
  return id;
}

CallOutcome StripeGateway::execute(const Tenant& tenant, const GatewayCall& call) {
  if (call.path.empty())
    return refused(
        ErrorCode::CardNumberRejected,
        "Card data can't be sent through this server; pass the id of a PaymentMethod (pm_…) instead.");
  if (sha256Hex(call.body) != call.bodyDigest || call.idempotencyKey.empty())
    return refused(ErrorCode::Internal, "The planned payment call was damaged; it was not sent.");

  auto answer = api_.call(tenant, {"POST", call.path, call.body, call.idempotencyKey});
  CallOutcome outcome;
  outcome.error = std::move(answer.error);
  switch (answer.kind) {
    case ApiAnswer::Kind::Unknown:
      outcome.replayedFailure = answer.replayedFailure;
      return outcome;
    case ApiAnswer::Kind::Refused: {
      outcome.kind = Outcome::Failed;
      outcome.temporary = answer.temporary || cameTooLate(answer);
      outcome.notSent = answer.notSent;
      outcome.refused = refusedOf(answer.object);
      const Json& intent = member(answer.object, "payment_intent");
      if (auto fact = paymentFromIntent(intent, answer.requestId); fact.ok())
        outcome.payment = std::move(*fact);
      return outcome;
    }
    case ApiAnswer::Kind::Succeeded:
      break;
  }
  // An answer that is no such object came from something that isn't Stripe: what it did is not known.
  auto filled = fill(outcome, call.operation, answer);
  outcome.kind = filled.ok() ? Outcome::Succeeded : Outcome::Unknown;
  outcome.isReplay = answer.isReplay;
  if (!filled.ok()) {
    outcome.error = std::move(filled).error();
    outcome.error->code = ErrorCode::PaymentOutcomeUnknown;
  }
  return outcome;
}

}  // namespace

std::unique_ptr<PaymentGateway> makeStripeGateway(HttpClient& http, const Clock& clock,
                                                  GatewayOptions options) {
  return std::make_unique<StripeGateway>(http, clock, std::move(options));
}

}  // namespace checkout::stripe
