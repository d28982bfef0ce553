// Threads for work that may wait long for somebody else, apart from the threads that serve everything else,
// and shared out fairly among those on whose behalf it waits (the tenants).
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/metrics.hpp"
#include "base/worker_pool.hpp"

namespace checkout {

// A tenant gets a place while it holds fewer than are free. So one whose provider hangs gets half of the
// lane, two such tenants a third each, and there is always room for another one. Thread-safe.
class Lane {
 public:
  // What was admitted holds it until it has ended; releasing it gives the place back. May outlive the lane.
  using Place = std::shared_ptr<const void>;

  // `name` labels the metrics; `metrics`, if any, must outlive the lane and its places.
  Lane(std::string_view name, std::size_t places, Metrics* metrics = nullptr);

  // A place for work of `tenant`; nullptr, and counted as refused, if it has to come back later.
  Place enter(const std::string& tenant);
  // Runs what has a place on a thread of the lane, at once. False, and the task is dropped, if no thread can
  // be had.
  bool trySubmit(std::function<void()> task) { return pool_.trySubmit(std::move(task)); }
  // Refuses further tasks, and returns when the last one has ended. Harmless to repeat. Not from a task.
  void stop() { pool_.stop(); }

 private:
  struct Occupancy;
  const std::shared_ptr<Occupancy> occupancy_;
  WorkerPool pool_;  // last, so that its tasks end first
};

}  // namespace checkout
