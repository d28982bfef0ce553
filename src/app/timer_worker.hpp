// Runs the sagas' timers when they are due.
#pragma once

#include <checkout/clock.hpp>

#include "base/wakeable_loop.hpp"
#include "saga/checkout_service.hpp"

namespace checkout::app {

// Both references must outlive the worker.
class TimerWorker {
 public:
  TimerWorker(saga::CheckoutService& checkouts, const Clock& clock);
  void wake() { loop_.wake(); }  // a timer may have been set; any thread

 private:
  WakeableLoop loop_;
};

}  // namespace checkout::app
