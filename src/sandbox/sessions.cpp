#include "sandbox/sessions.hpp"

#include <algorithm>
#include <chrono>

#include "base/random.hpp"
#include "sandbox/coupons.hpp"
#include "sandbox/currency.hpp"
#include "sandbox/customers.hpp"
#include "sandbox/line_items.hpp"
#include "sandbox/lists.hpp"
#include "sandbox/merchant.hpp"
#include "sandbox/objects.hpp"
#include "sandbox/payments.hpp"
#include "sandbox/pricing.hpp"
#include "sandbox/products.hpp"

namespace checkout::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kLongestLife = 24h, kShortestLife = 30min;
// Timestamps have seconds and requests take time: this much short of the half hour still passes.
constexpr Milliseconds kLifeTolerance = 10s;
constexpr std::size_t kMaxReference = 200, kMaxShippingOptions = 5;

// The session's shipping_options, from rates that exist or that are made here.
Result<Json> shippingOptions(Call& call, const std::string& currency) {
  Json options = Json::array();
  for (const Json& given : call.parameters.value("shipping_options", Json::array())) {
    const std::string here = "shipping_options[" + std::to_string(options.size()) + "]";
    if (options.size() == kMaxShippingOptions)
      return invalidRequest("A session has at most 5 shipping options.", "shipping_options");
    const Record* rate = nullptr;
    if (given.contains("shipping_rate")) {
      rate = call.account.shippingRates.find(given["shipping_rate"].get<std::string>());
      if (rate == nullptr) return noSuchIn(here + "[shipping_rate]", "shipping rate", given["shipping_rate"]);
    } else {
      CHECKOUT_ASSIGN(made, addShippingRate(call.world, call.account, objectOr(given, "shipping_rate_data"),
                                            here + "[shipping_rate_data]"));
      rate = made;
    }
    const Json& fixed = rate->object["fixed_amount"];
    if (fixed["currency"] != currency)
      return invalidRequest("Shipping must be in the currency of the line items.",
                            here + "[shipping_rate_data][fixed_amount][currency]");
    options.push_back({{"shipping_amount", fixed["amount"]}, {"shipping_rate", rate->id}});
  }
  return options;
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

// Only sessions with a customer have any.
Json savedMethodOptions(const Json& parameters) {
  if (!parameters.contains("customer")) return nullptr;
  const Json given = objectOr(parameters, "saved_payment_method_options");
  return {{"allow_redisplay_filters", Json::array({"always"})},
          {"payment_method_remove", textOr(given, "payment_method_remove", "disabled")},
          {"payment_method_save", memberOrNull(given, "payment_method_save")}};
}

Json sessionObject(const World& world, const std::string& id, const Json& parameters) {
  const bool tax = objectOr(parameters, "automatic_tax").value("enabled", world.automaticTaxByDefault);
  const bool phone = objectOr(parameters, "phone_number_collection").value("enabled", false);
  Json object = {
      {"id", id},
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
        {"status", tax ? Json("requires_location_inputs") : Json(nullptr)}}},
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
      {"customer", memberOrNull(parameters, "customer")},
      {"customer_account", nullptr},
      {"customer_creation", parameters.contains("customer")
                                ? Json(nullptr)
                                : Json(textOr(parameters, "customer_creation", "if_required"))},
      {"customer_details", nullptr},
      {"customer_email", memberOrNull(parameters, "customer_email")},
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
      {"payment_method_configuration_details", {{"id", "pmc_simulator"}, {"parent", nullptr}}},
      {"payment_method_options", Json::object()},
      {"payment_method_types", Json::array()},
      {"payment_status", "unpaid"},
      {"permissions", nullptr},
      {"phone_number_collection", {{"enabled", phone}}},
      {"recovered_from", nullptr},
      {"saved_payment_method_options", savedMethodOptions(parameters)},
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
  changeMembers(object, parameters, {"excluded_payment_method_types"});
  return object;
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

// Where it goes is either known or asked for on the page.
Result<void> checkDelivery(const Session& session) {
  const std::string param = "payment_intent_data[shipping]";
  if (!session.intentData.contains("shipping")) return {};
  if (session.object["shipping_address_collection"].is_object())
    return invalidRequest("A session with shipping_address_collection takes no " + param + ".", param);
  return checkShipping(session.intentData["shipping"], param);
}

// Stripe Tax goes by the customer's address, unless what is typed on the page is to become that.
Result<void> checkTaxLocation(const Session& session, const Record& customer) {
  const Json& update = session.customerUpdate;
  const bool isTyped =
      textOr(update, "address", "never") == "auto" || textOr(update, "shipping", "never") == "auto";
  const bool isKnown = !textOr(objectOr(customer.object, "address"), "country", "").empty();
  if (session.object["automatic_tax"]["enabled"] != true || isTyped || isKnown) return {};
  return invalidRequest(
      "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address "
      "to the Customer or set `customer_update[address]` to 'auto' to save the billing address entered in "
      "Checkout to the Customer.",
      {}, "customer_tax_location_invalid");
}

Result<void> checkCustomerUpdate(const Session& session) {
  if (textOr(session.customerUpdate, "shipping", "never") == "auto" &&
      !session.object["shipping_address_collection"].is_object())
    return invalidRequest(
        "`customer_update[shipping]` takes an address that is collected: set "
        "shipping_address_collection.",
        "customer_update[shipping]");
  return {};
}

// What is known of the customer before the page is opened.
Result<void> introduceCustomer(Account& account, Session& session, const Json& parameters) {
  Json& object = session.object;
  Json details = {{"email", memberOrNull(parameters, "customer_email")}};
  if (parameters.contains("customer")) {
    if (parameters.contains("customer_email") || parameters.contains("customer_creation"))
      return invalidRequest("A session with customer takes neither customer_email nor customer_creation.",
                            "customer", "parameters_exclusive");
    CHECKOUT_ASSIGN(customer, findCustomer(account, parameters["customer"]));
    CHECKOUT_TRY(checkTaxLocation(session, *customer));
    CHECKOUT_TRY(checkCustomerUpdate(session));
    details = customer->object;
  } else if (parameters.contains("customer_update")) {
    return invalidRequest("`customer_update` can only be used with `customer` or `customer_account`.",
                          "customer_update");
  } else if (parameters.contains("saved_payment_method_options")) {
    return invalidRequest("`saved_payment_method_options` can only be used with `customer`.",
                          "saved_payment_method_options");
  }
  if (details["email"].is_null() && !parameters.contains("customer")) return {};
  object["customer_details"] = pick(details, {"address", "email", "name", "phone"});
  object["customer_details"].update({{"business_name", nullptr},
                                     {"individual_name", nullptr},
                                     {"tax_exempt", "none"},
                                     {"tax_ids", nullptr}});
  const Json address = objectOr(details, "address");
  const bool isTypedAnew = textOr(session.customerUpdate, "address", "never") == "auto";
  if (address.contains("country") && address["country"].is_string() && !isTypedAnew)
    session.address = address;
  return {};
}

Result<void> checkTotal(const Session& session) {
  const std::string currency = session.object["currency"];
  const std::int64_t total = session.object["amount_total"];
  const bool isFree = total == 0 && !session.object["discounts"].empty();
  if (total < smallestCharge(currency) && !isFree)
    return invalidRequest(
        "The session's total must be at least " + formatAmount(smallestCharge(currency), currency) + ".",
        "line_items", "amount_too_small");
  if (total > largestCharge(currency)) return totalTooLarge(currency);
  return {};
}

}  // namespace

bool chooseShipping(Account& account, Session& session, std::size_t position) {
  const Json& options = session.object["shipping_options"];
  if (position >= options.size()) return false;
  session.object["shipping_cost"] = {{"shipping_rate", options[position]["shipping_rate"]}};
  priceSession(account, session);
  return true;
}

Result<Json> createSession(Call& call) {
  World& world = call.world;
  Account& account = call.account;
  const Json& parameters = call.parameters;
  CHECKOUT_TRY(checkFrame(parameters));
  CHECKOUT_ASSIGN(lines, readLines(call));
  CHECKOUT_ASSIGN(types, offeredMethodTypes(parameters, lines.currency));
  CHECKOUT_ASSIGN(expiresAt, expiryOf(world, parameters));

  Session session;
  session.id = "cs_test_a1" + randomHex(28);
  session.object = sessionObject(world, session.id, parameters);
  session.object["currency"] = lines.currency;
  session.object["payment_method_types"] = std::move(types);
  session.object["expires_at"] = toUnixSeconds(expiresAt);
  session.lineItems = std::move(lines.items);
  session.products = std::move(lines.products);
  session.intentData = objectOr(parameters, "payment_intent_data");
  session.customerUpdate = objectOr(parameters, "customer_update");
  session.merchant = textOr(objectOr(parameters, "branding_settings"), "display_name", "");
  if (session.object["automatic_tax"]["enabled"] == true && !isTaxActive(account))
    return invalidRequest(
        "You must have a valid head office address to enable automatic tax calculation in test mode. Visit "
        "https://dashboard.stripe.com/test/settings/tax to update it.",
        "automatic_tax[enabled]", "stripe_tax_inactive");
  CHECKOUT_TRY(checkDelivery(session));
  CHECKOUT_TRY(checkDescriptorSuffix(session.intentData, "payment_intent_data[statement_descriptor_suffix]"));
  CHECKOUT_TRY(introduceCustomer(account, session, parameters));
  CHECKOUT_ASSIGN(shipping, shippingOptions(call, lines.currency));
  session.object["shipping_options"] = std::move(shipping);
  if (!chooseShipping(account, session, 0)) priceSession(account, session);
  CHECKOUT_TRY(applyDiscounts(account, session, parameters));
  CHECKOUT_TRY(checkTotal(session));

  Session& added = account.sessions.add(std::move(session));
  indexLines(account, added);
  world.at(fromUnixSeconds(toUnixSeconds(expiresAt)), [&world, &account, &added] {
    if (added.object["status"] == "open") expireSession(world, account, added);
  });
  return added.object;
}

Result<Json> getSession(Call& call) {
  return getObject(call.account.sessions, call.id, "checkout.session");
}

Result<Json> updateSession(Call& call) {
  Session* session = call.account.sessions.find(call.id);
  if (session == nullptr) return noSuch("checkout.session", call.id);
  CHECKOUT_TRY(changeMetadata(session->object, call.parameters));
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
           (!wanted.contains("customer") || object["customer"] == wanted["customer"]) &&
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
