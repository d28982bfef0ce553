// The event log, and the webhook endpoints that hear of it.
#pragma once

#include <optional>

#include "sandbox/call.hpp"

namespace checkout::sandbox {

// Records an event with a snapshot of `object` and queues its deliveries. `previous` holds the members that
// changed, as they were; only …updated events have it.
void emit(World& world, Account& account, const std::string& type, const Json& object,
          const std::optional<Json>& previous = std::nullopt);
Json eventObject(const Event& event);  // as it is asked for
// As an endpoint gets it: one for Connect hears of all connected accounts, and is told of which one.
Json deliveredEvent(const Account& account, const Event& event);

WebhookEndpoint& addEndpoint(World& world, Account& account, std::string url, Secret secret,
                             Json enabledEvents, WebhookEndpoint::Hears hears);

Result<Json> listEvents(Call& call);
Result<Json> getEvent(Call& call);
Result<Json> createWebhookEndpoint(Call& call);
Result<Json> listWebhookEndpoints(Call& call);
Result<Json> getWebhookEndpoint(Call& call);
Result<Json> updateWebhookEndpoint(Call& call);
Result<Json> deleteWebhookEndpoint(Call& call);

}  // namespace checkout::sandbox
