#include "stripe/rate_limiter.hpp"

#include <gtest/gtest.h>

#include "stripe/gateway.hpp"
#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using Use = RateLimiter::Use;

class RateLimiterTest : public ::testing::Test {
 protected:
  int taken(const std::string& key, Use use) {
    int count = 0;
    while (!limiter.take(key, 25, use)) ++count;
    return count;
  }
  testing::ManualClock clock;
  RateLimiter limiter{clock};
};

TEST_F(RateLimiterTest, ReadsLeaveAFifthToWrites) {
  EXPECT_EQ(taken("sessions", Use::Read), 20);
  EXPECT_EQ(taken("sessions", Use::Write), 5);
  EXPECT_EQ(taken("intents", Use::Write), 25) << "each endpoint has its own";
}

TEST_F(RateLimiterTest, SaysWhenThereIsRoomAgain) {
  taken("sessions", Use::Write);
  EXPECT_EQ(limiter.take("sessions", 25, Use::Write), Milliseconds{40});
  EXPECT_EQ(limiter.take("sessions", 25, Use::Read), Milliseconds{240});
  clock.advance(Milliseconds{40});
  EXPECT_FALSE(limiter.take("sessions", 25, Use::Write));
  clock.advance(Milliseconds{60'000});
  EXPECT_EQ(taken("sessions", Use::Write), 25) << "no more than a second's are saved up";
}

TEST_F(RateLimiterTest, AClockThatIsSetBackStopsNothing) {
  taken("sessions", Use::Write);
  clock.advance(Milliseconds{-3'600'000});
  EXPECT_TRUE(limiter.take("sessions", 25, Use::Write));
  clock.advance(Milliseconds{1'000});
  EXPECT_EQ(taken("sessions", Use::Write), 25);
}

TEST(RateLimit, PaymentsWaitForTheirTurnAndLookUpsDoNot) {
  testing::ManualClock clock;
  testing::ScriptedHttp http;
  GatewayOptions options;
  std::vector<Milliseconds> waits;
  options.wait = [&](Milliseconds time) {
    waits.push_back(time);
    clock.advance(time);
  };
  const auto gateway = makeStripeGateway(http, clock, options);
  Tenant tenant = testing::demoTenant();
  tenant.stripe.requestsPerSecond = 5;
  for (int i = 0; i < 6; ++i) http.script.push_back(testing::answer(200, testing::sessionObject().dump()));

  for (int i = 0; i < 4; ++i) EXPECT_TRUE(gateway->retrieveSession(tenant, "cs_1").ok());
  const auto refused = gateway->retrieveSession(tenant, "cs_1");
  EXPECT_EQ(refused.error().code, ErrorCode::RateLimited);
  EXPECT_EQ(refused.error().details["retryAfterMs"], 200);
  EXPECT_EQ(http.sent.size(), 4u);

  const auto plan = gateway->planCreateSession(tenant, testing::demoRequest(), "key");
  EXPECT_EQ(gateway->execute(tenant, plan).kind, CallOutcome::Kind::Succeeded);
  EXPECT_TRUE(waits.empty()) << "a fifth is kept for payments";
  EXPECT_EQ(gateway->execute(tenant, plan).kind, CallOutcome::Kind::Succeeded);
  EXPECT_EQ(waits, std::vector{Milliseconds{200}});
  EXPECT_EQ(http.sent.size(), 6u);
}

}  // namespace
}  // namespace checkout::stripe
