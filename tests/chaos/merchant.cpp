#include "chaos/merchant.hpp"

namespace checkout::chaos {
namespace {

std::string objectId(const Json& object) {
  return object.is_object() ? object.value("id", "") : "";
}

}  // namespace

// null if there is none.
Json Merchant::oneOf(const std::string& list) {
  const Json page = stripe_("GET", list, "");
  const Json objects = page.is_object() ? page.value("data", Json::array()) : Json::array();
  if (objects.empty()) return {};
  return objects[static_cast<std::size_t>(dice_(static_cast<int>(objects.size())))];
}

std::string Merchant::refund() {
  const Json intent = oneOf("/v1/payment_intents?limit=20");
  if (objectId(intent).empty() || intent.value("status", "") != "succeeded") return "";
  std::string form = "payment_intent=" + objectId(intent);
  const auto received = intent.value("amount_received", 0);
  const bool isPart = dice_(5) < 3 && received > 1;
  const int part = isPart ? 1 + dice_(received - 1) : received;
  if (isPart) form += "&amount=" + std::to_string(part);
  const bool done = !objectId(stripe_("POST", "/v1/refunds", form)).empty();
  return done ? "refunds " + std::to_string(part) + " of " + objectId(intent) : "";
}

std::string Merchant::expireSession() {
  const std::string session = objectId(oneOf("/v1/checkout/sessions?limit=20&status=open"));
  if (session.empty()) return "";
  const bool done = !objectId(stripe_("POST", "/v1/checkout/sessions/" + session + "/expire", "")).empty();
  return done ? "expires " + session : "";
}

std::string Merchant::cancelIntent() {
  const std::string intent = objectId(oneOf("/v1/payment_intents?limit=20"));
  if (intent.empty()) return "";
  const bool done = !objectId(stripe_("POST", "/v1/payment_intents/" + intent + "/cancel", "")).empty();
  return done ? "cancels " + intent : "";
}

// Here it is the customer's bank that acts; the simulator has a route of its own for it.
std::string Merchant::dispute() {
  const std::string charge = objectId(oneOf("/v1/charges?limit=20"));
  if (charge.empty()) return "";
  const bool done = !objectId(stripe_("POST", "/_sandbox/charges/" + charge + "/dispute", "")).empty();
  return done ? "is told that " + charge + " is disputed" : "";
}

std::string Merchant::closeDispute() {
  const std::string dispute = objectId(oneOf("/v1/disputes?limit=20"));
  if (dispute.empty()) return "";
  const std::string outcome = dice_(2) == 0 ? R"({"status": "won"})" : R"({"status": "lost"})";
  const bool done = !objectId(stripe_("POST", "/_sandbox/disputes/" + dispute + "/close", outcome)).empty();
  return done ? "is told that the dispute " + dispute + " is closed" : "";
}

std::string Merchant::act() {
  const int what = dice_(100);
  if (what < 50) return refund();
  if (what < 70) return expireSession();
  if (what < 84) return cancelIntent();
  return what < 94 ? dispute() : closeDispute();
}

}  // namespace checkout::chaos
