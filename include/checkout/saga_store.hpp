// Storage of sagas, their events, leases, outside calls and timers. Used inside a Transaction (store.hpp);
// every method is bounded to a tenant except the two that workers use to find due work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <checkout/payment_gateway.hpp>
#include <checkout/saga.hpp>

namespace checkout {

// The right to change one saga, held by one worker until `until`. Each grant has a larger fence; a write
// with an older one is refused.
struct Lease {
  TenantId tenantId;
  SagaId sagaId;
  std::string owner;
  std::int64_t fence = 0;
  TimePoint until;
};

// One entry of a saga's history. `sequence` has no gaps and starts at 1.
struct SagaEvent {
  std::int64_t sequence = 0;
  std::string type;   // "started", "step_completed", "payment_confirmed", …
  std::string actor;  // "agent", "webhook", "poll", "worker", "operator:NAME"
  SagaStatus from = SagaStatus::Pending, to = SagaStatus::Pending;
  Json data;  // an object: step, amounts, Stripe ids
  TimePoint at;
  std::string previousHash, hash;  // SHA-256 chain, filled by the store
};

struct SagaPageQuery {
  UserId userId;
  std::optional<SagaStatus> status;
  int limit = 20;
  std::string cursor;  // empty: newest first, from the newest
};
struct SagaPage {
  std::vector<Saga> sagas;
  std::string nextCursor;  // empty: the last page
};

struct UnsettledSagas {
  std::vector<Saga> sagas;
  std::vector<SagaId> unreadable;  // their stored form is damaged, or a newer release's
};

// checkout_start's memory: which saga a key belongs to, and for which arguments.
struct IdempotencyRecord {
  std::string key;
  std::string argumentDigest;  // SHA-256 over the canonical arguments
  SagaId sagaId;
};

class SagaStore {
 public:
  virtual ~SagaStore() = default;
  virtual Result<std::optional<Saga>> find(const TenantId&, const SagaId&) = 0;
  // The saga of this cart, whoever started it, that is neither completed, compensated nor failed.
  virtual Result<std::optional<Saga>> findLive(const TenantId&, const CartId&) = 0;
  // The completed saga of this cart that was begun last, whoever started it.
  virtual Result<std::optional<Saga>> findLastPurchase(const TenantId&, const CartId&) = 0;
  // By a Stripe object id (cs_… or pi_…) that linkPayment() recorded.
  virtual Result<std::optional<SagaId>> findByPayment(const TenantId&, const std::string& objectId) = 0;
  virtual Result<SagaPage> list(const TenantId&, const SagaPageQuery&) = 0;  // newest first
  virtual Result<std::vector<SagaEvent>> events(const TenantId&, const SagaId&) = 0;
  // For operators. Which tenants have sagas here, and which sagas of a tenant are not at rest: those that
  // have a timer. Oldest change first.
  virtual Result<std::vector<TenantId>> tenants() = 0;
  virtual Result<UnsettledSagas> unsettled(const TenantId&, int limit) = 0;

  // saga.version must be 1; `event` becomes number 1.
  virtual Result<void> insert(const Saga& saga, const SagaEvent& event) = 0;
  // Stores saga (whose version the caller has already raised by one) with its event. InvalidState, and no
  // change, if the stored version is not saga.version - 1 or the lease is not the newest one.
  virtual Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) = 0;
  virtual Result<void> linkPayment(const TenantId&, const std::string& objectId, const SagaId&) = 0;

  // The lease if it is free, expired or already the owner's; nullopt while another owner holds it.
  virtual Result<std::optional<Lease>> acquireLease(const TenantId&, const SagaId&, const std::string& owner,
                                                    TimePoint now, Milliseconds duration) = 0;
  virtual Result<void> releaseLease(const Lease& lease) = 0;  // harmless if it was lost meanwhile

  virtual Result<std::optional<IdempotencyRecord>> findIdempotency(const TenantId&,
                                                                   const std::string& key) = 0;
  virtual Result<void> putIdempotency(const TenantId&, const IdempotencyRecord&) = 0;
};

// The intent to make an outside call, committed before the request leaves.
struct CallRecord {
  TenantId tenantId;
  SagaId sagaId;
  StepName step = StepName::ProcessPayment;
  int attempt = 1;
  GatewayCall call;
  enum class State { Started, Succeeded, Failed, Unknown };
  State state = State::Started;
  std::string result;  // object id, or the error's code
  TimePoint createdAt, updatedAt;
};
std::string_view toString(CallRecord::State state);
std::optional<CallRecord::State> callStateFromString(std::string_view name);

class CallStore {
 public:
  virtual ~CallStore() = default;
  // By idempotency key, which is unique per tenant.
  virtual Result<std::optional<CallRecord>> find(const TenantId&, const std::string& idempotencyKey) = 0;
  // IdempotencyConflict if the key exists with another body digest; no change if it exists with the same.
  virtual Result<void> begin(const CallRecord& record) = 0;
  virtual Result<void> finish(const TenantId&, const std::string& idempotencyKey, CallRecord::State state,
                              const std::string& result, TimePoint at) = 0;
  virtual Result<std::vector<CallRecord>> ofSaga(const TenantId&, const SagaId&) = 0;  // oldest first
};

enum class TimerKind {
  PaymentCheck,  // ask Stripe how the payment stands
  Resume,        // a saga that a crash or a temporary failure left between steps
};
std::string_view toString(TimerKind kind);
std::optional<TimerKind> timerKindFromString(std::string_view name);

struct Timer {
  TenantId tenantId;
  SagaId sagaId;
  TimerKind kind = TimerKind::Resume;
  TimePoint dueAt;
};

// At most one timer of each kind per saga. The cost of due() depends on what is due, not on what is stored.
class TimerStore {
 public:
  virtual ~TimerStore() = default;
  virtual Result<void> set(const Timer& timer) = 0;  // replaces
  virtual Result<void> clear(const TenantId&, const SagaId&, TimerKind kind) = 0;
  virtual Result<std::vector<Timer>> due(TimePoint now, int limit) = 0;  // of every tenant, earliest first
  virtual Result<std::optional<TimePoint>> next() = 0;                   // earliest of all
};

}  // namespace checkout
