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

}  // namespace

std::string_view toString(EventFate fate) {
  return nameOf(kFates, fate);
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

}  // namespace checkout::saga
