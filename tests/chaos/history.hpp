// What the clients of a run know: what was acknowledged to them, what they asked for, and what they saw.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <checkout/saga.hpp>

#include "chaos/consent.hpp"

namespace checkout::chaos {

// A broken invariant, by its number (checker.hpp lists them).
struct Violation {
  int invariant = 0;
  std::string sagaId;  // empty: no single one
  std::string what;
};

// One answer about a saga: its status, and when it got it.
using Sighting = std::tuple<std::string, std::string, std::string>;  // saga, status, updatedAt

struct Purchase {
  TenantId tenant;
  UserId user;
  std::string flow;
  std::set<std::string> keys;                              // idempotency keys used; each stands for one saga
  bool isFreeOfKeys = false;                               // its agent uses none, or new ones as it is told
  std::set<std::string> sagaIds;                           // as answered
  std::set<Sighting> seen;                                 // of any of its sagas: statuses that were answered
  std::set<std::pair<std::string, std::string>> orderIds;  // saga and order that was shown as confirmed
  bool cancelAsked = false;                                // somebody wanted it ended
  bool cancelAnswered = false;                             // checkout_cancel said compensated or failed
  bool retried = false;
  Consent consent;
  std::string lastStatus;          // the newest answer
  std::vector<std::string> story;  // one line for each call
};

struct CartMemory {
  TenantId tenant;
  CartId cart;
  ProductId product;
  std::int64_t acknowledged = 0, unanswered = 0;  // pieces: added for sure, and perhaps
};

// Thread-safe.
class History {
 public:
  using Handle = std::size_t;
  Handle begin(TenantId tenant, UserId user, std::string flow);
  template <class Change>
  void note(Handle handle, const Change& change) {
    const std::lock_guard lock(mutex_);
    change(purchases_[handle]);
  }
  Purchase purchase(Handle handle) const;
  void tell(Handle handle, std::string line);  // into the story, with the time
  void remember(CartMemory cart);
  void accuse(Violation violation);  // seen by a client itself
  void acknowledged();               // one more answer of the server
  void resolve(std::string sagaId);  // an operator says that a person has settled it outside

  std::size_t sagas() const;  // started, as far as clients were told
  std::uint64_t answers() const;
  std::vector<Purchase> purchases() const;
  std::vector<CartMemory> carts() const;
  std::vector<Violation> violations() const;
  std::set<std::string> resolved() const;
  std::vector<std::string> completed() const;  // sagas whose last answer was that
  // Handles of purchases with a saga whose end nobody has seen.
  std::vector<Handle> unfinished() const;

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  std::deque<Purchase> purchases_;
  std::vector<CartMemory> carts_;
  std::vector<Violation> violations_;
  std::set<std::string> resolved_;
  std::uint64_t answers_ = 0;
};

}  // namespace checkout::chaos
