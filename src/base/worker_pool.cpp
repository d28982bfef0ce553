#include "base/worker_pool.hpp"

#include <exception>
#include <system_error>

#include "base/log.hpp"

namespace checkout {

WorkerPool::WorkerPool(std::size_t workers, std::size_t maxQueued)
    : workers_(workers), maxQueued_(maxQueued) {}

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::trySubmit(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    // Every queued task beyond the idle threads waits; a thread that can still be started counts as idle.
    const std::size_t free = idle_ + workers_ - threads_.size();
    if (queue_.size() >= free + maxQueued_) return false;
    const bool needsThread = queue_.size() >= idle_ && threads_.size() < workers_;
    if (needsThread && !startThread() && threads_.empty()) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

bool WorkerPool::startThread() {
  try {
    threads_.emplace_back([this] { work(); });
    ++idle_;  // until it takes its first task
    return true;
  } catch (const std::system_error& failure) {
    log::warn("no further worker thread", {{"reason", failure.what()}});
    return false;
  }
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto task = std::move(queue_.front());
    queue_.pop_front();
    --idle_;
    lock.unlock();
    try {
      task();
    } catch (const std::exception& failure) {
      log::error("a task failed", {{"reason", failure.what()}});
    } catch (...) {
      log::error("a task failed");
    }
    task = nullptr;  // what it owns is freed before the thread counts as idle
    lock.lock();
    ++idle_;
  }
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  const std::lock_guard lock(joining_);
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() > idle_ ? queue_.size() - idle_ : 0;
}

std::size_t WorkerPool::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

}  // namespace checkout
