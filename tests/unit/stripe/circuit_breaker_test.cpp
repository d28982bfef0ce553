#include "stripe/circuit_breaker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.hpp"
#include "stripe/gateway.hpp"
#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using testing::answer;
using testing::demoRequest;
using testing::demoTenant;
using testing::failure;
using ::testing::HasSubstr;
using testing::ManualClock;
using testing::ScriptedHttp;
using testing::sessionObject;
using Change = CircuitBreaker::Change;
using Health = CircuitBreaker::Health;

class Breaker : public ::testing::Test {
 protected:
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      EXPECT_FALSE(breaker.enter("a"));
      breaker.report("a", Health::Down);
    }
  }
  ManualClock clock;
  CircuitBreaker breaker{clock, {3, Milliseconds{1000}, Milliseconds{3000}}};
};

TEST_F(Breaker, OpensAfterSeveralFailuresInARow) {
  fail(2);
  breaker.report("a", Health::Up);
  fail(2);
  EXPECT_FALSE(breaker.enter("a")) << "an answer between them begins the count anew";
  EXPECT_EQ(breaker.report("a", Health::Down), Change::Opened);
  EXPECT_EQ(breaker.enter("a"), Milliseconds{1000});
  clock.advance(Milliseconds{400});
  EXPECT_EQ(breaker.enter("a"), Milliseconds{600});
}

TEST_F(Breaker, LetsOneProbeThroughAfterThePause) {
  fail(3);
  clock.advance(Milliseconds{1000});
  EXPECT_FALSE(breaker.enter("a"));
  EXPECT_TRUE(breaker.enter("a")) << "one probe is enough";
  EXPECT_EQ(breaker.report("a", Health::Up), Change::Closed);
  EXPECT_FALSE(breaker.enter("a"));
  EXPECT_FALSE(breaker.enter("a"));
}

TEST_F(Breaker, PausesLongerAfterEachProbeThatFailsUpToABound) {
  fail(3);
  for (const int pause : {1000, 2000, 3000, 3000}) {
    clock.advance(Milliseconds{pause - 1});
    EXPECT_EQ(breaker.enter("a"), Milliseconds{1});
    clock.advance(Milliseconds{1});
    EXPECT_FALSE(breaker.enter("a"));
    EXPECT_EQ(breaker.report("a", Health::Down), Change::None);
  }
}

TEST_F(Breaker, TakesStragglersForWhatTheyAre) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(breaker.enter("a"));  // five calls under way
  for (int i = 0; i < 3; ++i) breaker.report("a", Health::Down);
  breaker.report("a", Health::Down);
  EXPECT_EQ(breaker.enter("a"), Milliseconds{1000}) << "a late failure prolongs nothing";
  EXPECT_EQ(breaker.report("a", Health::Up), Change::Closed) << "a late answer is an answer";
}

TEST_F(Breaker, PassesTheProbeOnWhenItHasShownNothing) {
  fail(3);
  clock.advance(Milliseconds{1000});
  EXPECT_FALSE(breaker.enter("a"));
  EXPECT_EQ(breaker.report("a", Health::Unknown), Change::None);
  EXPECT_FALSE(breaker.enter("a")) << "the next call is the probe";
  EXPECT_EQ(breaker.report("a", Health::Up), Change::Closed);
}

TEST_F(Breaker, CountsNothingThatShowsNothing) {
  fail(2);
  for (int i = 0; i < 5; ++i) breaker.report("a", Health::Unknown);
  EXPECT_FALSE(breaker.enter("a"));
  EXPECT_EQ(breaker.report("a", Health::Down), Change::Opened) << "nor does it begin the count anew";
}

TEST_F(Breaker, KeepsCircuitsApartAndSurvivesAClockThatIsSetBack) {
  fail(3);
  EXPECT_FALSE(breaker.enter("b"));
  clock.advance(Milliseconds{-5000});
  EXPECT_FALSE(breaker.enter("a"));
}

class BreakerInTheGateway : public ::testing::Test {
 protected:
  BreakerInTheGateway() {
    GatewayOptions options;
    options.maxAttempts = 1;
    options.breaker = {3, Milliseconds{5000}, Milliseconds{30000}};
    options.metrics = &metrics;
    gateway = makeStripeGateway(http, clock, options);
  }
  CallOutcome create() {
    return gateway->execute(tenant, gateway->planCreateSession(tenant, demoRequest(), "k"));
  }
  void failThrice(const HttpExchange& fault) {
    for (int i = 0; i < 3; ++i) {
      http.script = {fault};
      create();
    }
  }

  ManualClock clock;
  ScriptedHttp http;
  Metrics metrics;
  Tenant tenant = demoTenant();
  std::unique_ptr<PaymentGateway> gateway;
};

TEST_F(BreakerInTheGateway, FailsAtOnceWithoutSendingAndSaysWhenItAsksAgain) {
  failThrice(failure(HttpFailure::Kind::Timeout, true));
  const auto sent = http.sent.size();
  const CallOutcome outcome = create();
  EXPECT_EQ(outcome.kind, CallOutcome::Kind::Failed) << "nothing was sent, so nothing is unknown";
  EXPECT_TRUE(outcome.temporary);
  EXPECT_TRUE(outcome.notSent);
  EXPECT_EQ(outcome.error->code, ErrorCode::PaymentServiceError);
  EXPECT_THAT(outcome.error->message, HasSubstr("asked again in 5 s. Nothing was sent"));
  EXPECT_EQ(outcome.error->details["retryAfterMs"], 5000);
  EXPECT_EQ(http.sent.size(), sent);
}

TEST_F(BreakerInTheGateway, NeverTakesSilenceForAnAnswer) {
  for (int i = 0; i < 3; ++i) {
    http.script = {answer(503, "busy")};
    EXPECT_FALSE(gateway->account(tenant).ok());
  }
  const auto sent = http.sent.size();
  EXPECT_FALSE(gateway->retrieveSession(tenant, "cs_1").ok());
  EXPECT_FALSE(gateway->findPayment(tenant, SagaId{"saga_1"}, 1, TimePoint{}).ok());
  EXPECT_FALSE(gateway->listPageLines(tenant, "cs_1").ok());
  EXPECT_FALSE(gateway->retrieveReversals(tenant, "pi_1").ok());
  EXPECT_FALSE(gateway->listEvents(tenant, {}).ok());
  EXPECT_EQ(http.sent.size(), sent);
}

TEST_F(BreakerInTheGateway, LeavesReadsAloneWhenWritesFail) {
  failThrice(answer(500, R"({"error":{"type":"api_error"}})"));
  http.script = {answer(200, sessionObject().dump())};
  EXPECT_TRUE(gateway->retrieveSession(tenant, "cs_test_1").ok());
  EXPECT_TRUE(create().notSent);
}

// Stripe keeps the answer of a key, its own 500 included. Calls that have such a key must not keep the
// circuit open for the others.
TEST_F(BreakerInTheGateway, TakesAReplayedFailureForNoNews) {
  const auto replay = [] {
    return answer(500, R"({"error":{"type":"api_error"}})", {{"Idempotent-Replayed", "true"}});
  };
  for (int i = 0; i < 10; ++i) {
    http.script = {replay()};
    const CallOutcome outcome = create();
    EXPECT_EQ(outcome.kind, CallOutcome::Kind::Unknown);
    EXPECT_TRUE(outcome.replayedFailure);
    EXPECT_FALSE(outcome.notSent);
  }
  failThrice(answer(500, R"({"error":{"type":"api_error"}})"));
  clock.advance(Milliseconds{5000});
  http.script = {replay(), answer(200, sessionObject().dump())};
  EXPECT_TRUE(create().replayedFailure) << "goes first, and shows nothing";
  EXPECT_EQ(create().kind, CallOutcome::Kind::Succeeded) << "is the probe";
}

TEST_F(BreakerInTheGateway, GoesOnWhenStripeAnswersTheProbe) {
  failThrice(failure(HttpFailure::Kind::Connect, false));
  clock.advance(Milliseconds{5000});
  http.script = {answer(200, sessionObject().dump()), answer(200, sessionObject().dump())};
  EXPECT_EQ(create().kind, CallOutcome::Kind::Succeeded);
  EXPECT_EQ(create().kind, CallOutcome::Kind::Succeeded);
}

TEST_F(BreakerInTheGateway, IsSeenInTheMetrics) {
  failThrice(answer(503, "busy"));
  EXPECT_THAT(metrics.render(),
              HasSubstr("\ncheckout_stripe_circuit_open{tenant=\"demo_store\",calls=\"writes\"} 1\n"));
  clock.advance(Milliseconds{5000});
  http.script = {answer(503, "busy")};
  create();  // the probe fails: open for longer, which is no new opening
  clock.advance(Milliseconds{10000});
  http.script = {answer(200, sessionObject().dump())};
  create();
  EXPECT_THAT(metrics.render(),
              HasSubstr("\ncheckout_stripe_circuit_open{tenant=\"demo_store\",calls=\"writes\"} 0\n"));
  EXPECT_THAT(
      metrics.render(),
      HasSubstr("\ncheckout_stripe_circuit_opened_total{tenant=\"demo_store\",calls=\"writes\"} 1\n"));
}

TEST_F(BreakerInTheGateway, LeavesOtherTenantsAlone) {
  failThrice(failure(HttpFailure::Kind::Reset, true));
  tenant.id = {"other"};
  http.script = {answer(200, sessionObject().dump())};
  EXPECT_EQ(create().kind, CallOutcome::Kind::Succeeded);
}

TEST_F(BreakerInTheGateway, OpensForOutagesAndNotForRefusals) {
  const Json declined = {{"error", {{"type", "card_error"}, {"code", "card_declined"}}}};
  struct Row {
    HttpExchange exchange;
    bool opens;
  };
  for (const Row& row : {Row{answer(402, declined.dump()), false},
                         {answer(400, R"({"error":{"type":"invalid_request_error"}})"), false},
                         {answer(401, R"({"error":{}})"), false},
                         {answer(409, R"({"error":{"code":"idempotency_key_in_use"}})"), false},
                         {failure(HttpFailure::Kind::TooLarge, true), false},
                         {answer(429, R"({"error":{"code":"rate_limit"}})"), false},
                         {answer(500, R"({"error":{}})"), true},
                         {answer(502, "<html>"), true},
                         {failure(HttpFailure::Kind::Tls, false), true}}) {
    tenant.id.value += "x";  // a circuit of its own
    failThrice(row.exchange);
    const auto sent = http.sent.size();
    http.script = {answer(200, sessionObject().dump())};
    create();
    EXPECT_EQ(http.sent.size() == sent, row.opens)
        << (row.exchange.response ? row.exchange.response->status : -1);
  }
}

}  // namespace
}  // namespace checkout::stripe
