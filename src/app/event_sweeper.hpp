// Asks the payment provider every so often for events that no webhook has brought.
#pragma once

#include <atomic>
#include <list>

#include <checkout/clock.hpp>
#include <checkout/tenant.hpp>

#include "base/wakeable_loop.hpp"
#include "base/worker_pool.hpp"
#include "saga/checkout_service.hpp"

namespace checkout::app {

// Both references must outlive the sweeper.
class EventSweeper {
 public:
  // Begins to read every tenant's events once in `interval`, each tenant's on a thread of its own: one whose
  // provider is slow is not begun again before it is done, and keeps no other waiting.
  EventSweeper(saga::CheckoutService& checkouts, const TenantDirectory& tenants, Milliseconds interval);
  ~EventSweeper();  // waits for the pages under way, no longer

 private:
  struct Sweep {
    explicit Sweep(const Tenant& whose) : tenant(whose) {}
    const Tenant& tenant;
    std::atomic<bool> isRunning{false};
    int done = 0;  // its thread's
  };
  std::optional<Milliseconds> beginAll();
  void run(Sweep& sweep);

  saga::CheckoutService& checkouts_;
  const Milliseconds interval_;
  std::list<Sweep> sweeps_;
  std::atomic<bool> stopping_{false};
  WorkerPool threads_;
  WakeableLoop loop_;  // last: it uses the others
};

}  // namespace checkout::app
