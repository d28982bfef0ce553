#include "sandbox/world.hpp"

#include "base/digest.hpp"
#include "base/random.hpp"

namespace checkout::sandbox {

Account& World::account(const std::string& given, const std::string& connectedId) {
  const auto restricted = restrictedKeys.find(given);
  const std::string& key = restricted == restrictedKeys.end() ? given : restricted->second.ownerKey;
  std::unique_ptr<Account>& slot = accounts_[key + " " + connectedId];
  if (!slot) {
    slot = std::make_unique<Account>();
    slot->isConnected = !connectedId.empty();
    slot->id = slot->isConnected ? connectedId : "acct_" + sha256Hex(key).substr(0, 16);
    slot->keyHint = key.size() > 12 ? key.substr(0, 8) + "…" + key.substr(key.size() - 4) : key;
    slot->platform = slot.get();
    if (slot->isConnected) {
      Account* connected = slot.get();
      connected->platform = &account(key);
      return *connected;
    }
  }
  return *slot;
}

void World::runDueTimers() {
  // A task may schedule another one that is due at once.
  while (!timers_.empty() && timers_.begin()->first <= now()) {
    const auto task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

std::optional<TimePoint> World::nextDue() const {
  auto next = deliveries.nextDue();
  if (!timers_.empty() && (!next || timers_.begin()->first < *next)) next = timers_.begin()->first;
  return next;
}

std::string newId(const std::string& prefix) {
  return prefix + "_" + randomHex(12);
}

}  // namespace checkout::sandbox
