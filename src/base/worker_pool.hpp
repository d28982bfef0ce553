// A bounded pool of threads with a bounded queue. Threads start when work arrives and none is idle; they
// stay, or end again when they have been idle for a while.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include <checkout/clock.hpp>

namespace checkout {

// Thread-safe. Tasks may submit further tasks.
class WorkerPool {
 public:
  // At most `workers` (> 0) tasks run at once, and at most `maxQueued` wait for a thread. A thread that had
  // nothing to do for `maxIdle` ends; nullopt: none does.
  WorkerPool(std::size_t workers, std::size_t maxQueued, std::optional<Milliseconds> maxIdle = std::nullopt);
  ~WorkerPool();  // stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and the task is dropped, if the queue is full or the pool has been stopped. An exception that
  // leaves a task is logged and ends only that task.
  bool trySubmit(std::function<void()> task);

  // Takes no more tasks, runs those that were accepted, and returns when the last one has ended. Harmless to
  // repeat. Not from a task.
  void stop();

  std::size_t queued() const;  // tasks that wait for a thread
  std::size_t threads() const;

 private:
  using Threads = std::list<std::thread>;
  void work(Threads::iterator self);
  bool awaitTask(std::unique_lock<std::mutex>& lock);
  bool startThread();

  const std::size_t workers_, maxQueued_;
  const std::optional<Milliseconds> maxIdle_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  Threads threads_, ended_;  // those that ended by themselves have yet to be joined
  std::size_t idle_ = 0;
  bool stopped_ = false;
  std::mutex joining_;
};

}  // namespace checkout
