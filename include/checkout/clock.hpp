// Time as a port, so that tests and the simulator decide what "now" is.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace checkout {

using Milliseconds = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Milliseconds>;  // UTC

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

std::string toIso8601(TimePoint time);                                 // 2026-11-22T09:30:00.250Z
std::optional<TimePoint> timePointFromIso8601(std::string_view text);  // that same form only
// The Date of HTTP, RFC 9110 section 5.6.7: Fri, 27 Nov 2026 09:30:00 GMT. Whatever the locale.
std::string toHttpDate(TimePoint time);
std::optional<TimePoint> timePointFromHttpDate(std::string_view text);  // that same form only
inline std::int64_t toUnixMillis(TimePoint time) {
  return time.time_since_epoch().count();
}
inline TimePoint fromUnixMillis(std::int64_t millis) {
  return TimePoint{Milliseconds{millis}};
}
inline std::int64_t toUnixSeconds(TimePoint time) {
  return toUnixMillis(time) / 1000;
}
inline TimePoint fromUnixSeconds(std::int64_t seconds) {
  return fromUnixMillis(seconds * 1000);
}

}  // namespace checkout
