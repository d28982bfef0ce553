// A clock that stands still until told otherwise. Thread-safe.
#pragma once

#include <atomic>

#include <checkout/clock.hpp>

namespace checkout::test {

class ManualClock final : public Clock {
 public:
  TimePoint now() const override { return fromUnixMillis(millis_.load()); }
  void advance(Milliseconds by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_{1'790'000'000'000};  // 2026-09-21
};

}  // namespace checkout::test
