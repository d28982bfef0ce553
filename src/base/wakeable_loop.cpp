#include "base/wakeable_loop.hpp"

namespace checkout {

WakeableLoop::WakeableLoop(Round round) : round_(std::move(round)), thread_([this] { run(); }) {}

WakeableLoop::~WakeableLoop() {
  stop();
}

void WakeableLoop::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void WakeableLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool WakeableLoop::stopping() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

void WakeableLoop::run() {
  std::optional<Milliseconds> pause;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const auto due = [this] { return stop_ || woken_; };
      if (pause)
        changed_.wait_for(lock, *pause, due);
      else
        changed_.wait(lock, due);
      if (stop_) return;
      woken_ = false;
    }
    pause = round_();
  }
}

}  // namespace checkout
