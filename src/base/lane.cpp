#include "base/lane.hpp"

#include <utility>

namespace checkout {
namespace {

// Threads of a burst are kept for the next one, but not for ever.
constexpr Milliseconds kMaxIdle{10'000};

}  // namespace

struct Lane::Occupancy {
  std::mutex mutex;
  std::size_t free;
  std::map<std::string, std::size_t> held;  // by tenant; none holds 0
  Metrics own;                              // where the lane was given none
  Metrics::Value &inFlight, &refused;

  Occupancy(std::string_view name, std::size_t places, Metrics* metrics)
      : free(places),
        inFlight((metrics ? *metrics : own)
                     .gauge("checkout_mcp_lane_in_flight", "Work admitted to a lane and not yet done.",
                            {{"lane", std::string(name)}})),
        refused((metrics ? *metrics : own)
                    .counter("checkout_mcp_lane_refused_total",
                             "Work refused since its tenant had its share.", {{"lane", std::string(name)}})) {
  }

  bool take(const std::string& tenant) {
    const std::lock_guard lock(mutex);
    const auto holder = held.find(tenant);
    if ((holder == held.end() ? 0 : holder->second) >= free) return false;
    ++held[tenant];
    --free;
    return true;
  }
  void giveBack(const std::string& tenant) {
    const std::lock_guard lock(mutex);
    const auto holder = held.find(tenant);
    if (--holder->second == 0) held.erase(holder);
    ++free;
  }
};

// A task keeps its thread for a moment after it has released its place: the next one is queued so long.
Lane::Lane(std::string_view name, std::size_t places, Metrics* metrics)
    : occupancy_(std::make_shared<Occupancy>(name, places, metrics)), pool_(places, places, kMaxIdle) {}

Lane::Place Lane::enter(const std::string& tenant) {
  if (!occupancy_->take(tenant)) {
    occupancy_->refused.add();
    return nullptr;
  }
  occupancy_->inFlight.add(1);
  return Place(occupancy_.get(), [occupancy = occupancy_, tenant](const void*) {
    occupancy->inFlight.add(-1);
    occupancy->giveBack(tenant);
  });
}

}  // namespace checkout
