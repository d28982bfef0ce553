#include "store/sqlite/reader_pool.hpp"

#include "store/sqlite/run_body.hpp"

namespace checkout::store::sqlite {

// Takes a connection out of the pool and gives it back.
class ReaderPool::Loan {
 public:
  explicit Loan(ReaderPool& pool) : pool_(pool) {
    std::unique_lock lock(pool_.mutex_);
    pool_.returned_.wait(lock, [&] { return !pool_.idle_.empty(); });
    connection_ = std::move(pool_.idle_.back());
    pool_.idle_.pop_back();
  }
  ~Loan() {
    const std::lock_guard lock(pool_.mutex_);
    pool_.idle_.push_back(std::move(connection_));
    pool_.returned_.notify_one();
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  Connection& connection() { return *connection_; }

 private:
  ReaderPool& pool_;
  std::unique_ptr<Connection> connection_;
};

ReaderPool::~ReaderPool() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return idle_.size() == size_; });
}

Result<void> ReaderPool::read(const Store::Body& body) {
  Loan loan(*this);
  Connection& connection = loan.connection();
  CHECKOUT_TRY(connection.execute("BEGIN", {}));
  Result<void> outcome = runBody(body, connection);
  // Nothing can have changed, so this only lets go of the snapshot.
  const auto ended = connection.execute("ROLLBACK", {});
  if (outcome.ok() && !ended.ok()) return ended.error();
  return outcome;
}

}  // namespace checkout::store::sqlite
