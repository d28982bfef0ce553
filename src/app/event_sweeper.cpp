#include "app/event_sweeper.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace checkout::app {
namespace {

constexpr int kFullEvery = 10;  // sweeps; those between read only what no webhook endpoint has taken
constexpr Milliseconds kMaxIdle{60'000};

}  // namespace

Milliseconds sweepPause(const SweepPace& pace, bool webhooksArrive, Milliseconds sincePaymentAwaited) {
  constexpr int kShareOfAge = 12;
  return webhooksArrive ? pace.longest
                        : std::clamp(sincePaymentAwaited / kShareOfAge, pace.shortest, pace.longest);
}

EventSweeper::EventSweeper(saga::CheckoutService& checkouts, const TenantDirectory& tenants,
                           bool webhooksArrive, SweepPace pace)
    : checkouts_(checkouts),
      pace_(pace),
      sweeps_([&] {
        std::list<Sweep> sweeps;
        for (const Tenant* tenant : tenants.all())
          sweeps.emplace_back(*tenant, webhooksArrive && !tenant->stripe.webhookSecrets.empty());
        return sweeps;
      }()),
      threads_(std::max<std::size_t>(sweeps_.size(), 1), sweeps_.size(), kMaxIdle),
      loop_([this] { return beginDue(); }) {}

EventSweeper::~EventSweeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stops_.notify_all();
  loop_.stop();
  threads_.stop();
}

void EventSweeper::paymentAwaited(const TenantId& tenant) {
  for (Sweep& sweep : sweeps_) {
    if (sweep.tenant.id != tenant || sweep.webhooksArrive) continue;
    sweep.awaitedAt = Steady::now();
    loop_.wake();
  }
}

std::optional<Milliseconds> EventSweeper::beginDue() {
  Milliseconds next = pace_.longest;
  for (Sweep& sweep : sweeps_) {
    if (stopping_) break;
    const auto now = Steady::now();
    const auto since = [&](Steady::time_point time) {
      return std::chrono::duration_cast<Milliseconds>(now - time);
    };
    const Milliseconds pause = sweepPause(pace_, sweep.webhooksArrive, since(sweep.awaitedAt));
    if (sweep.begunAt && since(*sweep.begunAt) < pause) {
      next = std::min(next, pause - since(*sweep.begunAt));
      continue;
    }
    next = std::min(next, pause);
    sweep.begunAt = now;
    if (sweep.isRunning.exchange(true)) continue;
    if (!threads_.trySubmit([this, &sweep] { run(sweep); })) sweep.isRunning = false;
  }
  return next;
}

void EventSweeper::run(Sweep& sweep) {
  const std::shared_ptr<void> end(nullptr, [&](void*) { sweep.isRunning = false; });  // whatever it throws
  // The first one reads all: nobody knows what was missed while no server ran.
  const auto depth = sweep.done++ % kFullEvery == 0 ? saga::SweepDepth::All : saga::SweepDepth::Undelivered;
  const auto swept =
      checkouts_.sweepEvents(sweep.tenant.id, depth, [this](Milliseconds time) { return pause(time); });
  if (!swept.ok())
    log::warn("the provider's events could not be read",
              {{"tenant", sweep.tenant.id.value}, {"reason", swept.error().message}});
}

bool EventSweeper::pause(Milliseconds time) {
  std::unique_lock lock(mutex_);
  return !stops_.wait_for(lock, time, [this] { return stopping_.load(); });
}

}  // namespace checkout::app
