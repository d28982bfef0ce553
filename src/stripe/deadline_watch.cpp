#include "stripe/deadline_watch.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace checkout::stripe {
namespace {

// An expired exchange may still open a socket (a host with several addresses), so it is shut down again.
constexpr std::chrono::milliseconds kRepeat{20};

}  // namespace

DeadlineWatch::DeadlineWatch() : thread_([this] { run(); }) {}

DeadlineWatch::~DeadlineWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void DeadlineWatch::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto [due, exchange] = *queue_.begin();
    const auto now = std::chrono::steady_clock::now();
    if (due > now) {
      changed_.wait_until(lock, due);
      continue;
    }
    queue_.erase(queue_.begin());
    exchange->expired_ = true;
    if (exchange->fd_ >= 0) ::shutdown(exchange->fd_, SHUT_RDWR);
    exchange->due_ = now + kRepeat;
    queue_.emplace(exchange->due_, exchange);
  }
}

DeadlineWatch::Exchange::Exchange(DeadlineWatch& watch, Time due) : watch_(watch), due_(due) {
  bool earliest = false;
  {
    const std::lock_guard lock(watch_.mutex_);
    const auto place = watch_.queue_.emplace(due_, this).first;
    earliest = place == watch_.queue_.begin();
  }
  if (earliest) watch_.changed_.notify_one();
}

DeadlineWatch::Exchange::~Exchange() {
  const std::lock_guard lock(watch_.mutex_);
  watch_.queue_.erase({due_, this});
}

void DeadlineWatch::Exchange::attach(int fd) {
  const std::lock_guard lock(watch_.mutex_);
  fd_ = fd;
}

bool DeadlineWatch::Exchange::expired() const {
  const std::lock_guard lock(watch_.mutex_);
  return expired_;
}

}  // namespace checkout::stripe
