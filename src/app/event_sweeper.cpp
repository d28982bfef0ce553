#include "app/event_sweeper.hpp"

#include "base/log.hpp"

namespace checkout::app {

EventSweeper::EventSweeper(saga::CheckoutService& checkouts, const TenantDirectory& tenants,
                           Milliseconds interval)
    : checkouts_(checkouts), tenants_(tenants), interval_(interval), loop_([this] { return sweep(); }) {}

EventSweeper::~EventSweeper() {
  stopping_ = true;
  loop_.stop();
}

std::optional<Milliseconds> EventSweeper::sweep() {
  // The first one reads all: nobody knows what was missed while no server ran.
  const auto depth = sweeps_++ % kFullEvery == 0 ? saga::SweepDepth::All : saga::SweepDepth::Undelivered;
  for (const Tenant* tenant : tenants_.all()) {
    if (stopping_) break;
    const auto swept = checkouts_.sweepEvents(tenant->id, depth, [this] { return stopping_.load(); });
    if (!swept.ok())
      log::warn("the provider's events could not be read",
                {{"tenant", tenant->id.value}, {"reason", swept.error().message}});
  }
  return interval_;
}

}  // namespace checkout::app
