#include "app/stop_signal.hpp"

#include <csignal>
#include <cstdlib>

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace checkout::app {

StopSignal::StopSignal() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // beyond a limit on file sizes a write fails, as on a full disk
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC);
  if (descriptor_ < 0) std::abort();  // no descriptors left before anything began
}

StopSignal::~StopSignal() {
  ::close(descriptor_);
}

void StopSignal::wait() const {
  pollfd entry{descriptor_, POLLIN, 0};
  while (::poll(&entry, 1, -1) < 0) {
  }
}

}  // namespace checkout::app
