#include "stripe/retry_policy.hpp"

#include <gtest/gtest.h>

namespace checkout::stripe {
namespace {

using Kind = HttpFailure::Kind;

AttemptResult failedWith(Kind kind) {
  AttemptResult result;
  result.failure = kind;
  return result;
}

AttemptResult answered(int status, std::optional<bool> shouldRetry = {}, std::string code = {}) {
  AttemptResult result;
  result.status = status;
  result.shouldRetry = shouldRetry;
  result.code = std::move(code);
  return result;
}

AttemptResult unreadable(int status) {
  AttemptResult result = answered(status);
  result.unreadable = true;
  return result;
}

const RetryBudget kPlenty{1, 3, Milliseconds{20000}};

TEST(RetryPolicy, DecidesByTheOutcomeOfTheAttempt) {
  struct Row {
    AttemptResult result;
    bool retry;
    const char* reason;
  };
  const Row rows[] = {
      {failedWith(Kind::Connect), true, "no connection"},
      {failedWith(Kind::Timeout), true, "timeout"},
      {failedWith(Kind::Reset), true, "connection lost"},
      {failedWith(Kind::Tls), false, "TLS refused"},
      {failedWith(Kind::TooLarge), false, "answer too large"},
      {failedWith(Kind::Malformed), false, "not HTTP"},
      {answered(200), false, "final answer"},
      {unreadable(200), true, "unreadable answer"},
      {unreadable(403), false, "final answer"},
      {unreadable(302), false, "final answer"},
      {answered(400), false, "final answer"},
      {answered(402), false, "final answer"},
      {answered(404), false, "final answer"},
      {answered(409), true, "conflict"},
      {answered(429), true, "rate limited"},
      {answered(429, {}, "lock_timeout"), true, "object locked"},
      {answered(400, {}, "lock_timeout"), true, "object locked"},
      {answered(500), true, "server error"},
      {answered(503), true, "server error"},
      {answered(500, false), false, "Stripe says stop"},
      {answered(409, false), false, "Stripe says stop"},
      {answered(400, true), true, "Stripe says retry"},
  };
  for (const Row& row : rows) {
    const auto decision = decideRetry(row.result, kPlenty, 0);
    EXPECT_EQ(decision.retry, row.retry) << row.result.status << " " << row.reason;
    EXPECT_EQ(decision.reason, row.reason) << row.result.status;
  }
}

TEST(RetryPolicy, WaitsLongerEachTimeWithinBounds) {
  const auto wait = [](int attempt, double chance) {
    return decideRetry(answered(500), {attempt, 100, Milliseconds{60000}}, chance).wait.count();
  };
  EXPECT_EQ(wait(1, 0), 125);
  EXPECT_EQ(wait(1, 0.999), 249);
  EXPECT_EQ(wait(2, 0), 250);
  EXPECT_EQ(wait(3, 0), 500);
  EXPECT_EQ(wait(50, 0.5), 3000);
}

TEST(RetryPolicy, WaitsAsLongAsStripeAsksFor) {
  AttemptResult result = answered(429);
  result.retryAfter = Milliseconds{3000};
  EXPECT_EQ(decideRetry(result, kPlenty, 0).wait, Milliseconds{3000});
  result.retryAfter = Milliseconds{0};
  EXPECT_EQ(decideRetry(result, kPlenty, 0).wait, Milliseconds{125});
}

TEST(RetryPolicy, NeverGoesBeyondTheDeadline) {
  AttemptResult result = answered(429);
  result.retryAfter = Milliseconds{3000};
  EXPECT_EQ(decideRetry(result, {1, 3, Milliseconds{3000}}, 0).reason, "no time left");
  EXPECT_FALSE(decideRetry(answered(500), {1, 3, Milliseconds{100}}, 0).retry);
  EXPECT_FALSE(decideRetry(answered(500), {1, 3, Milliseconds{-5}}, 0).retry);
}

TEST(RetryPolicy, StopsAfterTheLastAttempt) {
  EXPECT_TRUE(decideRetry(answered(500), {2, 3, Milliseconds{20000}}, 0).retry);
  EXPECT_EQ(decideRetry(answered(500), {3, 3, Milliseconds{20000}}, 0).reason, "attempts used up");
}

TEST(RetryPolicy, ReadsStripesHeadersAndIgnoresNonsense) {
  const auto read = [](const std::string& shouldRetry, const std::string& retryAfter) {
    HttpHeaders headers;
    headers.set("stripe-should-retry", shouldRetry);
    headers.set("retry-after", retryAfter);
    AttemptResult result;
    readRetryHeaders(headers, result);
    return result;
  };
  EXPECT_EQ(read("true", "2").shouldRetry, true);
  EXPECT_EQ(read("false", "2").shouldRetry, false);
  EXPECT_EQ(read("perhaps", "2").shouldRetry, std::nullopt);
  EXPECT_EQ(read("true", "2").retryAfter, Milliseconds{2000});
  for (const char* nonsense : {"-1", "soon", "2s", "", "Wed, 21 Oct 2026 07:28:00 GMT"})
    EXPECT_EQ(read("true", nonsense).retryAfter, std::nullopt) << nonsense;
  EXPECT_EQ(read("true", "9000000000000000").retryAfter, std::chrono::hours(24));
}

}  // namespace
}  // namespace checkout::stripe
