// Exclusive access to one checkout: threads of this process queue for it in memory; other processes are kept
// off by the stored lease, and fenced out if theirs has run out.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <checkout/store.hpp>

namespace checkout::saga {

// Who waits for a checkout: at most one of each kind does, all others are told at once to come back.
enum class Waiter { Agent, Event, Worker };

class LockedSaga;

// Thread-safe. Outlives what it hands out.
class SagaLocks {
 public:
  SagaLocks(Store& store, const Clock& clock, std::string workerId);

  // Waits up to `patience` for whoever has it. CheckoutNotFound, or RateLimited (with retryAfterMs) if it
  // stays taken or somebody is waiting already.
  Result<LockedSaga> lock(const TenantId& tenant, const SagaId& saga, Waiter waiter, Milliseconds patience);

 private:
  friend class LockedSaga;
  using Key = std::pair<TenantId, SagaId>;
  struct Slot {
    bool taken = false;
    bool waits[3] = {};
    int users = 0;
  };
  bool enter(const Key& key, Waiter waiter, Milliseconds patience);
  void leave(const Key& key);

  Store& store_;
  const Clock& clock_;
  const std::string workerId_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::map<Key, Slot> slots_;
};

// A checkout in our hands, loaded under its lease. Movable, used by one thread. Gives the lease back when it
// goes.
class LockedSaga {
 public:
  LockedSaga(LockedSaga&& other) noexcept;
  LockedSaga& operator=(LockedSaga&&) = delete;
  ~LockedSaga();

  const Saga& saga() const { return saga_; }
  const Lease& lease() const { return lease_; }
  void stored(Saga saga) { saga_ = std::move(saga); }  // the executor's, after a commit

 private:
  friend class SagaLocks;
  LockedSaga(SagaLocks& locks, Lease lease, Saga saga);
  SagaLocks* locks_;
  Lease lease_;
  Saga saga_;
};

}  // namespace checkout::saga
