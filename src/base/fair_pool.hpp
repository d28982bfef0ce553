// A pool of threads for background work that is shared out among tenants: each has so many tasks running at
// most, and a queue of its own for the others.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/worker_pool.hpp"

namespace checkout {

// Thread-safe. A tenant whose tasks hang keeps its own queue waiting, and nobody else's.
class FairPool {
 public:
  // Of `workers` (> 0) threads a tenant gets half at most, but one in any case; `maxQueued` of its tasks
  // wait.
  FairPool(std::size_t workers, std::size_t maxQueued);

  // False, and the task is dropped, if the tenant's queue is full or the pool has been stopped.
  bool trySubmit(const std::string& tenant, std::function<void()> task);
  // How many more tasks of the tenant are taken now, at least.
  std::size_t room(const std::string& tenant) const;
  // Waits for the tasks that have a thread or wait for one; those in the tenants' queues are dropped.
  void stop() { pool_.stop(); }

 private:
  using Task = std::function<void()>;
  struct Share {
    std::size_t begun = 0;  // tasks that were handed to the pool and have not ended
    std::deque<Task> queue;
  };
  bool begin(const std::string& tenant, Task task);
  void ended(const std::string& tenant);

  const std::size_t atOnce_, maxQueued_;
  mutable std::mutex mutex_;
  std::map<std::string, Share> shares_;  // of those that have work
  WorkerPool pool_;                      // last, so that its tasks end first
};

}  // namespace checkout
