#include "sandbox/events.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "sandbox/lists.hpp"

namespace checkout::sandbox {
namespace {

using Hears = WebhookEndpoint::Hears;

bool wants(const WebhookEndpoint& endpoint, const Account& account, const std::string& type) {
  if (endpoint.hears == (account.isConnected ? Hears::Own : Hears::Connected)) return false;
  if (endpoint.object["status"] != "enabled") return false;
  const Json& enabled = endpoint.object["enabled_events"];
  return std::any_of(enabled.begin(), enabled.end(), [&](const Json& e) { return e == "*" || e == type; });
}

bool matchesType(const Json& parameters, const std::string& type) {
  const auto matches = [&](const std::string& wanted) {
    if (!wanted.empty() && wanted.back() == '*')
      return type.compare(0, wanted.size() - 1, wanted, 0, wanted.size() - 1) == 0;
    return wanted == type;
  };
  if (const std::string wanted = textOr(parameters, "type", ""); !wanted.empty() && !matches(wanted))
    return false;
  const auto types = parameters.find("types");
  return types == parameters.end() || std::any_of(types->begin(), types->end(), [&](const Json& t) {
           return matches(t.get<std::string>());
         });
}

WebhookEndpoint* findEndpoint(Account& account, const std::string& id) {
  const auto found = std::find_if(account.endpoints.begin(), account.endpoints.end(),
                                  [&](const WebhookEndpoint& endpoint) { return endpoint.id == id; });
  return found == account.endpoints.end() ? nullptr : &*found;
}

}  // namespace

void emit(World& world, Account& account, const std::string& type, const Json& object,
          const std::optional<Json>& previous) {
  Json data = {{"object", object}};
  if (previous) data["previous_attributes"] = *previous;
  Event& event = account.events.add({.id = newId("evt"),
                                     .type = type,
                                     .dataText = data.dump(-1, ' ', false, Json::error_handler_t::replace),
                                     .createdAt = world.now(),
                                     .requestId = world.causeRequestId,
                                     .idempotencyKey = world.causeIdempotencyKey});

  for (const WebhookEndpoint& endpoint : account.platform->endpoints) {
    if (!wants(endpoint, account, type)) continue;
    ++event.pendingWebhooks;
    Delivery delivery;
    delivery.account = &account;
    delivery.eventId = event.id;
    delivery.eventType = type;
    delivery.endpointId = endpoint.id;
    delivery.url = endpoint.url;
    delivery.secret = endpoint.secret;
    delivery.dueAt = world.now();
    world.deliveries.enqueue(std::move(delivery), world.faults.strikeEvent(type));
  }
}

Json deliveredEvent(const Account& account, const Event& event) {
  Json object = eventObject(event);
  if (account.isConnected) object["account"] = account.id;
  return object;
}

Json eventObject(const Event& event) {
  Json object = {{"id", event.id}, {"object", "event"}};
  object["api_version"] = kApiVersion;
  object["created"] = toUnixSeconds(event.createdAt);
  object["data"] = Json::parse(event.dataText);
  object["livemode"] = false;
  object["pending_webhooks"] = event.pendingWebhooks;
  object["request"] = {
      {"id", event.requestId ? Json(*event.requestId) : Json(nullptr)},
      {"idempotency_key", event.idempotencyKey ? Json(*event.idempotencyKey) : Json(nullptr)}};
  object["type"] = event.type;
  return object;
}

WebhookEndpoint& addEndpoint(World& world, Account& account, std::string url, Secret secret,
                             Json enabledEvents, Hears hears) {
  WebhookEndpoint endpoint;
  endpoint.id = newId("we");
  endpoint.object = {
      {"id", endpoint.id},
      {"object", "webhook_endpoint"},
      {"api_version", kApiVersion},
      {"application", hears == Hears::Connected ? Json("ca_" + account.id.substr(5)) : Json(nullptr)},
      {"created", world.nowSeconds()},
      {"description", nullptr},
      {"enabled_events", std::move(enabledEvents)},
      {"livemode", false},
      {"metadata", Json::object()},
      {"status", "enabled"},
      {"url", url}};
  endpoint.url = std::move(url);
  endpoint.secret = std::move(secret);
  endpoint.hears = hears;
  return account.endpoints.emplace_back(std::move(endpoint));
}

Result<Json> listEvents(Call& call) {
  const Json& parameters = call.parameters;
  const auto keep = [&](const Event& event) {
    // An event is undelivered while an endpoint still waits for it.
    const bool delivered = event.pendingWebhooks == 0;
    return isCreatedWithin(parameters, toUnixSeconds(event.createdAt)) &&
           matchesType(parameters, event.type) &&
           (!parameters.contains("delivery_success") || parameters["delivery_success"] == delivered);
  };
  return listPage<Event>(call.account.events, parameters, "/v1/events", "event", keep, eventObject);
}

Result<Json> getEvent(Call& call) {
  const Event* event = call.account.events.find(call.id);
  if (event == nullptr) return noSuch("event", call.id);
  return eventObject(*event);
}

Result<Json> createWebhookEndpoint(Call& call) {
  CHECKOUT_ASSIGN(url, requireText(call.parameters, "url"));
  if (!call.parameters.contains("enabled_events")) return missingParameter("enabled_events");
  const Secret secret("whsec_" + randomHex(16));
  WebhookEndpoint& endpoint =
      addEndpoint(call.world, call.account, url, secret, call.parameters["enabled_events"],
                  call.parameters.value("connect", false) ? Hears::Connected : Hears::Own);
  endpoint.object["api_version"] = memberOrNull(call.parameters, "api_version");
  endpoint.object["description"] = memberOrNull(call.parameters, "description");
  endpoint.object["metadata"] = call.parameters.value("metadata", Json::object());
  Json answer = endpoint.object;
  answer["secret"] = secret.reveal();  // shown once, as Stripe does
  return answer;
}

Result<Json> listWebhookEndpoints(Call& call) {
  Json objects = Json::array();
  for (const WebhookEndpoint& endpoint : call.account.endpoints)
    objects.insert(objects.begin(), endpoint.object);
  return arrayPage(objects, call.parameters, "/v1/webhook_endpoints", "webhook endpoint");
}

Result<Json> getWebhookEndpoint(Call& call) {
  const WebhookEndpoint* endpoint = findEndpoint(call.account, call.id);
  if (endpoint == nullptr) return noSuch("webhook endpoint", call.id);
  return endpoint->object;
}

Result<Json> updateWebhookEndpoint(Call& call) {
  WebhookEndpoint* endpoint = findEndpoint(call.account, call.id);
  if (endpoint == nullptr) return noSuch("webhook endpoint", call.id);
  const Json& parameters = call.parameters;
  CHECKOUT_TRY(changeMetadata(endpoint->object, parameters));
  changeMembers(endpoint->object, parameters, {"description", "enabled_events", "url"});
  if (parameters.contains("disabled"))
    endpoint->object["status"] = parameters["disabled"] == true ? "disabled" : "enabled";
  endpoint->url = endpoint->object["url"];
  return endpoint->object;
}

Result<Json> deleteWebhookEndpoint(Call& call) {
  if (findEndpoint(call.account, call.id) == nullptr) return noSuch("webhook endpoint", call.id);
  std::erase_if(call.account.endpoints,
                [&](const WebhookEndpoint& endpoint) { return endpoint.id == call.id; });
  call.world.deliveries.cancel(call.id);
  return Json{{"id", call.id}, {"object", "webhook_endpoint"}, {"deleted", true}};
}

}  // namespace checkout::sandbox
