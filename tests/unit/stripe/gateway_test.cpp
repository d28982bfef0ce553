#include "stripe/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/read_patience.hpp"
#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using testing::answer;
using testing::demoRequest;
using testing::demoTenant;
using testing::failure;
using ::testing::HasSubstr;
using testing::intentObject;
using testing::ManualClock;
using ::testing::Not;
using testing::ScriptedHttp;
using testing::sessionObject;
using Kind = CallOutcome::Kind;
using Wire = HttpFailure::Kind;

class StripeGateway : public ::testing::Test {
 protected:
  StripeGateway() {
    GatewayOptions options;
    options.wait = [this](Milliseconds time) {
      waits.push_back(time);
      clock.advance(time);
    };
    gateway = makeStripeGateway(http, clock, options);
  }

  GatewayCall sessionCall() const { return gateway->planCreateSession(tenant, demoRequest(), "key_1"); }
  GatewayCall intentCall() const {
    PaymentRequest request = demoRequest();
    request.paymentMethodId = "pm_card_visa";
    return gateway->planCreateIntent(tenant, request, "key_2");
  }

  ScriptedHttp http;
  ManualClock clock;
  Tenant tenant = demoTenant();
  std::unique_ptr<PaymentGateway> gateway;
  std::vector<Milliseconds> waits;
};

std::string errorBody(const std::string& members) {
  return R"({"error":{)" + members + "}}";
}

const char* nameOf(Kind kind) {
  return kind == Kind::Succeeded ? "Succeeded" : kind == Kind::Failed ? "Failed" : "Unknown";
}

TEST_F(StripeGateway, PlansTheSameBytesForTheSameRequest) {
  const GatewayCall a = sessionCall(), b = sessionCall();
  EXPECT_EQ(a.operation, GatewayOperation::CreateSession);
  EXPECT_EQ(a.path, "/v1/checkout/sessions");
  EXPECT_EQ(a.body, b.body);
  EXPECT_EQ(a.bodyDigest, sha256Hex(a.body));
  EXPECT_EQ(a.idempotencyKey, "key_1");
  EXPECT_TRUE(http.sent.empty());
}

TEST_F(StripeGateway, PutsIdsIntoPathsWhereTheyCannotBreakOut) {
  EXPECT_EQ(gateway->planExpireSession(tenant, "cs_1", "k").path, "/v1/checkout/sessions/cs_1/expire");
  EXPECT_EQ(gateway->planCancelIntent(tenant, "pi_1", "k").path, "/v1/payment_intents/pi_1/cancel");
  EXPECT_EQ(gateway->planConfirmIntent(tenant, {"pi_1/../../refunds?x", Json::object()}, "k").path,
            "/v1/payment_intents/pi_1%2F..%2F..%2Frefunds%3Fx/confirm");
  EXPECT_EQ(gateway->planRefund(tenant, SagaId{"saga_1"}, "pi_1", {}, "k").path, "/v1/refunds");
}

TEST_F(StripeGateway, SendsWhatWasPlannedWithTheTenantsCredentials) {
  tenant.stripe.account = "acct_7";
  http.script = {answer(200, sessionObject().dump())};
  const auto call = sessionCall();
  const auto outcome = gateway->execute(tenant, call);
  EXPECT_STREQ(nameOf(outcome.kind), "Succeeded");
  ASSERT_TRUE(outcome.payment);
  EXPECT_EQ(outcome.payment->sessionId, "cs_test_1");
  EXPECT_EQ(outcome.payment->requestId, "req_1");
  EXPECT_FALSE(outcome.error);

  ASSERT_EQ(http.sent.size(), 1u);
  const auto& sent = http.sent[0];
  EXPECT_EQ(sent.origin, "http://stripe.test");
  EXPECT_EQ(sent.deadline, Milliseconds{20000});
  EXPECT_EQ(sent.request.method, "POST");
  EXPECT_EQ(sent.request.target, call.path);
  EXPECT_EQ(sent.request.body, call.body);
  const auto& headers = sent.request.headers;
  EXPECT_EQ(headers.get("Authorization"), "Bearer sk_test_topsecret");
  EXPECT_EQ(headers.get("Stripe-Version"), "2026-10-28.endive");
  EXPECT_EQ(headers.get("Idempotency-Key"), "key_1");
  EXPECT_EQ(headers.get("Stripe-Account"), "acct_7");
  EXPECT_EQ(headers.get("User-Agent"), "checkout-mcp/" CHECKOUT_VERSION);
  EXPECT_EQ(headers.get("Content-Type"), "application/x-www-form-urlencoded");
}

// What each fault becomes, and how often Stripe is called. Every call carries the same key and the same
// bytes.
TEST_F(StripeGateway, TurnsEachFaultIntoASuccessAFailureOrAnUnknown) {
  const auto paid = [] { return answer(200, sessionObject().dump()); };
  const auto declined = [] {
    return answer(402, errorBody(R"("type":"card_error","code":"card_declined")"));
  };
  const auto busy = [] { return answer(429, errorBody(R"("code":"rate_limit")"), {{"Retry-After", "1"}}); };
  const auto inUse = [] { return answer(409, errorBody(R"("code":"idempotency_key_in_use")")); };
  const auto noKey = [] {
    return answer(401, errorBody(R"("message":"Invalid API Key provided: sk_test_topsecret")"));
  };
  const auto broken = [] { return answer(500, errorBody(R"("type":"api_error")")); };
  const auto html = [](int status) { return answer(status, "<html>Bad gateway</html>"); };
  const auto unreachable = [] { return failure(Wire::Connect, false); };
  const auto reset = [] { return failure(Wire::Reset, true); };
  struct Row {
    const char* name;
    std::deque<HttpExchange> script;
    std::size_t calls;
    Kind kind;
    std::optional<ErrorCode> code;
  };
  const Row rows[] = {
      {"timeout then success", {failure(Wire::Timeout, true), paid()}, 2, Kind::Succeeded, {}},
      {"timeouts",
       {failure(Wire::Timeout, true), failure(Wire::Timeout, true), failure(Wire::Timeout, true)},
       3,
       Kind::Unknown,
       ErrorCode::PaymentOutcomeUnknown},
      {"reset then success", {reset(), paid()}, 2, Kind::Succeeded, {}},
      {"reset then declined", {reset(), declined()}, 2, Kind::Failed, ErrorCode::PaymentDeclined},
      {"resets", {reset(), reset(), reset()}, 3, Kind::Unknown, ErrorCode::PaymentOutcomeUnknown},
      {"500 then success", {broken(), paid()}, 2, Kind::Succeeded, {}},
      {"500s", {broken(), broken(), broken()}, 3, Kind::Unknown, ErrorCode::PaymentOutcomeUnknown},
      {"500 that Stripe says not to repeat",
       {answer(500, errorBody(""), {{"Stripe-Should-Retry", "false"}})},
       1,
       Kind::Unknown,
       ErrorCode::PaymentOutcomeUnknown},
      {"502 in HTML", {html(502), html(502), paid()}, 3, Kind::Succeeded, {}},
      {"409 then success", {inUse(), paid()}, 2, Kind::Succeeded, {}},
      {"409s", {inUse(), inUse(), inUse()}, 3, Kind::Unknown, ErrorCode::PaymentOutcomeUnknown},
      {"429 with Retry-After then success", {busy(), paid()}, 2, Kind::Succeeded, {}},
      {"429s", {busy(), busy(), busy()}, 3, Kind::Failed, ErrorCode::RateLimited},
      {"reset then 429s", {reset(), busy(), busy()}, 3, Kind::Unknown, ErrorCode::PaymentOutcomeUnknown},
      {"truncated JSON then replay",
       {answer(200, R"({"id":"cs_test_1","obj)"), paid()},
       2,
       Kind::Succeeded,
       {}},
      {"truncated JSON",
       {answer(200, "{"), answer(200, "{"), answer(200, "{")},
       3,
       Kind::Unknown,
       ErrorCode::PaymentOutcomeUnknown},
      {"body too large", {failure(Wire::TooLarge, true)}, 1, Kind::Unknown, ErrorCode::PaymentOutcomeUnknown},
      {"redirect",
       {answer(302, "", {{"Location", "https://evil.test"}})},
       1,
       Kind::Unknown,
       ErrorCode::PaymentOutcomeUnknown},
      {"HTML instead of JSON",
       {html(200), html(200), html(200)},
       3,
       Kind::Unknown,
       ErrorCode::PaymentOutcomeUnknown},
      {"HTML refusal of a proxy", {html(403)}, 1, Kind::Unknown, ErrorCode::PaymentOutcomeUnknown},
      {"another object",
       {answer(200, R"({"object":"balance"})")},
       1,
       Kind::Unknown,
       ErrorCode::PaymentOutcomeUnknown},
      {"unreachable then success", {unreachable(), paid()}, 2, Kind::Succeeded, {}},
      {"unreachable",
       {unreachable(), unreachable(), unreachable()},
       3,
       Kind::Failed,
       ErrorCode::PaymentServiceError},
      {"reset then unreachable",
       {reset(), unreachable(), unreachable()},
       3,
       Kind::Unknown,
       ErrorCode::PaymentOutcomeUnknown},
      {"untrusted certificate", {failure(Wire::Tls, false)}, 1, Kind::Failed, ErrorCode::PaymentServiceError},
      {"wrong key", {noKey()}, 1, Kind::Failed, ErrorCode::PaymentServiceError},
      {"reset then wrong key", {reset(), noKey()}, 2, Kind::Unknown, ErrorCode::PaymentOutcomeUnknown},
      {"declined", {declined()}, 1, Kind::Failed, ErrorCode::PaymentDeclined},
      {"bad parameter",
       {answer(400, errorBody(R"("type":"invalid_request_error","message":"Bad.")"))},
       1,
       Kind::Failed,
       ErrorCode::ValidationFailed},
      {"amount too small",
       {answer(400, errorBody(R"("code":"amount_too_small")"))},
       1,
       Kind::Failed,
       ErrorCode::AmountTooSmall},
      {"key with another body",
       {answer(400, errorBody(R"("type":"idempotency_error")"))},
       1,
       Kind::Failed,
       ErrorCode::Internal},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    http.sent.clear();
    http.script = row.script;
    const auto call = sessionCall();
    const auto outcome = gateway->execute(tenant, call);
    EXPECT_STREQ(nameOf(outcome.kind), nameOf(row.kind));
    EXPECT_EQ(outcome.error ? toString(outcome.error->code) : "none",
              row.code ? toString(*row.code) : "none");
    EXPECT_THAT(outcome.error ? toJson(*outcome.error).dump() : "", Not(HasSubstr("topsecret")));
    EXPECT_EQ(outcome.payment.has_value(), row.kind == Kind::Succeeded);
    EXPECT_EQ(http.sent.size(), row.calls);
    for (const auto& sent : http.sent) {
      EXPECT_EQ(sent.request.headers.get("Idempotency-Key"), "key_1");
      EXPECT_EQ(sent.request.body, call.body);
    }
  }
}

TEST_F(StripeGateway, DoesNotRepeatACallWhoseKeyReplaysAFailure) {
  http.script = {answer(500, errorBody(R"("type":"api_error")")),
                 answer(500, errorBody(R"("type":"api_error")"),
                        {{"Idempotent-Replayed", "true"}, {"Stripe-Should-Retry", "true"}})};
  const auto outcome = gateway->execute(tenant, sessionCall());
  EXPECT_STREQ(nameOf(outcome.kind), "Unknown");
  EXPECT_TRUE(outcome.replayedFailure);
  EXPECT_EQ(http.sent.size(), 2u);

  http.script = {answer(500, "{}"), answer(500, "{}"), answer(500, "{}")};
  EXPECT_FALSE(gateway->execute(tenant, sessionCall()).replayedFailure)
      << "nobody has said that it is stored";
}

TEST_F(StripeGateway, SaysWhereTheSameMaySucceedALittleLater) {
  http.script = {
      answer(400, errorBody(R"("type":"invalid_request_error","code":"taxes_calculation_failed")"))};
  const auto passing = gateway->execute(tenant, sessionCall());
  EXPECT_STREQ(nameOf(passing.kind), "Failed");
  EXPECT_TRUE(passing.temporary);
  EXPECT_FALSE(passing.notSent);
  http.script = {answer(400, errorBody(R"("type":"invalid_request_error","code":"stripe_tax_inactive")"))};
  EXPECT_FALSE(gateway->execute(tenant, sessionCall()).temporary);
}

TEST_F(StripeGateway, LogsWhichPermissionIsMissing) {
  ::testing::internal::CaptureStderr();
  http.script = {answer(403, errorBody(R"("message":"The key 'rk_test_abc' needs 'rak_charge_write'.")"))};
  gateway->execute(tenant, sessionCall());
  const std::string logged = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(logged, HasSubstr("needs 'rak_charge_write'"));
  EXPECT_THAT(logged, Not(HasSubstr("rk_test_abc")));
}

TEST_F(StripeGateway, TellsAgentsToWaitWhenTheOutcomeIsUnknown) {
  http.script = {failure(Wire::TooLarge, true)};
  const auto outcome = gateway->execute(tenant, sessionCall());
  ASSERT_TRUE(outcome.error && outcome.error->nextAction);
  EXPECT_EQ(outcome.error->nextAction->type, NextActionType::Wait);
}

TEST_F(StripeGateway, WaitsForRetryAfterAndGivesTheRestOfTheTimeToTheNextAttempt) {
  http.script = {answer(429, errorBody(R"("code":"rate_limit")"), {{"Retry-After", "4"}}),
                 answer(200, sessionObject().dump())};
  EXPECT_STREQ(nameOf(gateway->execute(tenant, sessionCall()).kind), "Succeeded");
  EXPECT_EQ(waits, std::vector<Milliseconds>{Milliseconds{4000}});
  ASSERT_EQ(http.sent.size(), 2u);
  EXPECT_EQ(http.sent[1].deadline, Milliseconds{16000});
}

TEST_F(StripeGateway, ReadsOfACallerInAHurryAreCutShortAndCallsThatChangeSomethingAreNot) {
  const ReadPatience patience(Milliseconds{3'000});
  http.script = {answer(200, sessionObject().dump()), answer(200, sessionObject().dump())};
  ASSERT_TRUE(gateway->retrieveSession(tenant, "cs_1").ok());
  EXPECT_EQ(http.sent.back().deadline, Milliseconds{3'000});
  (void)gateway->execute(tenant, sessionCall());
  EXPECT_EQ(http.sent.back().deadline, Milliseconds{20'000});
}

TEST_F(StripeGateway, ACallerWhoGaveUpSaysNothingOfStripesHealth) {
  for (int i = 0; i < 40; ++i) http.script.push_back(failure(Wire::Timeout, true));
  {
    const ReadPatience patience(Milliseconds{3'000});
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(gateway->retrieveSession(tenant, "cs_1").ok());
  }
  http.script = {answer(200, sessionObject().dump())};
  EXPECT_TRUE(gateway->retrieveSession(tenant, "cs_1").ok()) << "the circuit is closed";
}

TEST_F(StripeGateway, DoesNotWaitBeyondTheDeadline) {
  http.script = {answer(429, errorBody(R"("code":"rate_limit")"), {{"Retry-After", "20"}})};
  EXPECT_STREQ(nameOf(gateway->execute(tenant, sessionCall()).kind), "Failed");
  EXPECT_TRUE(waits.empty());
}

TEST_F(StripeGateway, HandsTheIntentOfADeclineAlong) {
  Json intent = intentObject();
  intent["last_payment_error"] = {{"type", "card_error"}, {"code", "card_declined"}};
  const Json body = {{"error",
                      {{"type", "card_error"},
                       {"code", "card_declined"},
                       {"decline_code", "insufficient_funds"},
                       {"payment_intent", intent}}}};
  http.script = {answer(402, body.dump())};
  const auto outcome = gateway->execute(tenant, intentCall());
  EXPECT_STREQ(nameOf(outcome.kind), "Failed");
  EXPECT_EQ(outcome.error->code, ErrorCode::PaymentDeclined);
  EXPECT_EQ(outcome.error->details["requestId"], "req_1");
  ASSERT_TRUE(outcome.payment);
  EXPECT_EQ(outcome.payment->paymentIntentId, "pi_1");
  EXPECT_EQ(outcome.payment->state, PaymentState::Declined);
  EXPECT_THAT(outcome.payment->object.dump(), Not(HasSubstr("secret")));
}

TEST_F(StripeGateway, RefundsAndReportsTheRefund) {
  http.script = {
      answer(200, R"({"id":"re_1","object":"refund","amount":3000,"currency":"usd","status":"succeeded",
                               "payment_intent":"pi_1"})")};
  const auto call = gateway->planRefund(tenant, SagaId{"saga_1"}, "pi_1", std::nullopt, "key_3");
  const auto outcome = gateway->execute(tenant, call);
  EXPECT_STREQ(nameOf(outcome.kind), "Succeeded");
  ASSERT_TRUE(outcome.refund);
  EXPECT_EQ(outcome.refund->refundId, "re_1");
  EXPECT_FALSE(outcome.payment);
}

TEST_F(StripeGateway, KnowsARefundAgainByTheKeyOfItsCall) {
  const Json made = {{"id", "re_1"},
                     {"object", "refund"},
                     {"amount", 3000},
                     {"currency", "usd"},
                     {"status", "succeeded"},
                     {"payment_intent", "pi_1"},
                     {"metadata", {{"saga_id", "saga_1"}, {"checkout_call", "key_3"}}}};
  const Json byHand = {{"id", "re_2"},      {"object", "refund"},    {"amount", 100},
                       {"currency", "usd"}, {"status", "succeeded"}, {"metadata", Json::object()}};
  http.script = {answer(200, made.dump()),
                 answer(200, Json{{"object", "list"}, {"data", {byHand, made}}, {"has_more", false}}.dump()),
                 answer(200, R"({"object":"list","data":[],"has_more":false})")};
  const auto call = gateway->planRefund(tenant, SagaId{"saga_1"}, "pi_1", std::nullopt, "key_3");
  EXPECT_THAT(testing::decodeForm(call.body), ::testing::Contains(std::pair<const std::string, std::string>(
                                                  "metadata[checkout_call]", "key_3")));
  const auto outcome = gateway->execute(tenant, call);
  ASSERT_TRUE(outcome.refund);
  EXPECT_EQ(outcome.refund->callKey, "key_3");
  const auto reversals = gateway->retrieveReversals(tenant, "pi_1");
  ASSERT_TRUE(reversals.ok());
  ASSERT_EQ(reversals->refunds.size(), 2u);
  EXPECT_EQ(reversals->refunds[0].callKey, "key_3");
  EXPECT_EQ(reversals->refunds[1].callKey, std::nullopt);
}

TEST_F(StripeGateway, SaysThatACallWasNotSentOnlyWhereThatIsCertain) {
  const auto unreachable = [] { return failure(Wire::Connect, false); };
  const auto busy = [] { return answer(429, errorBody(R"("code":"rate_limit")")); };
  struct Row {
    const char* name;
    std::deque<HttpExchange> script;
    bool notSent;
  };
  for (const Row& row :
       {Row{"no connection", {unreachable(), unreachable(), unreachable()}, true},
        Row{"an untrusted certificate", {failure(Wire::Tls, false)}, true},
        Row{"busy once", {busy(), unreachable(), unreachable()}, false},
        Row{"reset once", {failure(Wire::Reset, true), unreachable(), unreachable()}, false},
        Row{"a refusal", {answer(400, errorBody(R"("type":"invalid_request_error")"))}, false},
        Row{"a success", {answer(200, sessionObject().dump())}, false}}) {
    http.script = row.script;
    tenant.id.value += "x";  // a circuit of its own
    EXPECT_EQ(gateway->execute(tenant, sessionCall()).notSent, row.notSent) << row.name;
  }
}

TEST_F(StripeGateway, SendsNeitherCardDataNorADamagedPlan) {
  const ConfirmRequest withCard{
      "pi_1", Json::parse(R"({"payment_method_data":{"card":{"number":"4242424242424242"}}})")};
  const auto plan = gateway->planConfirmIntent(tenant, withCard, "key_4");
  EXPECT_EQ(plan.body, "");
  EXPECT_EQ(gateway->execute(tenant, plan).error->code, ErrorCode::CardNumberRejected);

  auto damaged = sessionCall();
  damaged.body += "&amount=1";
  const auto outcome = gateway->execute(tenant, damaged);
  EXPECT_STREQ(nameOf(outcome.kind), "Failed");
  EXPECT_EQ(outcome.error->code, ErrorCode::Internal);
  EXPECT_TRUE(http.sent.empty());
}

TEST_F(StripeGateway, LooksUpASessionWithItsIntent) {
  http.script = {answer(500, "{}"), answer(200, sessionObject().dump())};
  auto fact = gateway->retrieveSession(tenant, "cs_test_1");
  ASSERT_TRUE(fact.ok() && *fact);
  EXPECT_EQ((**fact).state, PaymentState::Open);
  ASSERT_EQ(http.sent.size(), 2u);
  EXPECT_EQ(http.sent[0].request.method, "GET");
  EXPECT_EQ(http.sent[0].request.target,
            "/v1/checkout/sessions/cs_test_1?expand%5B0%5D=payment_intent.latest_charge");
  EXPECT_FALSE(http.sent[0].request.headers.get("Idempotency-Key"));
}

TEST_F(StripeGateway, TellsAnObjectThatStripeDoesNotKnowFromAFailedLookUp) {
  http.script = {answer(404, errorBody(R"("code":"resource_missing")"))};
  const auto fact = gateway->retrieveSession(tenant, "cs_gone");
  ASSERT_TRUE(fact.ok());
  EXPECT_FALSE(fact->has_value());
}

TEST_F(StripeGateway, ReportsAFailedLookUpAsSuch) {
  struct Row {
    std::deque<HttpExchange> script;
    ErrorCode code;
  };
  for (const Row& row :
       {Row{{answer(404, errorBody(R"("code":"url_invalid")"))}, ErrorCode::CheckoutNotFound},
        Row{{failure(Wire::TooLarge, true)}, ErrorCode::PaymentServiceError},
        Row{{answer(302, "")}, ErrorCode::PaymentServiceError},
        Row{{answer(200, R"({"object":"balance"})")}, ErrorCode::PaymentServiceError},
        Row{{failure(Wire::Tls, false)}, ErrorCode::PaymentServiceError}}) {
    http.script = row.script;
    auto fact = gateway->retrieveIntent(tenant, "pi_1");
    ASSERT_FALSE(fact.ok());
    EXPECT_EQ(toString(fact.error().code), toString(row.code));
  }
}

TEST_F(StripeGateway, AsksForTheAccount) {
  http.script = {
      answer(200, R"({"object":"account","id":"acct_7"})"),
      answer(403, errorBody(R"("message":"The provided key does not have the required permissions")")),
      answer(403, errorBody(R"("code":"account_invalid","message":"has no access to account")")),
      answer(401, errorBody(R"("message":"Invalid API Key")")), answer(200, R"({"object":"account"})")};
  EXPECT_EQ(*gateway->account(tenant), "acct_7");
  EXPECT_EQ(http.sent[0].request.target, "/v1/account");
  EXPECT_EQ(*gateway->account(tenant), std::nullopt) << "a restricted key";
  EXPECT_FALSE(gateway->account(tenant).ok()) << "of another platform";
  EXPECT_FALSE(gateway->account(tenant).ok()) << "no key of Stripe's";
  EXPECT_FALSE(gateway->account(tenant).ok()) << "no account";
}

}  // namespace
}  // namespace checkout::stripe
