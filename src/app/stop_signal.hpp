// SIGTERM and SIGINT as a descriptor that becomes readable, and the latest moment for the end after that.
#pragma once

#include <thread>

#include "transport/event.hpp"

namespace checkout::app {

// Make it before any other thread: it blocks both signals for the threads that come after. SIGPIPE is ignored
// from then on, so that a peer that goes away is an error of one write and not the end of the process.
//
// Every part of a process ends by itself within its own time. Should one not, since a call of the payment
// provider does not return, say, the process ends 4.5 s after the signal all the same, with exit code 0: all
// that it works on is in the store, and goes on where it stood at the next start.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  int descriptor() const { return descriptor_; }
  void wait() const;  // until one of the signals arrives; it stays readable

 private:
  void limitTheEnd() const;

  int descriptor_;
  transport::Event ended_;
  std::thread limit_;
};

}  // namespace checkout::app
