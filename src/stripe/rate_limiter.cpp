#include "stripe/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace checkout::stripe {

std::optional<Milliseconds> RateLimiter::take(const std::string& key, int perSecond, Use use) {
  const double capacity = perSecond, reserve = use == Use::Read ? capacity / 5 : 0;
  const std::lock_guard lock(mutex_);
  const TimePoint now = clock_.now();
  Bucket& bucket = buckets_.try_emplace(key, Bucket{capacity, now}).first->second;
  const auto passed = std::max(now - bucket.filledAt, Milliseconds{0});  // a clock may be set back
  bucket.tokens = std::min(capacity, bucket.tokens + capacity * static_cast<double>(passed.count()) / 1000);
  bucket.filledAt = now;
  const double missing = 1 + reserve - bucket.tokens;
  if (missing > 0) return Milliseconds{static_cast<std::int64_t>(std::ceil(missing / capacity * 1000))};
  bucket.tokens -= 1;
  return std::nullopt;
}

}  // namespace checkout::stripe
