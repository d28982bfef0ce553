// Whether a call to Stripe is sent again, and when. Pure: time and chance come in as arguments.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <checkout/http.hpp>

namespace checkout::stripe {

// How one attempt ended. Without a failure, `status` and what the answer's headers and error said.
struct AttemptResult {
  std::optional<HttpFailure::Kind> failure;
  int status = 0;
  bool unreadable = false;                 // the body is not the JSON that Stripe sends
  bool replayed = false;                   // Idempotent-Replayed: what the key got at first
  std::optional<bool> shouldRetry;         // Stripe-Should-Retry
  std::optional<Milliseconds> retryAfter;  // Retry-After
  std::string code;                        // error.code
};

// Stripe keeps the answer of a key, its own failures included, and gives it to every repetition.
bool isReplayedFailure(const AttemptResult& result);

struct RetryBudget {
  int attempt = 1;  // the one that just ended, from 1
  int maxAttempts = 3;
  Milliseconds remaining{0};  // until the call's deadline
};

struct RetryDecision {
  bool retry = false;
  Milliseconds wait{0};
  std::string_view reason;  // for the log and for tests; static storage
};

// `chance` in [0, 1) spreads the waits of many clients. A wait that would not leave time for another attempt
// before the deadline means no retry.
RetryDecision decideRetry(const AttemptResult& result, const RetryBudget& budget, double chance);

// Fills replayed, shouldRetry and retryAfter from an answer's headers; values that make no sense are ignored.
void readRetryHeaders(const HttpHeaders& headers, AttemptResult& result);

}  // namespace checkout::stripe
