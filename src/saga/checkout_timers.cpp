// CheckoutService for the workers: what is due.
#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/service_impl.hpp"
#include "saga/wake_ups.hpp"

namespace checkout::saga {
namespace {

// A checkout whose worker is busy is looked at again after this.
constexpr Milliseconds kBusyDelay{2'000};
// A row that can't be read keeps nobody else waiting, and is looked at again after a newer release is
// installed.
constexpr Milliseconds kUnreadableDelay{60 * 60'000};
constexpr Milliseconds kUnservedDelay{10 * 60'000};
constexpr std::size_t kTimersAtOnce = 64;
constexpr int kPulledInAtOnce = 10'000;

// When the timer is due next, should nothing become of it now; nullopt: the checkout does not need it (any
// more).
Result<std::optional<TimePoint>> dueNext(const Timer& timer, const Saga& saga, Transaction& tx, TimePoint now,
                                         bool webhooksArrive) {
  if (timer.kind == TimerKind::PaymentCheck) return paymentCheckAt(saga, now, webhooksArrive);
  bool parked = false;
  for (const std::string& object : paymentObjects(saga.payment)) {
    CHECKOUT_ASSIGN(events, tx.inbox().parkedFor(saga.tenantId, object));
    parked = parked || !events.empty();
  }
  const auto again = resumeAt(saga, parked, now);
  if (!again) return std::optional<TimePoint>{};
  return std::optional<TimePoint>{std::max(*again, now + kBusyDelay)};
}

}  // namespace

// Pushes what is due on first, so that whatever happens next it comes round again, and no sooner. Answers
// what is still wanted.
Result<std::vector<Timer>> CheckoutService::Impl::claimDueTimers() {
  return writeFor<std::vector<Timer>>(store, [&](Transaction& tx) -> Result<std::vector<Timer>> {
    const TimePoint now = clock.now();
    CHECKOUT_ASSIGN(due, tx.timers().due(now, static_cast<int>(kTimersAtOnce)));
    std::vector<Timer> claimed;
    std::map<TenantId, std::size_t> claimedOf;
    for (const Timer& timer : due) {
      // A tenant with enough to do, whose provider may be slow, leaves the others' timers their turn.
      if (workers && claimedOf[timer.tenantId] >= workers->room(timer.tenantId.value)) {
        CHECKOUT_TRY(tx.timers().set({timer.tenantId, timer.sagaId, timer.kind, now + kBusyDelay}));
        continue;
      }
      const auto saga = tx.sagas().find(timer.tenantId, timer.sagaId);
      if (!saga.ok() || !*saga) {
        log::error("a checkout can't be read; the others go on",
                   {{"tenant", timer.tenantId.value},
                    {"saga", timer.sagaId.value},
                    {"reason", saga.ok() ? "it is missing" : saga.error().message}});
        CHECKOUT_TRY(tx.timers().set({timer.tenantId, timer.sagaId, timer.kind, now + kUnreadableDelay}));
        continue;
      }
      const Tenant* tenant = tenants.find(timer.tenantId);
      if (tenant == nullptr) {  // not served by this configuration any more; the timer waits for its return
        CHECKOUT_TRY(tx.timers().set({timer.tenantId, timer.sagaId, timer.kind, now + kUnservedDelay}));
        continue;
      }
      const bool arrive = executor.setting(*tenant).webhooksArrive;
      CHECKOUT_ASSIGN(again, dueNext(timer, **saga, tx, now, arrive));
      // Its time may have been prolonged.
      const bool isEarly = again && (*saga)->status == SagaStatus::Pending && (*saga)->refundsOwed.empty() &&
                           !(*saga)->call && !(*saga)->attention && *again > now + kBusyDelay;
      CHECKOUT_TRY(again ? tx.timers().set({timer.tenantId, timer.sagaId, timer.kind, *again})
                         : tx.timers().clear(timer.tenantId, timer.sagaId, timer.kind));
      if (!again || isEarly) continue;
      claimed.push_back(timer);
      ++claimedOf[timer.tenantId];
    }
    return claimed;
  });
}

void CheckoutService::Impl::runTimer(const Timer& timer) {
  const Tenant* tenant = tenants.find(timer.tenantId);
  if (tenant == nullptr) return;
  auto locked = locks.lock(timer.tenantId, timer.sagaId, Waiter::Worker, Milliseconds{0});
  if (!locked.ok()) return;
  const RunResult looked = executor.run(*locked, *tenant, Look{}, {ActorKind::Worker, {}});
  if (looked.error)
    log::warn("checkout not moved on", {{"saga", timer.sagaId.value}, {"reason", looked.error->message}});
}

void CheckoutService::Impl::pullInTimers() {
  const TimePoint now = clock.now();
  {
    const std::lock_guard lock(clockMutex_);
    const bool isFirst = !latest_;
    const bool wasSetBack = latest_ && now < *latest_ - kClockSlack;
    latest_ = now;
    if (!isFirst && !wasSetBack) return;
  }
  const auto done = store.write([&](Transaction& tx) -> Result<void> {
    for (const Tenant* tenant : tenants.all()) {
      CHECKOUT_ASSIGN(unsettled, tx.sagas().unsettled(tenant->id, kPulledInAtOnce));
      for (const Saga& saga : unsettled.sagas)
        if (saga.updatedAt > now + kClockSlack)
          CHECKOUT_TRY(tx.timers().set({saga.tenantId, saga.id, TimerKind::Resume, now}));
    }
    return {};
  });
  if (!done.ok()) log::warn("timers not checked against the clock", {{"reason", done.error().message}});
}

Result<std::optional<TimePoint>> CheckoutService::runDueTimers() {
  impl_->pullInTimers();
  const auto next = [this] {
    return readFor<std::optional<TimePoint>>(impl_->store,
                                             [](Transaction& tx) { return tx.timers().next(); });
  };
  CHECKOUT_ASSIGN(earliest, next());
  if (!earliest || *earliest > impl_->clock.now()) return earliest;
  CHECKOUT_ASSIGN(claimed, impl_->claimDueTimers());
  for (const Timer& timer : claimed) {
    const auto task = [impl = impl_.get(), timer] { impl->runTimer(timer); };
    if (!impl_->workers)
      task();
    else if (!impl_->workers->trySubmit(timer.tenantId.value, task))
      break;  // stopping; what was claimed comes round again
  }
  return next();
}

}  // namespace checkout::saga
