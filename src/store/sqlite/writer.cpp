#include "store/sqlite/writer.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "store/sqlite/run_body.hpp"

namespace checkout::store::sqlite {
namespace {

// Bounds how long the first of a batch waits for the last.
constexpr std::size_t kMaxBatch = 128;
// SQLite's own default for moving the log into the file, and the size from which readers have to wait for it,
// as otherwise they may keep the log growing for ever.
constexpr int kCheckpointPages = 1000;
constexpr int kRestartPages = 16'000;

Error unavailable() {
  return {ErrorCode::ServiceUnavailable,
          "The change could not be stored; nothing of it was kept. Try again later."};
}

}  // namespace

struct Writer::Job {
  explicit Job(const Store::Body& b) : body(b) {}
  const Store::Body& body;
  Result<void> outcome;
  bool done = false;  // guarded by mutex_
  std::condition_variable finished;
};

Writer::Writer(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)), thread_([this] { loop(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  queued_.notify_one();
  thread_.join();
  std::unique_lock lock(mutex_);
  left_.wait(lock, [&] { return callers_ == 0; });
}

Result<void> Writer::run(const Store::Body& body) {
  if (std::this_thread::get_id() == thread_.get_id())
    return Error(ErrorCode::Internal, "A transaction can't wait for another one.");
  Job job{body};
  std::unique_lock lock(mutex_);
  if (closing_) return Error(ErrorCode::ServiceUnavailable, "The store is closing.");
  ++callers_;
  queue_.push_back(&job);
  queued_.notify_one();
  job.finished.wait(lock, [&] { return job.done; });
  if (--callers_ == 0) left_.notify_one();
  return std::move(job.outcome);
}

std::size_t Writer::queued() {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Writer::loop() {
  for (Batch batch = nextBatch(); !batch.empty(); batch = nextBatch()) {
    runBatch(batch);
    checkpointIfDue();
  }
}

Writer::Batch Writer::nextBatch() {
  std::unique_lock lock(mutex_);
  queued_.wait(lock, [&] { return closing_ || !queue_.empty(); });
  const auto size = static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMaxBatch));
  Batch batch(queue_.begin(), queue_.begin() + size);
  queue_.erase(queue_.begin(), queue_.begin() + size);
  return batch;
}

void Writer::runBatch(const Batch& batch) {
  const Result<void> committed = commitTogether(batch);
  if (!committed.ok()) {
    if (connection_->inTransaction()) (void)connection_->execute("ROLLBACK", {});
    log::error("store commit failed", {{"callers", std::to_string(batch.size())}});
    for (Job* job : batch) job->outcome = unavailable();
  }
  // A job is gone as soon as its caller can run, which is when the lock is free again.
  const std::lock_guard lock(mutex_);
  for (Job* job : batch) {
    job->done = true;
    job->finished.notify_one();
  }
}

Result<void> Writer::commitTogether(const Batch& batch) {
  CHECKOUT_TRY(connection_->execute("BEGIN IMMEDIATE", {}));
  for (Job* job : batch) CHECKOUT_TRY(runAlone(*job));
  CHECKOUT_TRY(connection_->execute("COMMIT", {}));
  return {};
}

// An error means that the transaction of all is lost; the body's own goes into job.outcome.
Result<void> Writer::runAlone(Job& job) {
  CHECKOUT_TRY(connection_->execute("SAVEPOINT body", {}));
  job.outcome = runBody(job.body, *connection_);
  if (!connection_->inTransaction()) return unavailable();
  if (!job.outcome.ok()) CHECKOUT_TRY(connection_->execute("ROLLBACK TO body", {}));
  CHECKOUT_TRY(connection_->execute("RELEASE body", {}));
  return {};
}

void Writer::checkpointIfDue() {
  const int pages = connection_->walPages();
  if (pages >= kCheckpointPages) connection_->checkpoint(pages >= kRestartPages);
}

}  // namespace checkout::store::sqlite
