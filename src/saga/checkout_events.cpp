// CheckoutService: what the provider tells by itself. An event says that something happened, the provider's
// object says what: events come late, twice, in any order, or not at all.
#include <algorithm>
#include <array>

#include "base/enum_names.hpp"
#include "base/log.hpp"
#include "saga/checkout_parts.hpp"
#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

// A webhook waits less long than an agent: Stripe repeats what we refuse.
constexpr int kWebhookHurry = 3;

constexpr std::array<std::string_view, 9> kPaymentTypes = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.requires_action",
    "payment_intent.processing",
};
constexpr std::array<std::string_view, 8> kReversalTypes = {
    "charge.refunded",        "refund.created",
    "refund.updated",         "refund.failed",
    "charge.dispute.created", "charge.dispute.updated",
    "charge.dispute.closed",  "charge.dispute.funds_withdrawn",
};

constexpr EnumNames<EventFate, 4> kFates{{{EventFate::Applied, "applied"},
                                          {EventFate::Parked, "parked"},
                                          {EventFate::Ignored, "ignored"},
                                          {EventFate::Duplicate, "duplicate"}}};

template <class List>
bool contains(const List& list, const std::string& type) {
  return std::find(list.begin(), list.end(), type) != list.end();
}

std::vector<std::string> handledTypes() {
  std::vector<std::string> types(kPaymentTypes.begin(), kPaymentTypes.end());
  types.insert(types.end(), kReversalTypes.begin(), kReversalTypes.end());
  return types;
}

// The object by which the saga is known: its session, or else its intent.
std::optional<std::string> objectOf(const PaymentEvent& event) {
  return event.sessionId ? event.sessionId : event.paymentIntentId;
}

// What is none of our business is remembered by its id alone.
InboxEvent toInboxEvent(const TenantId& tenantId, const PaymentEvent& event, InboxEvent::State state,
                        TimePoint now) {
  const std::string payload = state == InboxEvent::State::Ignored ? "" : event.payload;
  const std::string object = objectOf(event).value_or(event.objectId);
  return {tenantId, event.id, event.type, object, payload, state, now};
}

PaymentEvent fromInboxEvent(const InboxEvent& parked) {
  PaymentEvent event;
  event.id = parked.eventId;
  event.type = parked.type;
  event.objectId = parked.objectId;
  const bool isSession = event.type.rfind("checkout.session.", 0) == 0;
  (isSession ? event.sessionId : event.paymentIntentId) = parked.objectId;
  return event;
}

Error noSuchPayment() {
  return Error(ErrorCode::PaymentServiceError,
               "The event names a payment that does not exist under the shop's key.");
}

}  // namespace

std::string_view toString(EventFate fate) {
  return nameOf(kFates, fate);
}

// Fetches what the event is about, and settles that.
Result<void> CheckoutService::Parts::follow(LeaseDesk::Held& held, const Tenant& tenant,
                                            const PaymentEvent& event,
                                            const std::function<Result<void>(Transaction&)>& record) {
  const News news{ConfirmedBy::Webhook, "webhook", {{"eventId", event.id}, {"type", event.type}}, record};
  if (contains(kReversalTypes, event.type)) {
    auto reversals = gateway.retrieveReversals(tenant, *event.paymentIntentId);
    if (!reversals.ok()) return std::move(reversals).error();
    return runner.settleReversals(held, tenant, *event.paymentIntentId, *reversals, news);
  }

  // An intent inside a session is the session's business: only that knows whether its page is still open.
  const Payment& payment = held.saga().payment;
  const bool isOtherIntent =
      event.paymentIntentId && payment.paymentIntentId && event.paymentIntentId != payment.paymentIntentId;
  const auto session = event.sessionId ? event.sessionId : isOtherIntent ? std::nullopt : payment.sessionId;
  auto fact = session ? gateway.retrieveSession(tenant, *session)
                      : gateway.retrieveIntent(tenant, *event.paymentIntentId);
  if (!fact.ok()) return std::move(fact).error();
  if (!*fact) return noSuchPayment();
  CHECKOUT_TRY(runner.settle(held, tenant, **fact, news));

  // The event's intent may belong to a page that was replaced, of which the current one knows nothing.
  const bool spokenFor = !event.paymentIntentId || (*fact)->paymentIntentId == event.paymentIntentId;
  if (event.sessionId || spokenFor) return {};
  auto other = gateway.retrieveIntent(tenant, *event.paymentIntentId);
  if (!other.ok()) return std::move(other).error();
  if (!*other || !isStray(held.saga(), **other)) return {};
  return runner.settle(held, tenant, **other, {ConfirmedBy::Webhook, "webhook", Json::object(), {}});
}

Result<void> CheckoutService::Parts::replayParked(LeaseDesk::Held& held, const Tenant& tenant) {
  for (const std::string& object : paymentObjects(held.saga().payment)) {
    auto parked = readFor<std::vector<InboxEvent>>(
        store, [&](Transaction& tx) { return tx.inbox().parkedFor(tenant.id, object); });
    if (!parked.ok()) return std::move(parked).error();
    for (const InboxEvent& event : *parked)
      CHECKOUT_TRY(follow(held, tenant, fromInboxEvent(event), [&](Transaction& tx) {
        return tx.inbox().setState(tenant.id, event.eventId, InboxEvent::State::Applied);
      }));
  }
  return {};
}

// By the object if it is linked, or by the saga that the object's metadata names; what is fetched has to
// confirm it.
Result<std::optional<SagaId>> CheckoutService::Parts::ownerOf(Transaction& tx, const TenantId& tenantId,
                                                              const PaymentEvent& event) {
  for (const auto& object : {event.sessionId, event.paymentIntentId}) {
    if (!object) continue;
    CHECKOUT_ASSIGN(linked, tx.sagas().findByPayment(tenantId, *object));
    if (linked) return linked;
  }
  if (!event.sagaId) return std::optional<SagaId>{};
  CHECKOUT_ASSIGN(named, tx.sagas().find(tenantId, *event.sagaId));
  return named ? event.sagaId : std::nullopt;
}

Result<EventFate> CheckoutService::applyEvent(const TenantId& tenantId, const PaymentEvent& event) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  const auto insert = [&](Transaction& tx, InboxEvent::State state) -> Result<void> {
    auto inserted = tx.inbox().insert(toInboxEvent(tenantId, event, state, parts_->clock.now()));
    return inserted.ok() ? Result<void>{} : std::move(inserted).error();
  };
  const auto keep = [&](InboxEvent::State state, EventFate fate) -> Result<EventFate> {
    CHECKOUT_TRY(parts_->store.write([&](Transaction& tx) { return insert(tx, state); }));
    return fate;
  };
  const bool isReversal = contains(kReversalTypes, event.type);
  const bool isHandled = isReversal ? event.paymentIntentId.has_value()
                                    : contains(kPaymentTypes, event.type) && objectOf(event).has_value();
  if (!isHandled) return keep(InboxEvent::State::Ignored, EventFate::Ignored);

  const auto isKept = [&](Transaction& tx) -> Result<bool> {
    CHECKOUT_ASSIGN(earlier, tx.inbox().find(tenantId, event.id));
    return earlier.has_value();
  };
  struct Known {
    bool seen = false;
    std::optional<SagaId> saga;
  };
  CHECKOUT_ASSIGN(known, readFor<Known>(parts_->store, [&](Transaction& tx) -> Result<Known> {
                    CHECKOUT_ASSIGN(seen, isKept(tx));
                    CHECKOUT_ASSIGN(saga, parts_->ownerOf(tx, tenantId, event));
                    return Known{seen, saga};
                  }));
  if (known.seen) return EventFate::Duplicate;
  if (!known.saga) return keep(InboxEvent::State::Parked, EventFate::Parked);

  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, *known.saga, parts_->patience / kWebhookHurry));
  // The same event may have come twice at once; the second waited for the first to let go of the saga.
  CHECKOUT_ASSIGN(seen, readFor<bool>(parts_->store, isKept));
  if (seen) return EventFate::Duplicate;
  auto followed = parts_->follow(held, *tenant, event,
                                 [&](Transaction& tx) { return insert(tx, InboxEvent::State::Applied); });
  if (followed.ok()) return EventFate::Applied;
  // If the event and its effect are stored, what failed came after, and a timer takes it up again.
  auto durable = readFor<bool>(parts_->store, isKept);
  if (!durable.ok() || !*durable) return std::move(followed).error();
  log::warn("checkout stopped after a webhook",
            {{"saga", known.saga->value}, {"reason", followed.error().message}});
  return EventFate::Applied;
}

Result<void> CheckoutService::sweepEvents(const TenantId& tenantId, const std::function<bool()>& isStopping) {
  // Events become visible in no strict order. The first sweep has no predecessor; and an event that can't be
  // applied is tried again for so long, but no longer: the list must not be read from there for ever.
  constexpr Milliseconds kOverlap{2 * 60'000}, kReach{24 * 60 * 60'000};
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  const TimePoint now = parts_->clock.now();
  auto until = readFor<std::optional<TimePoint>>(
      parts_->store, [&](Transaction& tx) { return tx.ledger().eventsReadUntil(tenantId); });
  if (!until.ok()) return std::move(until).error();

  EventQuery query;
  query.types = handledTypes();
  query.since = *until ? **until - kOverlap : now - kReach;
  query.undeliveredOnly = parts_->webhooksArrive && !tenant->stripe.webhookSecrets.empty();
  std::optional<Error> failure;
  TimePoint readUntil = now;
  for (bool hasMore = true; hasMore;) {  // newest first; what an event means does not depend on the order
    if (isStopping && isStopping()) return {};
    auto page = parts_->gateway.listEvents(*tenant, query);
    if (!page.ok()) return std::move(page).error();
    for (const PaymentEvent& event : page->events) {
      if (event.livemode != tenant->stripe.livemode || event.account != tenant->stripe.account) continue;
      auto applied = applyEvent(tenantId, event);
      if (applied.ok()) continue;
      failure = std::move(applied).error();  // the others need not wait for it
      readUntil = std::min(readUntil, std::max(event.createdAt, now - kReach));
    }
    hasMore = page->hasMore && !page->events.empty();
    if (hasMore) query.startingAfter = page->events.back().id;
  }
  CHECKOUT_TRY(parts_->store.write(
      [&](Transaction& tx) { return tx.ledger().setEventsReadUntil(tenantId, readUntil); }));
  return failure ? Result<void>(*failure) : Result<void>{};
}

}  // namespace checkout::saga
