#include "app/event_sweeper.hpp"

#include "base/log.hpp"

namespace checkout::app {
namespace {

// A lost webhook is made good within this, and the time that one round takes.
constexpr Milliseconds kSweepInterval{20'000};

}  // namespace

EventSweeper::EventSweeper(saga::CheckoutService& checkouts, const TenantDirectory& tenants)
    : checkouts_(checkouts), tenants_(tenants), loop_([this] { return sweep(); }) {}

EventSweeper::~EventSweeper() {
  stopping_ = true;
  loop_.stop();
}

std::optional<Milliseconds> EventSweeper::sweep() {
  for (const Tenant* tenant : tenants_.all()) {
    if (stopping_) break;
    const auto swept = checkouts_.sweepEvents(tenant->id, [this] { return stopping_.load(); });
    if (!swept.ok())
      log::warn("the provider's events could not be read",
                {{"tenant", tenant->id.value}, {"reason", swept.error().message}});
  }
  return kSweepInterval;
}

}  // namespace checkout::app
