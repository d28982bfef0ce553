#include "saga/leased_saga.hpp"

#include <chrono>

#include "base/log.hpp"
#include "base/trace.hpp"
#include "domain/transitions.hpp"

namespace checkout::saga {
namespace {

// Longer than a step can take, Stripe's whole deadline and its retries included.
constexpr Milliseconds kLeaseDuration{90'000};
// How often to look whether another process has let go.
constexpr Milliseconds kForeignPoll{100};

Error busy() {
  return Error(ErrorCode::RateLimited, "This checkout is being worked on right now. Call again in a moment.",
               {{"retryAfterMs", 1000}})
      .withNext(NextActionType::Wait, "Wait a second and call checkout_status.");
}

}  // namespace

LeaseDesk::LeaseDesk(Store& store, const Clock& clock, SagaChangeFeed& feed, std::string workerId)
    : store_(store), clock_(clock), feed_(feed), workerId_(std::move(workerId)) {}

bool LeaseDesk::enter(const Key& key, Milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!left_.wait_for(lock, patience, [&] { return !taken_.contains(key); })) return false;
  taken_.insert(key);
  return true;
}

void LeaseDesk::leave(const Key& key) {
  {
    const std::lock_guard lock(mutex_);
    taken_.erase(key);
  }
  left_.notify_all();
}

Result<LeaseDesk::Held> LeaseDesk::take(const TenantId& tenant, const SagaId& id, Milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const Key key{tenant, id};
  if (!enter(key, patience)) return busy();

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
    if (claim.ok() && claim->lease) return Held(*this, *claim->lease, std::move(claim->saga));
    if (!claim.ok() || std::chrono::steady_clock::now() + kForeignPoll >= deadline) {
      leave(key);
      return claim.ok() ? busy() : std::move(claim).error();
    }
    std::unique_lock lock(mutex_);
    left_.wait_for(lock, kForeignPoll);
  }
}

LeaseDesk::Held::Held(LeaseDesk& desk, Lease lease, Saga saga)
    : desk_(&desk), lease_(std::move(lease)), saga_(std::move(saga)) {}

LeaseDesk::Held::Held(Held&& other) noexcept
    : desk_(std::exchange(other.desk_, nullptr)),
      lease_(std::move(other.lease_)),
      saga_(std::move(other.saga_)) {}

LeaseDesk::Held::~Held() {
  if (desk_ == nullptr) return;
  const auto released = desk_->store_.write([&](Transaction& tx) { return tx.sagas().releaseLease(lease_); });
  if (!released.ok())  // it runs out by itself
    log::warn("lease not released", {{"saga", saga_.id.value}, {"reason", released.error().message}});
  desk_->leave({lease_.tenantId, lease_.sagaId});
}

Json traceOfThisThread() {
  Json trace = Json::object();
  if (!currentTraceparent().empty()) trace["traceparent"] = currentTraceparent();
  return trace;
}

Result<void> LeaseDesk::Held::transition(const EventDraft& draft,
                                         const std::function<Result<void>(Saga&, Transaction&)>& change) {
  const Json trace = traceOfThisThread();  // here: the store may run the transaction on a thread of its own
  auto stored = writeFor<Saga>(desk_->store_, [&](Transaction& tx) -> Result<Saga> {
    Saga next = saga_;
    CHECKOUT_TRY(change(next, tx));
    if (!domain::isLegalTransition(saga_.status, next.status))
      return Error(ErrorCode::Internal, "illegal saga transition from " +
                                            std::string(toString(saga_.status)) + " to " +
                                            std::string(toString(next.status)));
    next.version = saga_.version + 1;
    const TimePoint now = desk_->clock_.now();
    if (!draft.merelyNoted) next.updatedAt = now;
    SagaEvent event;
    event.sequence = next.version;
    event.type = draft.type;
    event.actor = draft.actor;
    event.from = saga_.status;
    event.to = next.status;
    event.data = draft.data;
    if (!trace.empty()) event.data.update(trace);
    event.at = now;
    CHECKOUT_TRY(tx.sagas().update(next, event, lease_));
    return next;
  });
  if (!stored.ok()) return std::move(stored).error();
  saga_ = std::move(*stored);
  log::info("saga " + draft.type, {{"tenant", saga_.tenantId.value},
                                   {"saga", saga_.id.value},
                                   {"status", std::string(toString(saga_.status))}});
  if (!draft.merelyNoted) desk_->feed_.publish({saga_.tenantId, saga_.id, saga_.version, saga_.status});
  return {};
}

}  // namespace checkout::saga
