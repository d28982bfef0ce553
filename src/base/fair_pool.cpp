#include "base/fair_pool.hpp"

#include <algorithm>
#include <utility>

namespace checkout {
namespace {

// Of the pool itself; what the tenants' shares let through is far less.
constexpr std::size_t kUnbounded = 1'000'000;

}  // namespace

FairPool::FairPool(std::size_t workers, std::size_t maxQueued)
    : atOnce_(std::max<std::size_t>(workers / 2, 1)), maxQueued_(maxQueued), pool_(workers, kUnbounded) {}

bool FairPool::trySubmit(const std::string& tenant, Task task) {
  {
    const std::lock_guard lock(mutex_);
    Share& share = shares_[tenant];
    if (share.begun >= atOnce_) {
      if (share.queue.size() >= maxQueued_) return false;
      share.queue.push_back(std::move(task));
      return true;
    }
    ++share.begun;
  }
  return begin(tenant, std::move(task));
}

std::size_t FairPool::room(const std::string& tenant) const {
  const std::lock_guard lock(mutex_);
  const auto share = shares_.find(tenant);
  return share == shares_.end() ? maxQueued_ : maxQueued_ - share->second.queue.size();
}

bool FairPool::begin(const std::string& tenant, Task task) {
  struct Ending {
    FairPool& pool;
    const std::string& tenant;
    ~Ending() { pool.ended(tenant); }
  };
  const bool taken = pool_.trySubmit([this, tenant, run = std::move(task)] {
    const Ending ending{*this, tenant};
    run();
  });
  if (taken) return true;
  const std::lock_guard lock(mutex_);
  shares_.erase(tenant);  // it is stopping: nothing begins any more
  return false;
}

// The next one goes to the end of the pool's queue, so that tenants take turns.
void FairPool::ended(const std::string& tenant) {
  Task next;
  {
    const std::lock_guard lock(mutex_);
    const auto share = shares_.find(tenant);
    if (share == shares_.end()) return;
    if (share->second.queue.empty()) {
      if (--share->second.begun == 0) shares_.erase(share);
      return;
    }
    next = std::move(share->second.queue.front());
    share->second.queue.pop_front();
  }
  begin(tenant, std::move(next));
}

}  // namespace checkout
