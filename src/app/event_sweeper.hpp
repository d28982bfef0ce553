// Asks the payment provider every so often for events that no webhook has brought.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

#include <checkout/clock.hpp>
#include <checkout/tenant.hpp>

#include "base/wakeable_loop.hpp"
#include "base/worker_pool.hpp"
#include "saga/checkout_service.hpp"

namespace checkout::app {

struct SweepPace {
  Milliseconds shortest{5'000}, longest{6 * 60'000};
};

// How long after one sweep the next one begins. Stripe wants reads to stay below 500 for each payment and
// 10,000 a month in any case (https://docs.stripe.com/rate-limits): where webhooks arrive, few events are
// missed; elsewhere a payment is soonest expected when its page has just been opened.
Milliseconds sweepPause(const SweepPace& pace, bool webhooksArrive, Milliseconds sincePaymentAwaited);

// The references must outlive the sweeper. Thread-safe.
class EventSweeper {
 public:
  // Each tenant's events are read on a thread of its own: one whose provider is slow is not begun again
  // before it is done, and keeps no other waiting. `webhooksArrive`: at tenants that have a secret for them.
  EventSweeper(saga::CheckoutService& checkouts, const TenantDirectory& tenants, bool webhooksArrive,
               SweepPace pace = {});
  ~EventSweeper();  // waits for the pages under way, no longer

  void paymentAwaited(const TenantId& tenant);

 private:
  using Steady = std::chrono::steady_clock;
  struct Sweep {
    Sweep(const Tenant& whose, bool webhooks) : tenant(whose), webhooksArrive(webhooks) {}
    const Tenant& tenant;
    const bool webhooksArrive;
    std::atomic<Steady::time_point> awaitedAt{Steady::now()};
    std::atomic<bool> isRunning{false};
    std::optional<Steady::time_point> begunAt;  // the loop's
    int done = 0;                               // its thread's
  };
  std::optional<Milliseconds> beginDue();
  void run(Sweep& sweep);
  bool pause(Milliseconds time);  // false: stopping

  saga::CheckoutService& checkouts_;
  const SweepPace pace_;
  std::list<Sweep> sweeps_;
  std::mutex mutex_;
  std::condition_variable stops_;
  std::atomic<bool> stopping_{false};
  WorkerPool threads_;
  WakeableLoop loop_;  // last: it uses the others
};

}  // namespace checkout::app
