// The store port over values in memory. Its contents are a value themselves: a copy shares everything with
// the original until one of them changes, so that a search can keep hundreds of thousands of them.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <checkout/store.hpp>

#include "model/print.hpp"

namespace checkout::model {

// A value that is shared by its copies until one of them is edited.
template <class T>
class Shared {
 public:
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  T& edit() {
    if (value_.use_count() > 1) value_ = std::make_shared<T>(*value_);
    std::atomic_thread_fence(std::memory_order_acquire);  // another thread may just have let go of it
    return *value_;
  }

 private:
  std::shared_ptr<T> value_ = std::make_shared<T>();
};

// A document with what its print needs, reckoned once: the times in it are told apart from the rest, because
// they matter by how they lie to now.
class Printed {
 public:
  explicit Printed(const Json& document);
  void addTo(Printer& printer, TimePoint now) const;

 private:
  Print fixed_;
  std::vector<TimePoint> times_;
};

// An immutable value of the store and its print. The first thread to ask for the print reckons it, before any
// other one knows the value.
template <class T, Json (*toDocument)(const T&)>
class Kept {
 public:
  explicit Kept(T value) : value_(std::move(value)) {}
  const T& value() const { return value_; }
  void addTo(Printer& printer, TimePoint now) const {
    if (!printed_) printed_.emplace(toDocument(value_));
    printed_->addTo(printer, now);
  }

 private:
  const T value_;
  mutable std::optional<Printed> printed_;
};

// Everything that a store holds. Ids are the keys: (tenant, id).
struct Contents {
  using Key = std::pair<TenantId, std::string>;
  struct SagaRow {
    std::shared_ptr<const Kept<Saga, sagaToDocument>> saga;
    std::int64_t number = 0;  // in the order of creation
    std::optional<std::string> leaseOwner;
    TimePoint leaseUntil;
    std::int64_t fence = 0;
    std::vector<std::shared_ptr<const SagaEvent>> events;  // the chain of hashes is reckoned when it is read
  };
  struct OrderRow {
    std::shared_ptr<const Kept<Order, orderToDocument>> order;
    std::int64_t number = 0;
  };
  struct StockRow {
    StockLevel level;
    std::optional<std::int64_t> configured;  // nullopt: untracked (any more)
  };
  struct Reservation {
    enum class State { Held, Sold, Released } state = State::Held;
    std::int64_t quantity = 0;
  };
  struct OutboxRow {
    OutboxMessage message;
    bool delivered = false;
  };

  Shared<std::map<Key, Cart>> carts;
  Shared<std::map<Key, StockRow>> stock;
  Shared<std::map<std::pair<Key, ProductId>, Reservation>> reservations;  // by saga and product
  Shared<std::map<Key, SagaRow>> sagas;
  Shared<std::map<Key, SagaId>> payments;  // by cs_… and pi_…
  Shared<std::map<Key, IdempotencyRecord>> idempotency;
  Shared<std::vector<CallRecord>> calls;  // oldest first
  Shared<std::map<std::pair<Key, TimerKind>, TimePoint>> timers;
  Shared<std::map<Key, OrderRow>> orders;
  Shared<std::map<Key, InboxEvent>> inbox;
  Shared<std::map<Key, OutboxRow>> outbox;
  Shared<std::map<Key, RefundEntry>> refunds;
  Shared<std::map<Key, DisputeEntry>> disputes;
  Shared<std::map<TenantId, TimePoint>> eventsReadUntil;
  Shared<std::map<TenantId, std::string>> paymentAccounts;
  Shared<std::map<Key, CustomerRecord>> customers;  // by user

  // All that matters for what can happen from here on: without histories, version numbers and fences.
  void addTo(Printer& printer, TimePoint now) const;
};

// Thread-safe. A transaction works on a copy of the contents, which takes their place when it succeeds.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(Contents contents = {}) : contents_(std::move(contents)) {}
  Result<void> write(const Body& body) override;
  Result<void> read(const Body& body) override;
  Result<void> ping() override { return {}; }
  Contents contents() const;

 private:
  mutable std::mutex mutex_;  // guards contents_
  std::mutex writing_;        // held by the one transaction that writes
  std::atomic<std::thread::id> writer_{};
  Contents contents_;
};

}  // namespace checkout::model
