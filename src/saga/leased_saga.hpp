// A saga in our hands: loaded under a lease, changed one durable transition at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include <checkout/saga_changes.hpp>
#include <checkout/store.hpp>

namespace checkout::saga {

// What a transition adds to the saga's history.
struct EventDraft {
  std::string type;   // "step_completed"
  std::string actor;  // "agent", "webhook", "poll", "worker"
  Json data = Json::object();
  bool merelyNoted = false;  // changes nothing that anybody waits for: no new updatedAt, nothing published
};

// Where sagas are checked out from. Thread-safe. Threads of this process queue for a saga in memory; other
// processes are kept off by the stored lease, and fenced out if theirs has run out.
class LeaseDesk {
 public:
  LeaseDesk(Store& store, const Clock& clock, SagaChangeFeed& feed, std::string workerId);

  class Held;
  // Waits up to `patience` for whoever has it. CheckoutNotFound, or RateLimited (retry soon) if it stays
  // taken.
  Result<Held> take(const TenantId& tenant, const SagaId& saga, Milliseconds patience);

 private:
  using Key = std::pair<TenantId, SagaId>;
  bool enter(const Key& key, Milliseconds patience);
  void leave(const Key& key);

  Store& store_;
  const Clock& clock_;
  SagaChangeFeed& feed_;
  std::string workerId_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::set<Key> taken_;
};

// Movable, used by one thread. Gives the lease back when it goes.
class LeaseDesk::Held {
 public:
  Held(Held&& other) noexcept;
  Held& operator=(Held&&) = delete;
  ~Held();

  const Saga& saga() const { return saga_; }
  // One transition, one transaction: `change` edits a copy of the saga and whatever belongs to it in `tx`;
  // both are stored with the event and the next version, or nothing is. On success saga() is the new state
  // and the change is published. `change` may run more than once. An illegal change of status is Internal.
  Result<void> transition(const EventDraft& event,
                          const std::function<Result<void>(Saga&, Transaction&)>& change);

 private:
  friend class LeaseDesk;
  Held(LeaseDesk& desk, Lease lease, Saga saga);
  LeaseDesk* desk_;
  Lease lease_;
  Saga saga_;
};

// The member of an event's data that names the trace this thread works for; empty if there is none.
Json traceOfThisThread();

}  // namespace checkout::saga
