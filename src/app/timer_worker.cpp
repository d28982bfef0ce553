#include "app/timer_worker.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace checkout::app {
namespace {

constexpr Milliseconds kAfterFailure{1'000};

std::optional<Milliseconds> runTimers(saga::CheckoutService& checkouts, const Clock& clock) {
  const auto next = checkouts.runDueTimers();
  if (!next.ok()) {
    log::warn("The timers could not be run", {{"error", next.error().message}});
    return kAfterFailure;
  }
  if (!next->has_value()) return std::nullopt;
  return std::max(Milliseconds(0), **next - clock.now());
}

}  // namespace

TimerWorker::TimerWorker(saga::CheckoutService& checkouts, const Clock& clock)
    : loop_([&checkouts, &clock] { return runTimers(checkouts, clock); }) {}

}  // namespace checkout::app
