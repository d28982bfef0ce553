// Asks the payment provider every so often for events that no webhook has brought.
#pragma once

#include <atomic>

#include <checkout/clock.hpp>
#include <checkout/tenant.hpp>

#include "base/wakeable_loop.hpp"
#include "saga/checkout_service.hpp"

namespace checkout::app {

// Both references must outlive the sweeper.
class EventSweeper {
 public:
  // Reads every tenant's events once in `interval`.
  EventSweeper(saga::CheckoutService& checkouts, const TenantDirectory& tenants, Milliseconds interval);
  ~EventSweeper();  // waits for the page under way, no longer

 private:
  std::optional<Milliseconds> sweep();
  saga::CheckoutService& checkouts_;
  const TenantDirectory& tenants_;
  const Milliseconds interval_;
  static constexpr int kFullEvery = 15;  // sweeps; those between read only what no webhook endpoint has taken
  int sweeps_ = 0;                       // the loop's
  std::atomic<bool> stopping_{false};
  WakeableLoop loop_;  // last: it uses the others
};

}  // namespace checkout::app
