#include "saga/saga_locks.hpp"

#include <chrono>

#include "base/log.hpp"

namespace checkout::saga {
namespace {

// Longer than a call can take, Stripe's whole deadline and its retries included.
constexpr Milliseconds kLeaseDuration{90'000};
// How often to look whether another process has let go.
constexpr Milliseconds kForeignPoll{100};

Error busy() {
  return Error(ErrorCode::RateLimited, "This checkout is being worked on right now. Call again in a moment.",
               {{"retryAfterMs", 1000}})
      .withNext(NextActionType::Wait, "Wait a second and call checkout_status.");
}

}  // namespace

SagaLocks::SagaLocks(Store& store, const Clock& clock, std::string workerId)
    : store_(store), clock_(clock), workerId_(std::move(workerId)) {}

bool SagaLocks::enter(const Key& key, Waiter waiter, Milliseconds patience) {
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[key];
  bool& waits = slot.waits[static_cast<int>(waiter)];
  if (slot.taken && (waits || patience <= Milliseconds{0})) return false;
  if (slot.taken) {
    waits = true;
    ++slot.users;
    const bool free = left_.wait_for(lock, patience, [&] { return !slot.taken; });
    waits = false;
    --slot.users;
    if (!free) return false;  // the slot stays: somebody has it
  }
  slot.taken = true;
  return true;
}

void SagaLocks::leave(const Key& key) {
  {
    const std::lock_guard lock(mutex_);
    Slot& slot = slots_[key];
    slot.taken = false;
    if (slot.users == 0) slots_.erase(key);
  }
  left_.notify_all();
}

Result<LockedSaga> SagaLocks::lock(const TenantId& tenant, const SagaId& id, Waiter waiter,
                                   Milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const Key key{tenant, id};
  if (!enter(key, waiter, patience)) return busy();

  struct Claim {
    Saga saga;
    std::optional<Lease> lease;
  };
  for (;;) {
    auto claim = writeFor<Claim>(store_, [&](Transaction& tx) -> Result<Claim> {
      CHECKOUT_ASSIGN(saga, tx.sagas().find(tenant, id));
      if (!saga)
        return Error(ErrorCode::CheckoutNotFound,
                     "There is no such checkout. Expected a sagaId from checkout_start.");
      CHECKOUT_ASSIGN(lease, tx.sagas().acquireLease(tenant, id, workerId_, clock_.now(), kLeaseDuration));
      return Claim{*saga, lease};
    });
    if (claim.ok() && claim->lease) return LockedSaga(*this, *claim->lease, std::move(claim->saga));
    if (!claim.ok() || std::chrono::steady_clock::now() + kForeignPoll >= deadline) {
      leave(key);
      return claim.ok() ? busy() : std::move(claim).error();
    }
    std::unique_lock lock(mutex_);
    left_.wait_for(lock, kForeignPoll);
  }
}

LockedSaga::LockedSaga(SagaLocks& locks, Lease lease, Saga saga)
    : locks_(&locks), lease_(std::move(lease)), saga_(std::move(saga)) {}

LockedSaga::LockedSaga(LockedSaga&& other) noexcept
    : locks_(std::exchange(other.locks_, nullptr)),
      lease_(std::move(other.lease_)),
      saga_(std::move(other.saga_)) {}

LockedSaga::~LockedSaga() {
  if (locks_ == nullptr) return;
  const auto released =
      locks_->store_.write([&](Transaction& tx) { return tx.sagas().releaseLease(lease_); });
  if (!released.ok())  // it runs out by itself
    log::warn("lease not released", {{"saga", saga_.id.value}, {"reason", released.error().message}});
  locks_->leave({lease_.tenantId, lease_.sagaId});
}

}  // namespace checkout::saga
