#include "app/event_sweeper.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace checkout::app {
namespace {

constexpr int kFullEvery = 15;  // sweeps; those between read only what no webhook endpoint has taken
constexpr Milliseconds kMaxIdle{60'000};

}  // namespace

EventSweeper::EventSweeper(saga::CheckoutService& checkouts, const TenantDirectory& tenants,
                           Milliseconds interval)
    : checkouts_(checkouts),
      interval_(interval),
      sweeps_([&] {
        std::list<Sweep> sweeps;
        for (const Tenant* tenant : tenants.all()) sweeps.emplace_back(*tenant);
        return sweeps;
      }()),
      threads_(std::max<std::size_t>(sweeps_.size(), 1), sweeps_.size(), kMaxIdle),
      loop_([this] { return beginAll(); }) {}

EventSweeper::~EventSweeper() {
  stopping_ = true;
  loop_.stop();
  threads_.stop();
}

std::optional<Milliseconds> EventSweeper::beginAll() {
  for (Sweep& sweep : sweeps_) {
    if (stopping_) break;
    if (sweep.isRunning.exchange(true)) continue;
    if (!threads_.trySubmit([this, &sweep] { run(sweep); })) sweep.isRunning = false;
  }
  return interval_;
}

void EventSweeper::run(Sweep& sweep) {
  // The first one reads all: nobody knows what was missed while no server ran.
  const auto depth = sweep.done++ % kFullEvery == 0 ? saga::SweepDepth::All : saga::SweepDepth::Undelivered;
  const auto swept = checkouts_.sweepEvents(sweep.tenant.id, depth, [this] { return stopping_.load(); });
  if (!swept.ok())
    log::warn("the provider's events could not be read",
              {{"tenant", sweep.tenant.id.value}, {"reason", swept.error().message}});
  sweep.isRunning = false;
}

}  // namespace checkout::app
