#include "base/worker_pool.hpp"

#include <exception>
#include <system_error>

#include "base/log.hpp"

namespace checkout {

WorkerPool::WorkerPool(std::size_t workers, std::size_t maxQueued, std::optional<Milliseconds> maxIdle)
    : workers_(workers), maxQueued_(maxQueued), maxIdle_(maxIdle) {}

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::trySubmit(std::function<void()> task) {
  Threads ended;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    // Every queued task beyond the idle threads waits; a thread that can still be started counts as idle.
    const std::size_t free = idle_ + workers_ - threads_.size();
    if (queue_.size() >= free + maxQueued_) return false;
    const bool needsThread = queue_.size() >= idle_ && threads_.size() < workers_;
    if (needsThread && !startThread() && threads_.empty()) return false;
    queue_.push_back(std::move(task));
    ended.swap(ended_);
  }
  wake_.notify_one();
  for (auto& thread : ended) thread.join();  // returns at once: it holds no lock and runs no task any more
  return true;
}

bool WorkerPool::startThread() {
  const auto self = threads_.emplace(threads_.end());
  try {
    *self = std::thread([this, self] { work(self); });  // waits for our lock before it touches anything
    ++idle_;                                            // until it takes its first task
    return true;
  } catch (const std::system_error& failure) {
    threads_.erase(self);
    log::warn("no further worker thread", {{"reason", failure.what()}});
    return false;
  }
}

// False: the thread is to end.
bool WorkerPool::awaitTask(std::unique_lock<std::mutex>& lock) {
  const auto isDue = [this] { return stopped_ || !queue_.empty(); };
  if (maxIdle_)
    wake_.wait_for(lock, *maxIdle_, isDue);
  else
    wake_.wait(lock, isDue);
  return !queue_.empty();
}

void WorkerPool::work(Threads::iterator self) {
  std::unique_lock lock(mutex_);
  while (awaitTask(lock)) {
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
  --idle_;
  if (!stopped_) ended_.splice(ended_.end(), threads_, self);
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  const std::lock_guard lock(joining_);
  for (auto* threads : {&threads_, &ended_})  // no task is taken any more, so neither list changes
    for (auto& thread : *threads)
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
