// Do Stripe's events reach this server: the endpoint's URL, state, API version, events, and whose events they
// are.
#include <algorithm>
#include <iterator>
#include <vector>

#include "app/doctor/examination.hpp"
#include "saga/payment.hpp"
#include "stripe/api.hpp"
#include "stripe/form_encoding.hpp"
#include "stripe/json_fields.hpp"

namespace checkout::app::doctor {
namespace {

using namespace std::chrono_literals;

constexpr char kCheck[] = "webhooks";
// Younger ones may be on their way.
constexpr Milliseconds kDeliveryTime = 10min;

std::string textOf(const Json& endpoint, const char* member) {
  return stripe::stringAt(endpoint, member).value_or("");
}

// An endpoint for the events of connected accounts carries the platform's application.
bool isForConnect(const Json& endpoint) {
  return stripe::stringAt(endpoint, "application").has_value();
}

std::string pathOf(const Examination& examination) {
  return "/webhooks/stripe/" + examination.tenant().id.value;
}

bool leadsHere(const Examination& examination, const Json& endpoint) {
  const std::string url = textOf(endpoint, "url"), path = pathOf(examination);
  const std::string& publicUrl = examination.surroundings().publicUrl;
  return publicUrl.empty() ? url.ends_with(path) : url == publicUrl + path;
}

std::string urlOf(const Examination& examination) {
  const std::string& publicUrl = examination.surroundings().publicUrl;
  return (publicUrl.empty() ? "https://YOUR-HOST" : publicUrl) + pathOf(examination);
}

std::string howToCreate(const Examination& examination) {
  return "Create one in the dashboard (Developers → Webhooks) at " + urlOf(examination) + ", " +
         (examination.stripe().account ? "for events on connected accounts, " : "") +
         "with the API version " + stripe::kStripeVersion +
         " and the events of docs/stripe.md, and put its signing secret into webhook_secrets.";
}

void explainNone(const Examination& examination, const std::vector<Json>& all) {
  std::string elsewhere;
  for (const Json& endpoint : all)
    if (textOf(endpoint, "url").ends_with(pathOf(examination))) elsewhere = textOf(endpoint, "url");
  std::string found = "No endpoint sends events to " + urlOf(examination);
  if (examination.stripe().webhookSecrets.empty())
    return examination.warn(
        kCheck, found + ", and the tenant has no webhook_secrets: payments are found by asking.",
        "Nothing, if nobody can reach this server from outside. Else: " + howToCreate(examination));
  found += elsewhere.empty() ? "." : ", but one to " + elsewhere + ".";
  examination.fail(kCheck, found,
                   elsewhere.empty()
                       ? howToCreate(examination)
                       : "Correct http.public_url, or the endpoint's URL. Else: " + howToCreate(examination));
}

void checkVersion(const Examination& examination, const Json& endpoint) {
  const std::string id = textOf(endpoint, "id");
  const std::string version = textOf(endpoint, "api_version");
  if (version == stripe::kStripeVersion) return;
  const std::string advice =
      "An endpoint's version can't be changed: create another endpoint with the version " +
      std::string(stripe::kStripeVersion) +
      " at the same URL, put its signing secret beside the old one into webhook_secrets, restart, then "
      "delete " +
      id + ".";
  if (version.empty())
    return examination.warn(
        kCheck, "The endpoint " + id + " has no API version of its own, and takes the account's.", advice);
  examination.fail(kCheck,
                   "The endpoint " + id + " sends events of the API version " + version +
                       ", this server reads " + stripe::kStripeVersion + ".",
                   advice);
}

void checkEvents(const Examination& examination, const Json& endpoint) {
  std::vector<std::string> enabled;
  for (const Json& name : stripe::member(endpoint, "enabled_events"))
    if (name.is_string()) enabled.push_back(name);
  const auto handled = saga::handledEventTypes();
  const auto isIn = [](const std::vector<std::string>& list, const std::string& type) {
    return std::ranges::find(list, type) != list.end();
  };
  std::string missing;
  if (!isIn(enabled, "*"))
    for (const std::string& type : handled)
      if (!isIn(enabled, type)) missing += (missing.empty() ? "" : ", ") + type;
  if (!missing.empty())
    return examination.fail(kCheck,
                            "The endpoint " + textOf(endpoint, "id") + " does not send " + missing + ".",
                            "Add these events to the endpoint in the dashboard (… → Edit destination).");
  const auto surplus = std::ranges::count_if(
      enabled, [&](const std::string& type) { return type != "*" && !isIn(handled, type); });
  if (surplus > 0)
    return examination.warn(kCheck,
                            "The endpoint " + textOf(endpoint, "id") + " also sends " +
                                std::to_string(surplus) + " kinds of events that this server ignores.",
                            "Take them off the endpoint where nothing else needs them.");
  examination.ok(kCheck,
                 "The endpoint " + textOf(endpoint, "id") + " sends all events that this server reads.");
}

void checkDeliveries(const Examination& examination) {
  stripe::Form form;
  form.add("delivery_success", "false").add("limit", 100);
  form.add("created[lte]", toUnixSeconds(examination.surroundings().clock.now() - kDeliveryTime));
  const auto handled = saga::handledEventTypes();
  for (std::size_t i = 0; i < handled.size(); ++i) form.add("types[" + std::to_string(i) + "]", handled[i]);
  const auto reply = examination.ask({.target = "/v1/events?" + std::move(form).encoded()});
  if (lacksPermission(reply)) return;  // told among the permissions
  const auto list = examination.objectOf("deliveries", reply);
  if (!list) return;
  const auto count = stripe::member(*list, "data").size();
  if (count == 0) return examination.ok("deliveries", "All events have been delivered.");
  const bool more = stripe::booleanAt(*list, "has_more").value_or(false);
  examination.warn(
      "deliveries",
      count == 1 ? "1 event has not been delivered."
                 : std::to_string(count) + (more ? " or more" : "") + " events have not been delivered.",
      "Look at the endpoint's attempts in the dashboard: 401 says that webhook_secrets lacks this endpoint's "
      "secret; no answer at all, that public_url does not lead here.");
}

// The endpoints that hear of the accounts whose events this tenant needs.
std::vector<Json> fitting(const Examination& examination, const std::vector<Json>& here) {
  const bool connect = examination.stripe().account.has_value();
  std::vector<Json> right;
  std::ranges::copy_if(here, std::back_inserter(right),
                       [&](const Json& endpoint) { return isForConnect(endpoint) == connect; });
  if (right.empty())
    examination.fail(kCheck,
                     "The endpoint " + textOf(here.front(), "id") + " hears of " +
                         (connect ? "the platform's own events only, and the tenant is a connected account."
                                  : "connected accounts only, and the tenant is the account itself."),
                     "An endpoint's kind can't be changed. " + howToCreate(examination));
  return right;
}

void checkHere(const Examination& examination, const std::vector<Json>& here) {
  if (examination.stripe().webhookSecrets.empty())
    return examination.fail(
        kCheck,
        "The endpoint " + textOf(here.front(), "id") +
            " sends events here, but the tenant has no webhook_secrets: they can't be verified, and "
            "are refused.",
        "Put the endpoint's signing secret (whsec_…) into webhook_secrets, and restart the server.");
  const auto right = fitting(examination, here);
  std::vector<Json> enabled;
  std::ranges::copy_if(right, std::back_inserter(enabled),
                       [](const Json& endpoint) { return textOf(endpoint, "status") == "enabled"; });
  if (right.empty()) return;
  if (enabled.empty())
    return examination.fail(
        kCheck, "The endpoint " + textOf(right.front(), "id") + " is disabled.",
        "Enable it in the dashboard. Stripe disables an endpoint that has refused events for days: "
        "look there at what it was answered.");
  if (enabled.size() > 1)
    examination.warn(
        kCheck,
        std::to_string(enabled.size()) + " endpoints send the same events to " + urlOf(examination) + ".",
        "Once a change of secrets or versions is over, delete the old one.");
  for (const Json& endpoint : enabled) {
    checkVersion(examination, endpoint);
    checkEvents(examination, endpoint);
  }
  checkDeliveries(examination);
}

}  // namespace

void checkEndpoints(const Examination& examination) {
  const auto reply = examination.ask({.target = "/v1/webhook_endpoints?limit=100", .asPlatform = true});
  if (lacksPermission(reply))
    return examination.warn(
        kCheck, "The key may not read the webhook endpoints, so that they were not checked.",
        "Give it \"Webhook Endpoints\": read for the time of this check, or compare the endpoint with "
        "docs/stripe.md by hand.");
  const auto list = examination.objectOf(kCheck, reply);
  if (!list) return;
  const Json& data = stripe::member(*list, "data");
  const std::vector<Json> all(data.begin(), data.end());
  std::vector<Json> here;
  std::ranges::copy_if(all, std::back_inserter(here),
                       [&](const Json& endpoint) { return leadsHere(examination, endpoint); });
  if (examination.surroundings().publicUrl.empty())
    examination.warn(kCheck, "http.public_url is not set, so that endpoints are told by their path alone.",
                     "Set it to where customers and Stripe reach this server.");
  if (here.empty()) return explainNone(examination, all);
  checkHere(examination, here);
}

}  // namespace checkout::app::doctor
