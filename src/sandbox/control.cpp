#include "sandbox/control.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/json_gate.hpp"
#include "sandbox/api.hpp"
#include "sandbox/api_error.hpp"
#include "sandbox/coupons.hpp"
#include "sandbox/hosted.hpp"
#include "sandbox/merchant.hpp"
#include "sandbox/refunds.hpp"
#include "sandbox/sessions.hpp"

namespace checkout::sandbox {
namespace {

constexpr std::int64_t kMaxAdvance = std::chrono::milliseconds(std::chrono::hours(24 * 366)).count();

// "/_sandbox/charges/ch_1/dispute" between prefix and suffix: "ch_1".
std::optional<std::string> idBetween(std::string_view path, std::string_view prefix,
                                     std::string_view suffix) {
  if (path.size() <= prefix.size() + suffix.size() || path.substr(0, prefix.size()) != prefix ||
      path.substr(path.size() - suffix.size()) != suffix)
    return std::nullopt;
  return std::string(path.substr(prefix.size(), path.size() - prefix.size() - suffix.size()));
}

Result<Json> readBody(const HttpRequest& request) {
  if (request.body.empty()) return Json::object();
  auto parsed = parseUntrustedJson(request.body);
  if (!parsed.ok()) return invalidRequest("The body is no JSON: " + parsed.error().message);
  return std::move(*parsed);
}

Json clockObject(const World& world) {
  return {{"now_ms", toUnixMillis(world.now())},
          {"now", toIso8601(world.now())},
          {"offset_ms", world.offset().count()}};
}

Result<Json> advanceClock(World& world, const Json& body) {
  if (!body.contains("advance_ms") || !body["advance_ms"].is_number_integer())
    return missingParameter("advance_ms");
  const std::int64_t by = body["advance_ms"];
  if (by < 0 || by > kMaxAdvance)
    return invalidRequest("advance_ms is a number from 0 to one year: time does not run backwards.",
                          "advance_ms");
  world.advance(Milliseconds(by));
  world.runDueTimers();
  return clockObject(world);
}

std::string keyOf(const HttpRequest& request) {
  const std::string header = request.headers.get("Authorization").value_or("");
  return header.rfind("Bearer ", 0) == 0 ? header.substr(7) : "";
}

constexpr const char* kCustomerName = "Test Customer";

BillingDetails customerOf(const Session& session, const Json& body) {
  BillingDetails customer;
  customer.email = textOr(
      body, "email", textOr(objectOr(session.object, "customer_details"), "email", "customer@example.com"));
  customer.name = textOr(body, "name", kCustomerName);
  customer.phone = textOr(body, "phone", "");
  customer.country = textOr(session.address, "country", "");
  customer.postalCode = textOr(session.address, "postal_code", "");
  return customer;
}

Result<CustomerPayment> readPayment(const Session& session, const Json& body) {
  CustomerPayment payment;
  payment.cardNumber = textOr(body, "card", "");
  payment.iban = textOr(body, "iban", "");
  payment.billing = customerOf(session, body);
  payment.saves = body.value("save", Json(false)) == true;
  std::erase(payment.cardNumber, ' ');
  std::erase(payment.iban, ' ');
  if (payment.cardNumber.empty() == payment.iban.empty())
    return invalidRequest("Give either card or iban.", "card", "parameter_missing");
  if (!accepts(session, payment.iban.empty() ? "card" : "sepa_debit"))
    return invalidRequest("The session does not accept this payment method.", "payment_method_types");
  const bool isNumber = payment.cardNumber.find_first_not_of("0123456789") == std::string::npos;
  if (payment.iban.empty() &&
      (!isNumber || payment.cardNumber.size() < 12 || !passesLuhn(payment.cardNumber)))
    return invalidRequest("The card number is not a valid one.", "card", "incorrect_number", 402);
  if (!payment.iban.empty() && !passesIbanCheck(payment.iban))
    return invalidRequest("The IBAN is not valid.", "iban", "invalid_bank_account_iban");
  return payment;
}

// What a customer would fill in before paying: the body's `shipping_option`, `promotion_code` and `country`.
Result<void> prepare(const FoundSession& found, const Json& body) {
  Session& session = *found.session;
  if (body.contains("shipping_option") || body.contains("promotion_code") || body.contains("country"))
    abandonChallenge(found);
  if (body.contains("shipping_option") &&
      !(body["shipping_option"].is_number_integer() && body["shipping_option"] >= 0 &&
        chooseShipping(*found.account, session, body["shipping_option"].get<std::size_t>())))
    return invalidRequest("shipping_option is the position of one of the session's shipping_options.",
                          "shipping_option");
  if (body.contains("promotion_code"))
    CHECKOUT_TRY(enterPromotionCode(*found.account, session, textOr(body, "promotion_code", "")));
  if (!body.contains("country") && !needsAddress(session)) return {};
  const Json countries =
      objectOr(session.object, "shipping_address_collection").value("allowed_countries", Json::array());
  const std::string country =
      textOr(body, "country", countries.empty() ? "US" : countries[0].get<std::string>());
  if (!countries.empty() && std::find(countries.begin(), countries.end(), country) == countries.end())
    return invalidRequest("The session does not ship to " + country + ".", "country");
  giveAddress(
      *found.account, session, textOr(body, "name", kCustomerName),
      {{"line1", "1 Test Street"}, {"city", "Testville"}, {"postal_code", "12345"}, {"country", country}});
  return {};
}

Result<Json> pay(World& world, const std::string& id, const Json& body) {
  const FoundSession found = findSession(world, id);
  if (found.session == nullptr) return noSuch("checkout.session", id);
  Session& session = *found.session;
  if (!isOpen(session))
    return invalidRequest(
        "The session is " + session.object["status"].get<std::string>() + ": it cannot be paid.", "session");
  const std::string answer = textOr(body, "authenticate", "");
  if (!answer.empty() && answer != "accept" && answer != "refuse")
    return invalidRequest("authenticate is accept or refuse.", "authenticate");

  CHECKOUT_TRY(prepare(found, body));
  if (session.object["amount_total"] == 0) {
    completeForFree(world, *found.account, session, customerOf(session, body));
    return Json{{"outcome", "succeeded"}, {"session", session.object}, {"payment_intent", nullptr}};
  }
  Outcome outcome = Outcome::RequiresAction;
  if (body.contains("card") || body.contains("iban")) {
    CHECKOUT_ASSIGN(payment, readPayment(session, body));
    outcome = paySession(world, found, payment);
  } else if (answer.empty() || !session.object["payment_intent"].is_string()) {
    return invalidRequest("Give either card or iban.", "card", "parameter_missing");
  }
  Intent& intent = intentOfSession(world, *found.account, session);
  if (outcome == Outcome::RequiresAction && !answer.empty()) {
    if (intent.object["status"] != "requires_action")
      return invalidRequest("No authentication is being waited for.", "authenticate");
    outcome = answerChallenge(world, *found.account, intent, answer == "accept");
  }
  if (outcome == Outcome::Declined) {
    Json fields = intent.object["last_payment_error"];
    fields["payment_intent"] = intent.object;
    return executionError(402, std::move(fields));
  }
  return Json{{"outcome", toString(outcome)}, {"session", session.object}, {"payment_intent", intent.object}};
}

Result<Json> settleIntent(World& world, const std::string& id, const Json& body) {
  const FoundIntent found = findIntent(world, id);
  if (found.intent == nullptr) return noSuch("payment_intent", id);
  const std::string outcome = textOr(body, "outcome", "");
  if (outcome != "succeeded" && outcome != "failed" && outcome != "lapsed")
    return invalidRequest("outcome is succeeded, failed or lapsed.", "outcome");
  if (found.intent->object["status"] != "processing")
    return invalidRequest("The PaymentIntent is not processing: there is nothing to settle.");
  if (outcome == "lapsed")
    lapse(world, *found.account, *found.intent);
  else
    settle(world, *found.account, *found.intent, outcome == "succeeded");
  return found.intent->object;
}

Result<Json> disputeCharge(World& world, const std::string& id) {
  for (const auto& [key, account] : world.accounts()) {
    Record* charge = account->charges.find(id);
    if (charge == nullptr) continue;
    if (charge->object["status"] != "succeeded" || charge->object["disputed"] == true)
      return invalidRequest("Only a succeeded charge without a dispute can be disputed.");
    return openDispute(world, *account, *charge).object;
  }
  return noSuch("charge", id);
}

Result<Json> endDispute(World& world, const std::string& id, const Json& body) {
  const std::string status = textOr(body, "status", "");
  if (status != "won" && status != "lost") return invalidRequest("status is won or lost.", "status");
  for (const auto& [key, account] : world.accounts()) {
    Record* dispute = account->disputes.find(id);
    if (dispute == nullptr) continue;
    if (dispute->object["status"] != "needs_response")
      return invalidRequest("The dispute is closed already.");
    closeDispute(world, *account, *dispute, status == "won");
    return dispute->object;
  }
  return noSuch("dispute", id);
}

Result<Json> serve(World& world, const HttpRequest& request) {
  const std::string_view path = request.path();
  const std::string& method = request.method;
  if (method == "GET" && path == "/_sandbox/ledger") {
    return ledger(world, keyOf(request));
  }
  if (method == "GET" && path == "/_sandbox/clock") return clockObject(world);
  if (path == "/_sandbox/faults" && method == "DELETE") world.faults.clear();
  if (path == "/_sandbox/faults" && (method == "DELETE" || method == "GET")) return world.faults.describe();
  if (method == "POST") {
    CHECKOUT_ASSIGN(body, readBody(request));
    if (!body.is_object() && path != "/_sandbox/faults") return invalidRequest("The body is a JSON object.");
    if (path == "/_sandbox/clock") return advanceClock(world, body);
    if (path == "/_sandbox/settings") {
      const std::string key = keyOf(request), connected = request.headers.get("Stripe-Account").value_or("");
      return changeSettings(world, key.empty() ? nullptr : &world.account(key, connected), body);
    }
    if (path == "/_sandbox/restricted_keys") return createRestrictedKey(world, keyOf(request), body);
    if (path == "/_sandbox/faults") {
      CHECKOUT_TRY(world.faults.add(body));
      return world.faults.describe();
    }
    if (auto id = idBetween(path, "/_sandbox/checkout/sessions/", "/pay")) return pay(world, *id, body);
    if (auto id = idBetween(path, "/_sandbox/payment_intents/", "/settle"))
      return settleIntent(world, *id, body);
    if (auto id = idBetween(path, "/_sandbox/charges/", "/dispute")) return disputeCharge(world, *id);
    if (auto id = idBetween(path, "/_sandbox/disputes/", "/close")) return endDispute(world, *id, body);
  }
  return invalidRequest("No such control route: " + method + " " + std::string(path) + ".", {}, {}, 404);
}

}  // namespace

HttpResponse serveControl(World& world, const HttpRequest& request) {
  const auto answer = serve(world, request);
  return answer.ok() ? jsonResponse(200, *answer)
                     : jsonResponse(statusOf(answer.error()), wireError(answer.error()));
}

}  // namespace checkout::sandbox
