// The one thread that changes the file. Bodies that wait at the same time share one commit, and so one wait
// for the disk; each has a savepoint of its own and is taken back alone if it fails.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <checkout/store.hpp>

#include "store/sqlite/connection.hpp"

namespace checkout::store::sqlite {

// run() is thread-safe. Destroying it first runs what is queued and lets its callers leave.
class Writer {
 public:
  explicit Writer(std::unique_ptr<Connection> connection);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Blocks until the body's commit is durable or its failure final. If the shared transaction fails, everyone
  // in it gets ServiceUnavailable, also a body that had failed by itself: it may have seen what was never
  // stored. A commit of which only the sync failed can come back if the process ends before the next one.
  Result<void> run(const Store::Body& body);
  // How many bodies wait for the next commit.
  std::size_t queued();

 private:
  struct Job;
  using Batch = std::vector<Job*>;

  void loop();
  Batch nextBatch();  // empty: closing
  void runBatch(const Batch& batch);
  Result<void> commitTogether(const Batch& batch);
  Result<void> runAlone(Job& job);
  void checkpointIfDue();

  std::unique_ptr<Connection> connection_;  // used by thread_ alone
  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<Job*> queue_;   // the jobs live on their callers' stacks
  std::size_t callers_ = 0;  // inside run()
  std::condition_variable left_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace checkout::store::sqlite
