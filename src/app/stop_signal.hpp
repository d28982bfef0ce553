// SIGTERM and SIGINT as a descriptor that becomes readable.
#pragma once

namespace checkout::app {

// Make it before any thread: it blocks both signals for the threads that come after. SIGPIPE is ignored from
// then on, so that a peer that goes away is an error of one write and not the end of the process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  int descriptor() const { return descriptor_; }
  void wait() const;  // until one of the signals arrives; it stays readable

 private:
  int descriptor_;
};

}  // namespace checkout::app
