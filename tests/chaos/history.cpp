#include "chaos/history.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace checkout::chaos {

History::Handle History::begin(TenantId tenant, UserId user, std::string flow) {
  Purchase purchase;
  purchase.tenant = std::move(tenant);
  purchase.user = std::move(user);
  purchase.flow = std::move(flow);
  const std::lock_guard lock(mutex_);
  purchases_.push_back(std::move(purchase));
  return purchases_.size() - 1;
}

Purchase History::purchase(Handle handle) const {
  const std::lock_guard lock(mutex_);
  return purchases_[handle];
}

void History::tell(Handle handle, std::string line) {
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_)
          .count();
  std::array<char, 24> time{};
  std::snprintf(time.data(), time.size(), "%9.3f  ", static_cast<double>(millis) / 1000);
  line.insert(0, time.data());
  const std::lock_guard lock(mutex_);
  purchases_[handle].story.push_back(std::move(line));
}

void History::remember(CartMemory cart) {
  const std::lock_guard lock(mutex_);
  carts_.push_back(std::move(cart));
}

void History::accuse(Violation violation) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(std::move(violation));
}

void History::acknowledged() {
  const std::lock_guard lock(mutex_);
  ++answers_;
}

void History::resolve(std::string sagaId) {
  const std::lock_guard lock(mutex_);
  resolved_.insert(std::move(sagaId));
}

std::set<std::string> History::resolved() const {
  const std::lock_guard lock(mutex_);
  return resolved_;
}

std::vector<std::string> History::completed() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> sagas;
  for (const Purchase& purchase : purchases_)
    if (purchase.lastStatus == "completed" && purchase.sagaIds.size() == 1)
      sagas.push_back(*purchase.sagaIds.begin());
  return sagas;
}

std::size_t History::sagas() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Purchase& purchase : purchases_) count += purchase.sagaIds.size();
  return count;
}

std::uint64_t History::answers() const {
  const std::lock_guard lock(mutex_);
  return answers_;
}

std::vector<Purchase> History::purchases() const {
  const std::lock_guard lock(mutex_);
  return {purchases_.begin(), purchases_.end()};
}

std::vector<CartMemory> History::carts() const {
  const std::lock_guard lock(mutex_);
  return carts_;
}

std::vector<Violation> History::violations() const {
  const std::lock_guard lock(mutex_);
  return violations_;
}

std::vector<History::Handle> History::unfinished() const {
  const std::lock_guard lock(mutex_);
  std::vector<Handle> handles;
  for (Handle handle = 0; handle < purchases_.size(); ++handle) {
    const auto status = sagaStatusFromString(purchases_[handle].lastStatus);
    if (status && !isTerminal(*status)) handles.push_back(handle);
  }
  return handles;
}

}  // namespace checkout::chaos
