// CheckoutService for the provider's events that no webhook has brought: its list of events is read.
#include <algorithm>
#include <set>

#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/service_impl.hpp"

namespace checkout::saga {
namespace {

constexpr Milliseconds kShortestSpan{1'000};  // the provider's times are in seconds

// Listed events of a connected account name it or, in some of Stripe's lists, nobody.
bool isOurs(const PaymentEvent& event, const Tenant& tenant) {
  return event.livemode == tenant.stripe.livemode &&
         (!event.account || event.account == tenant.stripe.account);
}

// Shorter than `span`, whose events did not fit into `page`, by how close together they are.
Milliseconds narrower(Milliseconds span, const EventPage& page) {
  const Milliseconds covered = page.events.front().createdAt - page.events.back().createdAt;
  const Milliseconds wholeSeconds = std::chrono::floor<std::chrono::seconds>(std::min(covered, span / 2));
  return std::max(kShortestSpan, wholeSeconds);
}

}  // namespace

// By the time of the first failure, not by the event's age: after an outage of days every event is old, and
// one lost answer must not lose it.
std::optional<TimePoint> CheckoutService::Impl::holdBack(const TenantId& tenantId,
                                                         const std::vector<PaymentEvent>& failed) {
  constexpr Milliseconds kLongest{24 * 60 * 60'000};  // the list must not be read from there for ever
  const std::lock_guard lock(failingMutex_);
  std::map<std::string, TimePoint> since;
  std::optional<TimePoint> earliest;
  for (const PaymentEvent& event : failed) {
    const auto known = failingSince_[tenantId].find(event.id);
    const TimePoint first = known == failingSince_[tenantId].end() ? clock.now() : known->second;
    since.emplace(event.id, first);
    if (clock.now() - first < kLongest)
      earliest = std::min(event.createdAt, earliest.value_or(event.createdAt));
  }
  failingSince_[tenantId] = std::move(since);
  return earliest;
}

Result<std::optional<EventPage>> CheckoutService::Impl::listEvents(const Tenant& tenant,
                                                                   const EventQuery& query,
                                                                   const SweepPause& pause) {
  for (Milliseconds wait{0};;) {
    if (pause && !pause(wait)) return std::optional<EventPage>{};
    auto page = gateway.listEvents(tenant, query);
    if (page.ok()) return std::optional<EventPage>{std::move(*page)};
    const Error& error = page.error();
    const bool saysWhen = error.details.is_object() && error.details.contains("retryAfterMs");
    if (error.code != ErrorCode::RateLimited || !saysWhen || !pause) return error;
    wait = Milliseconds{error.details["retryAfterMs"].get<std::int64_t>()};
  }
}

// The list is newest first. A full sweep reads it from its old end, one span of time after the other, each
// short enough for a page, and notes after each how far it has come: a sweep that is cut short goes on from
// there, however often that happens.
Result<void> CheckoutService::sweepEvents(const TenantId& tenantId, SweepDepth depth,
                                          const SweepPause& pause) {
  // An event may become visible this much after its time; and the first sweep has no predecessor.
  constexpr Milliseconds kLateness{2 * 60'000}, kReach{24 * 60 * 60'000}, kListed{30 * kReach},
      kUndeliveredReach{60 * 60'000};
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  const TimePoint now = impl_->clock.now();
  const bool webhooksArrive = impl_->webhooksArrive && !tenant->stripe.webhookSecrets.empty();
  EventQuery query;
  query.types = handledEventTypes();
  // What was not delivered is a part of the list: it says nothing about how far the list has been read.
  query.undeliveredOnly = webhooksArrive && depth == SweepDepth::Undelivered;
  auto until = readFor<std::optional<TimePoint>>(
      impl_->store, [&](Transaction& tx) { return tx.ledger().eventsReadUntil(tenantId); });
  if (!until.ok()) return std::move(until).error();
  TimePoint from = until->value_or(now - kReach);
  // Written by a clock that was ahead: how far was really read is not known.
  from = from > now + kClockSlack ? now - kListed : std::min(from, now - kLateness);
  if (query.undeliveredOnly) from = now - kUndeliveredReach;
  from = std::chrono::floor<std::chrono::seconds>(from);

  std::optional<Error> failure;
  std::vector<PaymentEvent> failed;
  const auto apply = [&](const EventPage& page) {
    for (const PaymentEvent& event : page.events) {
      if (!isOurs(event, *tenant)) continue;
      auto applied = applyEvent(tenantId, event);
      if (applied.ok()) continue;
      failure = std::move(applied).error();  // the others need not wait for it
      failed.push_back(event);
    }
  };
  for (Milliseconds span = now - from; from < now;) {
    const bool isLast = from + span >= now;
    const bool mayNarrow = !query.undeliveredOnly && span > kShortestSpan;
    query.since = from;
    query.until = isLast ? std::nullopt : std::optional(from + span);
    query.startingAfter.clear();
    bool hasMore = true;
    std::set<std::string> lastOnes;  // of the pages of this span
    while (hasMore) {
      CHECKOUT_ASSIGN(page, impl_->listEvents(*tenant, query, pause));
      if (!page) return {};
      hasMore = page->hasMore && !page->events.empty();
      if (hasMore && mayNarrow) {
        span = narrower(span, *page);
        break;
      }
      if (hasMore && !lastOnes.insert(page->events.back().id).second)
        return Error(ErrorCode::PaymentServiceError, "The provider's list of events goes round in a circle.");
      apply(*page);
      if (hasMore) query.startingAfter = page->events.back().id;
    }
    if (hasMore) continue;  // once more, with the narrower span
    from = isLast ? now : from + span;
    span *= 2;
    if (query.undeliveredOnly) continue;
    TimePoint readUntil = std::min(from, now - kLateness);
    for (const PaymentEvent& event : failed) readUntil = std::min(readUntil, event.createdAt);
    // Only a sweep that got through knows all that fail, and may give up on one.
    if (isLast) readUntil = std::min(now - kLateness, impl_->holdBack(tenantId, failed).value_or(now));
    CHECKOUT_TRY(impl_->store.write(
        [&](Transaction& tx) { return tx.ledger().setEventsReadUntil(tenantId, readUntil); }));
  }
  return failure ? Result<void>(*failure) : Result<void>{};
}

}  // namespace checkout::saga
