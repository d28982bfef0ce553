// CheckoutService for the provider's events that no webhook has brought: its list of events is read.
#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/service_impl.hpp"

namespace checkout::saga {
namespace {

constexpr Milliseconds kShortestSpan{1'000};  // the provider's times are in seconds
constexpr Milliseconds kDay{24 * 60 * 60'000}, kListed{30 * kDay};

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

CheckoutService::Impl::Reading CheckoutService::Impl::readingOf(const TenantId& tenantId) {
  const std::lock_guard lock(readingsMutex_);
  return readings_[tenantId];
}

TimePoint CheckoutService::Impl::keepReading(const TenantId& tenantId, Reading reading) {
  constexpr std::size_t kMostKept = 1'000;
  std::erase_if(reading.failed, [&](const auto& entry) {
    const bool isGone = entry.second.createdAt < clock.now() - kListed;
    if (isGone)
      log::error("an event could not be applied for as long as the provider lists it, and is given up",
                 {{"tenant", tenantId.value}, {"event", entry.first}, {"type", entry.second.type}});
    return isGone;
  });
  TimePoint mark = *reading.until;
  for (const auto& [id, event] : reading.failed) mark = std::min(mark, event.createdAt);
  if (reading.failed.size() > kMostKept) reading = {mark, {}};  // they are read once more
  const std::lock_guard lock(readingsMutex_);
  readings_[tenantId] = std::move(reading);
  return mark;
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
  // An event may become visible this much after its time.
  constexpr Milliseconds kLateness{2 * 60'000}, kUndeliveredReach{60 * 60'000};
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  const TimePoint now = impl_->clock.now();
  const bool webhooksArrive = impl_->webhooksArrive && !tenant->stripe.webhookSecrets.empty();
  EventQuery query;
  query.types = handledEventTypes();
  // What was not delivered is a part of the list: it says nothing about how far the list has been read.
  query.undeliveredOnly = webhooksArrive && depth == SweepDepth::Undelivered;
  const auto mark = [&](TimePoint readUntil) {
    return impl_->store.write(
        [&](Transaction& tx) { return tx.ledger().setEventsReadUntil(tenantId, readUntil); });
  };
  auto stored = readFor<std::optional<TimePoint>>(
      impl_->store, [&](Transaction& tx) { return tx.ledger().eventsReadUntil(tenantId); });
  if (!stored.ok()) return std::move(stored).error();
  // The first sweep has no predecessor. What happens until one succeeds is read then, however late that is.
  if (!*stored) CHECKOUT_TRY(mark(now - kDay));
  TimePoint from = stored->value_or(now - kDay);
  Impl::Reading reading = impl_->readingOf(tenantId);
  if (from > now + kClockSlack)  // written by a clock that was ahead: how far was really read is not known
    from = now - kListed;
  else if (reading.until && *reading.until <= now)
    from = std::max(from, *reading.until);
  from = std::min(from, now - kLateness);
  if (query.undeliveredOnly) from = now - kUndeliveredReach;
  from = std::chrono::floor<std::chrono::seconds>(from);

  std::optional<Error> failure;
  const auto apply = [&](const PaymentEvent& event) {
    auto applied = applyEvent(tenantId, event);
    if (!applied.ok()) failure = std::move(applied).error();  // the others need not wait for it
    return applied.ok();
  };
  if (depth == SweepDepth::All)
    std::erase_if(reading.failed, [&](const auto& entry) { return apply(entry.second); });
  // By the slower of the two clocks: what the provider will note at a time that is past only here, is to
  // come.
  TimePoint listedUntil = now;
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
      listedUntil = std::min(listedUntil, page->asOf.value_or(now));
      hasMore = page->hasMore && !page->events.empty();
      if (hasMore && mayNarrow) {
        span = narrower(span, *page);
        break;
      }
      if (hasMore && !lastOnes.insert(page->events.back().id).second)
        return Error(ErrorCode::PaymentServiceError, "The provider's list of events goes round in a circle.");
      for (const PaymentEvent& event : page->events) {
        if (!isOurs(event, *tenant)) continue;
        if (apply(event))
          reading.failed.erase(event.id);
        else
          reading.failed.insert_or_assign(event.id, event);
      }
      if (hasMore) query.startingAfter = page->events.back().id;
    }
    if (hasMore) continue;  // once more, with the narrower span
    from = isLast ? now : from + span;
    span *= 2;
    if (query.undeliveredOnly) continue;
    reading.until = isLast ? listedUntil - kLateness : std::min(from, listedUntil - kLateness);
    CHECKOUT_TRY(mark(impl_->keepReading(tenantId, reading)));
  }
  return failure ? Result<void>(*failure) : Result<void>{};
}

}  // namespace checkout::saga
