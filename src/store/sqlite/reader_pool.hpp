// A few read-only connections shared by all threads. Each read() sees one snapshot of what is committed.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include <checkout/store.hpp>

#include "store/sqlite/connection.hpp"

namespace checkout::store::sqlite {

// Thread-safe. A caller waits while every connection is in use; no lock is held while a body runs. Destroying
// the pool waits for the reads that have begun.
class ReaderPool {
 public:
  explicit ReaderPool(std::vector<std::unique_ptr<Connection>> connections)
      : size_(connections.size()), idle_(std::move(connections)) {}
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;
  Result<void> read(const Store::Body& body);

 private:
  class Loan;
  const std::size_t size_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace checkout::store::sqlite
