// Keeps requests below the rate that Stripe allows, so that payments are not refused for the sake of look-ups:
// by default 25 a second for each endpoint (https://docs.stripe.com/rate-limits).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <checkout/clock.hpp>

namespace checkout::stripe {

// A token bucket for each key (a tenant's endpoint): it holds one second's requests and is refilled steadily.
// Thread-safe; `clock` must outlive it.
class RateLimiter {
 public:
  explicit RateLimiter(const Clock& clock) : clock_(clock) {}

  // Reads leave a fifth of the bucket to writes.
  enum class Use { Read, Write };
  // Takes one token. How long until there is one, if there is none now; nothing is taken then.
  std::optional<Milliseconds> take(const std::string& key, int perSecond, Use use);

 private:
  struct Bucket {
    double tokens;
    TimePoint filledAt;
  };

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace checkout::stripe
