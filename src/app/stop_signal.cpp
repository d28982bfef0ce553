#include "app/stop_signal.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "transport/line_io.hpp"

namespace checkout::app {
namespace {

constexpr Milliseconds kLongestEnd{4'500};

}  // namespace

StopSignal::StopSignal() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // beyond a limit on file sizes a write fails, as on a full disk
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);  // the terminal was closed
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC);
  if (descriptor_ < 0) std::abort();  // no descriptors left before anything began
  limit_ = std::thread([this] { limitTheEnd(); });
}

StopSignal::~StopSignal() {
  ended_.set();
  limit_.join();
  ::close(descriptor_);
}

void StopSignal::limitTheEnd() const {
  std::array<pollfd, 2> polled{{{ended_.fd(), POLLIN, 0}, {descriptor_, POLLIN, 0}}};
  while (::poll(polled.data(), polled.size(), -1) < 0) {
  }
  if (transport::waitFor(ended_.fd(), POLLIN, transport::Deadline(kLongestEnd), -1)) return;
  // Not by way of the log: whoever holds its lock may be what does not end.
  constexpr std::string_view kNote =
      "checkout-mcp: not everything could be ended in time; it goes on at the next start\n";
  if (transport::waitFor(STDERR_FILENO, POLLOUT, transport::Deadline(Milliseconds(0)), -1))
    (void)!::write(STDERR_FILENO, kNote.data(), kNote.size());
  ::_exit(0);
}

void StopSignal::wait() const {
  pollfd entry{descriptor_, POLLIN, 0};
  while (::poll(&entry, 1, -1) < 0) {
  }
}

}  // namespace checkout::app
