// CheckoutService for the provider's events. An event says that something happened, the provider's object
// says what: events come late, twice, in any order, or not at all.
#include <algorithm>

#include "base/enum_names.hpp"
#include "base/log.hpp"
#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/service_impl.hpp"

namespace checkout::saga {
namespace {

// A webhook waits less long than an agent: Stripe repeats what we refuse.
constexpr int kWebhookHurry = 3;

constexpr EnumNames<EventFate, 4> kFates{{{EventFate::Applied, "applied"},
                                          {EventFate::Parked, "parked"},
                                          {EventFate::Ignored, "ignored"},
                                          {EventFate::Duplicate, "duplicate"}}};

// What is none of our business is remembered by its id alone.
InboxEvent toInboxEvent(const TenantId& tenantId, const PaymentEvent& event, InboxEvent::State state,
                        TimePoint now) {
  const std::string payload = state == InboxEvent::State::Ignored ? "" : event.payload;
  const std::string object =
      (event.sessionId ? event.sessionId : event.paymentIntentId).value_or(event.objectId);
  return {tenantId, event.id, event.type, object, payload, state, now};
}

// By the object if it is linked, or by the checkout that the object's metadata names; what is fetched has to
// confirm it.
Result<std::optional<SagaId>> ownerOf(Transaction& tx, const TenantId& tenantId, const PaymentEvent& event) {
  for (const auto& object : {event.sessionId, event.paymentIntentId}) {
    if (!object) continue;
    CHECKOUT_ASSIGN(linked, tx.sagas().findByPayment(tenantId, *object));
    if (linked) return linked;
  }
  if (!event.sagaId) return std::optional<SagaId>{};
  CHECKOUT_ASSIGN(named, tx.sagas().find(tenantId, *event.sagaId));
  return named ? event.sagaId : std::nullopt;
}

// Listed events of a connected account name it or, in some of Stripe's lists, nobody.
bool isOurs(const PaymentEvent& event, const Tenant& tenant) {
  return event.livemode == tenant.stripe.livemode &&
         (!event.account || event.account == tenant.stripe.account);
}

}  // namespace

std::string_view toString(EventFate fate) {
  return nameOf(kFates, fate);
}

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

Result<EventFate> CheckoutService::applyEvent(const TenantId& tenantId, const PaymentEvent& event) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  const auto keep = [&](InboxEvent::State state, EventFate fate) -> Result<EventFate> {
    CHECKOUT_TRY(impl_->store.write([&](Transaction& tx) -> Result<void> {
      auto inserted = tx.inbox().insert(toInboxEvent(tenantId, event, state, impl_->clock.now()));
      return inserted.ok() ? Result<void>{} : std::move(inserted).error();
    }));
    return fate;
  };
  const bool isAnothers =
      event.tenantId && *event.tenantId != tenantId;  // several shops may share an account
  if (!isHandled(event) || isAnothers) return keep(InboxEvent::State::Ignored, EventFate::Ignored);

  const auto isKept = [&](Transaction& tx) -> Result<bool> {
    CHECKOUT_ASSIGN(earlier, tx.inbox().find(tenantId, event.id));
    return earlier.has_value();
  };
  struct Known {
    bool seen = false;
    std::optional<SagaId> saga;
  };
  CHECKOUT_ASSIGN(known, readFor<Known>(impl_->store, [&](Transaction& tx) -> Result<Known> {
                    CHECKOUT_ASSIGN(seen, isKept(tx));
                    CHECKOUT_ASSIGN(saga, ownerOf(tx, tenantId, event));
                    return Known{seen, saga};
                  }));
  if (known.seen) return EventFate::Duplicate;
  if (!known.saga) {
    if (event.sagaId)  // the store may be an older one than the payment
      log::warn(
          "an event is about a checkout that is not in this store; look for its payment at the provider",
          {{"tenant", tenantId.value},
           {"saga", event.sagaId->value},
           {"event", event.id},
           {"type", event.type}});
    return keep(InboxEvent::State::Parked, EventFate::Parked);
  }

  CHECKOUT_ASSIGN(locked,
                  impl_->locks.lock(tenantId, *known.saga, Waiter::Event, impl_->patience / kWebhookHurry));
  // The same event may have come twice at once; the second waited for the first to let go of the checkout.
  CHECKOUT_ASSIGN(seen, readFor<bool>(impl_->store, isKept));
  if (seen) return EventFate::Duplicate;
  const InboxEffect inbox{toInboxEvent(tenantId, event, InboxEvent::State::Applied, impl_->clock.now()),
                          false};
  const RunResult result =
      impl_->executor.run(locked, *tenant, EventCame{event, inbox}, {ActorKind::Webhook, {}});
  if (!result.error) return EventFate::Applied;
  // If the event and its effect are stored, what failed came after, and a timer takes it up again.
  auto durable = readFor<bool>(impl_->store, isKept);
  if (!durable.ok() || !*durable) return *result.error;
  log::warn("checkout stopped after a webhook",
            {{"saga", known.saga->value}, {"reason", result.error->message}});
  return EventFate::Applied;
}

Result<void> CheckoutService::sweepEvents(const TenantId& tenantId, SweepDepth depth,
                                          const std::function<bool()>& isStopping) {
  // Events become visible in no strict order; and the first sweep has no predecessor.
  constexpr Milliseconds kOverlap{2 * 60'000}, kReach{24 * 60 * 60'000}, kListed{30 * kReach},
      kUndeliveredReach{60 * 60'000};
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  const TimePoint now = impl_->clock.now();
  const bool webhooksArrive = impl_->webhooksArrive && !tenant->stripe.webhookSecrets.empty();
  EventQuery query;
  query.types = handledEventTypes();
  query.undeliveredOnly = webhooksArrive && depth == SweepDepth::Undelivered;
  auto until = readFor<std::optional<TimePoint>>(
      impl_->store, [&](Transaction& tx) { return tx.ledger().eventsReadUntil(tenantId); });
  if (!until.ok()) return std::move(until).error();
  query.since = *until ? **until - kOverlap : now - kReach;
  // Written by a clock that was ahead: how far was really read is not known.
  if (*until && **until > now + kClockSlack) query.since = now - kListed;
  // How far the list has been read is what the full sweep has read: the other one sees only a part of it.
  if (query.undeliveredOnly) query.since = now - kUndeliveredReach;
  std::optional<Error> failure;
  std::vector<PaymentEvent> failed;
  for (bool hasMore = true; hasMore;) {  // newest first; what an event means does not depend on the order
    if (isStopping && isStopping()) return {};
    auto page = impl_->gateway.listEvents(*tenant, query);
    if (!page.ok()) return std::move(page).error();
    for (const PaymentEvent& event : page->events) {
      if (!isOurs(event, *tenant)) continue;
      auto applied = applyEvent(tenantId, event);
      if (applied.ok()) continue;
      failure = std::move(applied).error();  // the others need not wait for it
      failed.push_back(event);
    }
    hasMore = page->hasMore && !page->events.empty();
    if (hasMore) query.startingAfter = page->events.back().id;
  }
  if (!query.undeliveredOnly) {
    const TimePoint readUntil = std::min(now, impl_->holdBack(tenantId, failed).value_or(now));
    CHECKOUT_TRY(impl_->store.write(
        [&](Transaction& tx) { return tx.ledger().setEventsReadUntil(tenantId, readUntil); }));
  }
  return failure ? Result<void>(*failure) : Result<void>{};
}

}  // namespace checkout::saga
