#include "sandbox/sessions.hpp"

#include <algorithm>
#include <chrono>

#include "base/random.hpp"
#include "sandbox/currency.hpp"
#include "sandbox/lists.hpp"
#include "sandbox/payments.hpp"

namespace checkout::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kLongestLife = 24h, kShortestLife = 30min;
// Timestamps have seconds and requests take time: this much short of the half hour still passes.
constexpr Milliseconds kLifeTolerance = 10s;
constexpr std::size_t kMaxReference = 200;
constexpr std::int64_t kMaxQuantity = 999'999;

std::string at(const std::string& list, std::size_t position, const std::string& rest) {
  return list + "[" + std::to_string(position) + "]" + rest;
}

Result<void> checkLine(const Json& line, std::size_t position) {
  const std::string here = at("line_items", position, "");
  if (line.contains("price")) return noSuch("price", line["price"].get<std::string>(), here + "[price]");
  const auto priceData = line.find("price_data");
  if (priceData == line.end()) return missingParameter(here + "[price_data]");
  const std::string there = here + "[price_data]";
  if (priceData->contains("product"))
    return noSuch("product", (*priceData)["product"].get<std::string>(), there + "[product]");
  if (!priceData->contains("currency")) return missingParameter(there + "[currency]");
  if (!priceData->contains("unit_amount")) return missingParameter(there + "[unit_amount]");
  if (!priceData->contains("product_data") || !(*priceData)["product_data"].contains("name"))
    return missingParameter(there + "[product_data][name]");
  if (!line.contains("quantity")) return missingParameter(here + "[quantity]");
  const std::int64_t unitAmount = (*priceData)["unit_amount"], quantity = line["quantity"];
  if (unitAmount < 0 || unitAmount > kMaximumCharge)
    return invalidRequest("Invalid non-negative integer", there + "[unit_amount]",
                          "parameter_invalid_integer");
  if (quantity < 1 || quantity > kMaxQuantity)
    return invalidRequest("The quantity must be at least 1 and at most 999999.", here + "[quantity]",
                          "parameter_invalid_integer");
  return {};
}

Json lineObject(const World& world, const Json& line) {
  const Json& data = line["price_data"];
  const std::int64_t unitAmount = data["unit_amount"], quantity = line["quantity"];
  return {{"id", newId("li")},
          {"object", "item"},
          {"adjustable_quantity", nullptr},
          {"amount_discount", 0},
          {"amount_subtotal", unitAmount * quantity},
          {"amount_tax", 0},
          {"amount_total", unitAmount * quantity},
          {"currency", data["currency"]},
          {"description", data["product_data"]["name"]},
          {"metadata", line.value("metadata", Json::object())},
          {"price",
           {{"id", newId("price")},
            {"object", "price"},
            {"active", false},  // made for one use, as Stripe does with price_data
            {"billing_scheme", "per_unit"},
            {"created", world.nowSeconds()},
            {"currency", data["currency"]},
            {"custom_unit_amount", nullptr},
            {"livemode", false},
            {"lookup_key", nullptr},
            {"metadata", Json::object()},
            {"nickname", nullptr},
            {"product", newId("prod")},
            {"recurring", nullptr},
            {"tax_behavior", textOr(data, "tax_behavior", "unspecified")},
            {"tiers_mode", nullptr},
            {"transform_quantity", nullptr},
            {"type", "one_time"},
            {"unit_amount", unitAmount},
            {"unit_amount_decimal", std::to_string(unitAmount)}}},
          {"quantity", quantity}};
}

Result<std::string> checkLines(const Json& parameters) {
  const auto lines = parameters.find("line_items");
  if (lines == parameters.end()) return missingParameter("line_items");
  for (std::size_t i = 0; i < lines->size(); ++i) CHECKOUT_TRY(checkLine((*lines)[i], i));
  const std::string currency = (*lines)[0]["price_data"]["currency"];
  for (std::size_t i = 1; i < lines->size(); ++i)
    if ((*lines)[i]["price_data"]["currency"] != currency)
      return invalidRequest("All line items of a session must have the same currency.",
                            at("line_items", i, "[price_data][currency]"));
  return currency;
}

Result<Json> shippingChoices(const Json& parameters, const std::string& currency) {
  Json choices = Json::array();
  const Json options = parameters.value("shipping_options", Json::array());
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::string here = at("shipping_options", i, "[shipping_rate_data]");
    const Json rate = objectOr(options[i], "shipping_rate_data");
    if (!rate.contains("display_name")) return missingParameter(here + "[display_name]");
    const Json fixed = objectOr(rate, "fixed_amount");
    if (!fixed.contains("amount")) return missingParameter(here + "[fixed_amount][amount]");
    if (!fixed.contains("currency")) return missingParameter(here + "[fixed_amount][currency]");
    if (fixed["amount"] < 0)
      return invalidRequest("Invalid non-negative integer", here + "[fixed_amount][amount]",
                            "parameter_invalid_integer");
    if (fixed["currency"] != currency)
      return invalidRequest("Shipping must be in the currency of the line items.",
                            here + "[fixed_amount][currency]");
    choices.push_back({{"name", rate["display_name"]}, {"amount", fixed["amount"]}, {"rate", newId("shr")}});
  }
  return choices;
}

Result<Json> methodTypes(const Json& parameters, const std::string& currency) {
  if (!parameters.contains("payment_method_types"))
    return currency == "eur" ? Json::array({"card", "sepa_debit"}) : Json::array({"card"});
  for (const Json& type : parameters["payment_method_types"]) {
    if (type != "card" && type != "sepa_debit" && type != "link")
      return invalidRequest("This simulator knows the payment methods card, link and sepa_debit.",
                            "payment_method_types");
    if (type == "sepa_debit" && currency != "eur")
      return invalidRequest("The currency " + currency + " is not supported by sepa_debit: it takes eur.",
                            "payment_method_types");
  }
  return parameters["payment_method_types"];
}

Result<TimePoint> expiryOf(const World& world, const Json& parameters) {
  if (!parameters.contains("expires_at")) return world.now() + kLongestLife;
  const TimePoint expiresAt = fromUnixSeconds(parameters["expires_at"].get<std::int64_t>());
  if (expiresAt < world.now() + kShortestLife - kLifeTolerance)
    return invalidRequest("expires_at must be at least 30 minutes after the session is created.",
                          "expires_at");
  if (expiresAt > world.now() + kLongestLife + kLifeTolerance)
    return invalidRequest("expires_at must be within 24 hours after the session is created.", "expires_at");
  return expiresAt;
}

Json sessionObject(const World& world, const std::string& id, const Json& parameters) {
  const bool fixedMethods = parameters.contains("payment_method_types");
  const Json email = memberOrNull(parameters, "customer_email");
  const Json details =
      email.is_null() ? Json(nullptr)
                      : Json{{"address", nullptr},         {"business_name", nullptr}, {"email", email},
                             {"individual_name", nullptr}, {"name", nullptr},          {"phone", nullptr},
                             {"tax_exempt", "none"},       {"tax_ids", nullptr}};
  const bool tax = objectOr(parameters, "automatic_tax").value("enabled", false);
  const bool phone = objectOr(parameters, "phone_number_collection").value("enabled", false);
  return {{"id", id},
          {"object", "checkout.session"},
          {"adaptive_pricing", {{"enabled", false}}},
          {"after_expiration", nullptr},
          {"allow_promotion_codes", memberOrNull(parameters, "allow_promotion_codes")},
          {"allowed_payment_method_types", memberOrNull(parameters, "allowed_payment_method_types")},
          {"amount_subtotal", 0},
          {"amount_total", 0},
          {"automatic_tax",
           {{"enabled", tax},
            {"liability", tax ? Json{{"type", "self"}} : Json(nullptr)},
            {"provider", tax ? Json("stripe") : Json(nullptr)},
            {"status", tax ? Json("complete") : Json(nullptr)}}},
          {"billing_address_collection", memberOrNull(parameters, "billing_address_collection")},
          {"cancel_url", memberOrNull(parameters, "cancel_url")},
          {"client_reference_id", memberOrNull(parameters, "client_reference_id")},
          {"client_secret", nullptr},
          {"collected_information", nullptr},
          {"consent", nullptr},
          {"consent_collection", nullptr},
          {"created", world.nowSeconds()},
          {"currency", nullptr},
          {"currency_conversion", nullptr},
          {"custom_fields", Json::array()},
          {"custom_text",
           {{"after_submit", nullptr},
            {"shipping_address", nullptr},
            {"submit", nullptr},
            {"terms_of_service_acceptance", nullptr}}},
          {"customer", nullptr},
          {"customer_account", nullptr},
          {"customer_creation", textOr(parameters, "customer_creation", "if_required")},
          {"customer_details", details},
          {"customer_email", email},
          {"discounts", Json::array()},
          {"expires_at", 0},
          {"integration_identifier", memberOrNull(parameters, "integration_identifier")},
          {"invoice", nullptr},
          {"invoice_creation", nullptr},
          {"livemode", false},
          {"locale", memberOrNull(parameters, "locale")},
          {"managed_payments", {{"enabled", false}}},
          {"metadata", parameters.value("metadata", Json::object())},
          {"mode", "payment"},
          {"origin_context", memberOrNull(parameters, "origin_context")},
          {"payment_intent", nullptr},
          {"payment_link", nullptr},
          {"payment_method_collection", textOr(parameters, "payment_method_collection", "if_required")},
          {"payment_method_configuration_details",
           fixedMethods ? Json(nullptr) : Json{{"id", "pmc_simulator"}, {"parent", nullptr}}},
          {"payment_method_options", Json::object()},
          {"payment_method_types", Json::array()},
          {"payment_status", "unpaid"},
          {"permissions", nullptr},
          {"phone_number_collection", {{"enabled", phone}}},
          {"recovered_from", nullptr},
          {"saved_payment_method_options", nullptr},
          {"setup_intent", nullptr},
          {"shipping_address_collection", memberOrNull(parameters, "shipping_address_collection")},
          {"shipping_cost", nullptr},
          {"shipping_options", Json::array()},
          {"status", "open"},
          {"submit_type", memberOrNull(parameters, "submit_type")},
          {"subscription", nullptr},
          {"success_url", parameters["success_url"]},
          {"total_details", {{"amount_discount", 0}, {"amount_shipping", 0}, {"amount_tax", 0}}},
          {"ui_mode", "hosted_page"},
          {"url", world.publicUrl + "/pay/" + id},
          {"wallet_options", nullptr}};
}

Result<void> checkFrame(const Json& parameters) {
  CHECKOUT_ASSIGN(mode, requireText(parameters, "mode"));
  if (mode != "payment") return invalidRequest("This simulator implements the mode payment.", "mode");
  if (textOr(parameters, "ui_mode", "hosted_page") != "hosted_page")
    return invalidRequest("This simulator implements the ui_mode hosted_page.", "ui_mode");
  CHECKOUT_TRY(requireText(parameters, "success_url"));
  if (textOr(parameters, "client_reference_id", "").size() > kMaxReference)
    return invalidRequest("Invalid string: at most 200 characters are allowed.", "client_reference_id");
  return {};
}

void applyTotals(Session& session, std::int64_t shipping) {
  std::int64_t subtotal = 0;
  for (const Json& line : session.lineItems) subtotal += line["amount_subtotal"].get<std::int64_t>();
  session.object["amount_subtotal"] = subtotal;
  session.object["amount_total"] = subtotal + shipping;
  session.object["total_details"]["amount_shipping"] = shipping;
}

}  // namespace

bool chooseShipping(Session& session, std::size_t position) {
  if (position >= session.shipping.size()) return false;
  const Json& choice = session.shipping[position];
  session.object["shipping_cost"] = {{"amount_subtotal", choice["amount"]},
                                     {"amount_tax", 0},
                                     {"amount_total", choice["amount"]},
                                     {"shipping_rate", choice["rate"]}};
  applyTotals(session, choice["amount"]);
  return true;
}

Result<Json> createSession(Call& call) {
  World& world = call.world;
  const Json& parameters = call.parameters;
  CHECKOUT_TRY(checkFrame(parameters));
  CHECKOUT_ASSIGN(currency, checkLines(parameters));
  CHECKOUT_ASSIGN(shipping, shippingChoices(parameters, currency));
  CHECKOUT_ASSIGN(types, methodTypes(parameters, currency));
  CHECKOUT_ASSIGN(expiresAt, expiryOf(world, parameters));

  Session session;
  session.id = "cs_test_a1" + randomHex(28);
  session.object = sessionObject(world, session.id, parameters);
  session.object["currency"] = currency;
  session.object["payment_method_types"] = types;
  session.object["expires_at"] = toUnixSeconds(expiresAt);
  session.lineItems = Json::array();
  session.pictures = Json::array();
  for (const Json& line : parameters["line_items"]) {
    session.lineItems.push_back(lineObject(world, line));
    const Json images = line["price_data"]["product_data"].value("images", Json::array());
    session.pictures.push_back(
        {{"image", images.empty() ? Json(nullptr) : images[0]},
         {"details", memberOrNull(line["price_data"]["product_data"], "description")}});
  }
  session.shipping = shipping;
  for (const Json& choice : shipping)
    session.object["shipping_options"].push_back(
        {{"shipping_amount", choice["amount"]}, {"shipping_rate", choice["rate"]}});
  session.intentData = objectOr(parameters, "payment_intent_data");
  session.merchant = textOr(objectOr(parameters, "branding_settings"), "display_name", "");
  applyTotals(session, 0);
  chooseShipping(session, 0);

  const std::int64_t total = session.object["amount_total"];
  if (total < smallestCharge(currency))
    return invalidRequest(
        "The session's total must be at least " + formatAmount(smallestCharge(currency), currency) + ".",
        "line_items", "amount_too_small");
  if (total > kMaximumCharge)
    return invalidRequest(
        "The session's total must be at most " + formatAmount(kMaximumCharge, currency) + ".", "line_items",
        "amount_too_large");

  Account& account = call.account;
  Session& added = account.sessions.add(std::move(session));
  world.at(fromUnixSeconds(toUnixSeconds(expiresAt)), [&world, &account, &added] {
    if (added.object["status"] == "open") expireSession(world, account, added);
  });
  return added.object;
}

Result<Json> getSession(Call& call) {
  const Session* session = call.account.sessions.find(call.id);
  if (session == nullptr) return noSuch("checkout.session", call.id);
  return session->object;
}

Result<Json> listSessions(Call& call) {
  const Json& wanted = call.parameters;
  const auto keep = [&](const Session& session) {
    const Json& object = session.object;
    if (wanted.contains("customer_details") &&
        (object["customer_details"].is_null() ||
         object["customer_details"]["email"] != wanted["customer_details"]["email"]))
      return false;
    return isCreatedWithin(wanted, object["created"]) &&
           (!wanted.contains("status") || object["status"] == wanted["status"]) &&
           (!wanted.contains("payment_intent") || object["payment_intent"] == wanted["payment_intent"]);
  };
  return listPage<Session>(call.account.sessions, wanted, "/v1/checkout/sessions", "checkout.session", keep,
                           [](const Session& session) { return session.object; });
}

Result<Json> listSessionLines(Call& call) {
  const Session* session = call.account.sessions.find(call.id);
  if (session == nullptr) return noSuch("checkout.session", call.id);
  return arrayPage(session->lineItems, call.parameters, "/v1/checkout/sessions/" + call.id + "/line_items",
                   "line item");
}

Result<Json> expireSessionNow(Call& call) {
  Session* session = call.account.sessions.find(call.id);
  if (session == nullptr) return noSuch("checkout.session", call.id);
  if (session->object["status"] != "open")
    return executionError(400, {{"type", "invalid_request_error"},
                                {"message", "Only open Checkout Sessions can be expired; this one is " +
                                                session->object["status"].get<std::string>() + "."},
                                {"param", "session"}});
  expireSession(call.world, call.account, *session);
  return session->object;
}

}  // namespace checkout::sandbox
