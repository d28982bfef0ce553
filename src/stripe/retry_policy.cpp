#include "stripe/retry_policy.hpp"

#include <algorithm>
#include <charconv>

namespace checkout::stripe {
namespace {

constexpr Milliseconds kFirstWait{250};
constexpr Milliseconds kLongestWait{4000};
constexpr Milliseconds kTimeForAnAttempt{100};

struct Verdict {
  bool retry;
  std::string_view reason;
};

Verdict judgeFailure(HttpFailure::Kind kind) {
  switch (kind) {
    case HttpFailure::Kind::Connect:
      return {true, "no connection"};
    case HttpFailure::Kind::Timeout:
      return {true, "timeout"};
    case HttpFailure::Kind::Reset:
      return {true, "connection lost"};
    case HttpFailure::Kind::Tls:
      return {false, "TLS refused"};
    case HttpFailure::Kind::TooLarge:
      return {false, "answer too large"};
    case HttpFailure::Kind::Malformed:
      return {false, "not HTTP"};
  }
  return {false, "not HTTP"};
}

Verdict judge(const AttemptResult& result) {
  if (result.failure) return judgeFailure(*result.failure);
  if (isReplayedFailure(result)) return {false, "the key replays a failure"};
  if (result.shouldRetry)
    return {*result.shouldRetry, *result.shouldRetry ? "Stripe says retry" : "Stripe says stop"};
  if (result.code == "lock_timeout") return {true, "object locked"};
  if (result.status == 409) return {true, "conflict"};
  if (result.status == 429) return {true, "rate limited"};
  if (result.status >= 500) return {true, "server error"};
  if (result.status >= 200 && result.status < 300 && result.unreadable) return {true, "unreadable answer"};
  return {false, "final answer"};
}

// Half of the wait is fixed, half is chance; the bound doubles with each attempt.
Milliseconds backoff(int attempt, double chance) {
  const Milliseconds bound = std::min(kFirstWait * (1 << std::clamp(attempt - 1, 0, 10)), kLongestWait);
  return bound / 2 + Milliseconds{static_cast<std::int64_t>(static_cast<double>(bound.count() / 2) * chance)};
}

}  // namespace

RetryDecision decideRetry(const AttemptResult& result, const RetryBudget& budget, double chance) {
  const Verdict verdict = judge(result);
  if (!verdict.retry) return {false, {}, verdict.reason};
  if (budget.attempt >= budget.maxAttempts) return {false, {}, "attempts used up"};
  const Milliseconds wait =
      std::max(backoff(budget.attempt, chance), result.retryAfter.value_or(Milliseconds{0}));
  if (wait + kTimeForAnAttempt > budget.remaining) return {false, {}, "no time left"};
  return {true, wait, verdict.reason};
}

bool isReplayedFailure(const AttemptResult& result) {
  return !result.failure && result.replayed && result.status >= 500;
}

void readRetryHeaders(const HttpHeaders& headers, AttemptResult& result) {
  result.replayed = headers.get("Idempotent-Replayed") == "true";
  if (const auto text = headers.get("Stripe-Should-Retry")) {
    if (*text == "true") result.shouldRetry = true;
    if (*text == "false") result.shouldRetry = false;
  }
  if (const auto text = headers.get("Retry-After")) {
    std::int64_t seconds = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    constexpr std::int64_t kDay = 86'400;
    if (problem == std::errc{} && end == text->data() + text->size() && seconds >= 0)
      result.retryAfter = std::chrono::seconds(std::min(seconds, kDay));
  }
}

}  // namespace checkout::stripe
