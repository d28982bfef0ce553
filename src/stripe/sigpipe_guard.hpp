// Keeps SIGPIPE from this thread while it writes to sockets through libraries that don't suppress it.
#pragma once

#include <csignal>
#include <ctime>

namespace checkout::stripe {

// Leaves the process's signal handling alone: the signal is blocked for this thread, and one that came in
// meanwhile is taken off again.
class SigpipeGuard {
 public:
  SigpipeGuard() {
    sigset_t pending;
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    sigpending(&pending);
    wasPending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeGuard() {
    const timespec atOnce{};
    if (!wasPending_)
      while (sigtimedwait(&sigpipe_, nullptr, &atOnce) > 0) {
      }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t sigpipe_{}, before_{};
  bool wasPending_ = false;
};

}  // namespace checkout::stripe
