// The simulated Stripe as a whole: its clock, its accounts, what is scheduled, and what goes wrong on demand.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sandbox/account.hpp"
#include "sandbox/deliveries.hpp"
#include "sandbox/faults.hpp"

namespace checkout::sandbox {

// Not thread-safe: Sandbox guards it with one mutex. Accounts and their rows never move.
class World {
 public:
  explicit World(const Clock& clock) : clock_(clock) {}

  TimePoint now() const { return clock_.now() + offset_; }
  std::int64_t nowSeconds() const { return toUnixSeconds(now()); }
  // The clock that receivers of webhooks have: signatures carry its time, so that moving the simulator's
  // clock does not make them look forged.
  TimePoint wallNow() const { return clock_.now(); }
  Milliseconds offset() const { return offset_; }
  void advance(Milliseconds by) { offset_ += by; }

  // The account of a secret key, restricted or not; with `connectedId`, the connected account acct_… as that
  // key sees it.
  Account& account(const std::string& key, const std::string& connectedId = {});
  const std::map<std::string, std::unique_ptr<Account>>& accounts() const { return accounts_; }

  // Runs `task` once now() has reached `time`.
  void at(TimePoint time, std::function<void()> task) { timers_.emplace(time, std::move(task)); }
  void runDueTimers();
  std::optional<TimePoint> nextDue() const;  // of timers and deliveries

  std::map<std::string, RestrictedKey> restrictedKeys;  // by key
  std::string publicUrl;                                // no slash at the end
  bool automaticTaxByDefault = false;  // of sessions that don't say, as an account's tax settings have it
  Deliveries deliveries;
  FaultRules faults;
  // What the events made right now were caused by; empty outside API requests.
  std::optional<std::string> causeRequestId, causeIdempotencyKey;

 private:
  const Clock& clock_;
  Milliseconds offset_{0};
  std::map<std::string, std::unique_ptr<Account>> accounts_;
  std::multimap<TimePoint, std::function<void()>> timers_;
};

std::string newId(const std::string& prefix);  // pi_<24 hex>

}  // namespace checkout::sandbox
