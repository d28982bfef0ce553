#include "sandbox/merchant.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "sandbox/lists.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

constexpr Parameter kTaxSettings[] = {
    {"defaults[tax_behavior]", Kind::Choice, "exclusive|inclusive|inferred_by_currency"},
    {"defaults[tax_code]"},
    {"head_office[address][city]"},
    {"head_office[address][country]"},
    {"head_office[address][line1]"},
    {"head_office[address][line2]"},
    {"head_office[address][postal_code]"},
    {"head_office[address][state]"},
};
constexpr Parameter kRegistrationList[] = {{"status", Kind::Choice, "active|all|expired|scheduled"}};

// Which permission of restricted keys an endpoint asks for: the first prefix that fits.
struct Permission {
  std::string_view pathPrefix, name;
};
constexpr Permission kPermissions[] = {
    {"/v1/checkout/sessions", "checkout_session"},
    {"/v1/payment_intents", "payment_intent"},
    {"/v1/refunds", "charge"},
    {"/v1/charges", "charge"},
    {"/v1/payment_methods", "payment_method"},
    {"/v1/disputes", "dispute"},
    {"/v1/balance_transactions", "balance_transaction"},
    {"/v1/balance", "balance"},
    {"/v1/customers", "customer"},
    {"/v1/coupons", "coupon"},
    {"/v1/promotion_codes", "promotion_code"},
    {"/v1/products", "product"},
    {"/v1/prices", "plan"},
    {"/v1/shipping_rates", "shipping_rate"},
    {"/v1/events", "event"},
    {"/v1/webhook_endpoints", "webhook"},
    {"/v1/tax/", "tax_settings"},
    {"/v1/account", "accounts_kyc_basic"},
};

std::string permissionFor(std::string_view method, std::string_view path) {
  const auto found = std::ranges::find_if(
      kPermissions, [&](const Permission& permission) { return path.starts_with(permission.pathPrefix); });
  const std::string name(found == std::end(kPermissions) ? "unknown" : found->name);
  return name + (method == "GET" ? "_read" : "_write");
}

bool grants(const std::set<std::string>& permissions, const std::string& wanted) {
  const auto suffix = wanted.rfind("_read");
  return permissions.contains(wanted) ||
         (suffix != std::string::npos && permissions.contains(wanted.substr(0, suffix) + "_write"));
}

Json newAccountObject(const Account& account) {
  const Json none = Json::array();
  return {{"id", account.id},
          {"object", "account"},
          {"business_type", "company"},
          {"capabilities",
           {{"card_payments", "active"}, {"sepa_debit_payments", "active"}, {"transfers", "active"}}},
          {"charges_enabled", true},
          {"country", "US"},
          {"default_currency", "usd"},
          {"details_submitted", true},
          {"email", "merchant@example.com"},
          {"payouts_enabled", true},
          {"requirements",
           {{"alternatives", none},
            {"current_deadline", nullptr},
            {"currently_due", none},
            {"disabled_reason", nullptr},
            {"errors", none},
            {"eventually_due", none},
            {"past_due", none},
            {"pending_verification", none}}},
          {"type", "standard"}};
}

Json accountObject(const Account& account) {
  Json object = newAccountObject(account);
  object.merge_patch(account.profile);
  return object;
}

Json taxSettingsObject(const Account& account) {
  Json object = {
      {"object", "tax.settings"},
      {"defaults",
       {{"provider", "stripe"}, {"tax_behavior", "inferred_by_currency"}, {"tax_code", "txcd_10000000"}}},
      {"head_office", account.headOffice},
      {"livemode", false}};
  object["defaults"].merge_patch(account.taxDefaults);
  const bool active = isTaxActive(account);
  object["status"] = active ? "active" : "pending";
  object["status_details"] = active ? Json{{"active", Json::object()}}
                                    : Json{{"pending", {{"missing_fields", Json::array({"head_office"})}}}};
  return object;
}

Json registrationObject(const World& world, const std::string& country) {
  std::string member = country;
  std::ranges::transform(member, member.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  return {{"id", newId("taxreg")},
          {"object", "tax.registration"},
          {"active_from", world.nowSeconds()},
          {"country", country},
          {"country_options",
           {{member, {{"standard", {{"place_of_supply_scheme", "standard"}}}, {"type", "standard"}}}}},
          {"created", world.nowSeconds()},
          {"expires_at", nullptr},
          {"livemode", false},
          {"status", "active"}};
}

Result<std::set<std::string>> readPermissions(const Json& body, const char* member) {
  std::set<std::string> permissions;
  const Json given = body.value(member, Json::array());
  if (!given.is_array()) return invalidRequest("Permissions are a list of names.", member);
  for (const Json& name : given) {
    const std::string text = name.is_string() ? name.get<std::string>() : "";
    const bool isKnown = std::ranges::any_of(kPermissions, [&](const Permission& permission) {
      return text == std::string(permission.name) + "_read" ||
             text == std::string(permission.name) + "_write";
    });
    if (!isKnown) return invalidRequest("There is no permission '" + text + "' here.", member);
    permissions.insert(text);
  }
  return permissions;
}

}  // namespace

ParameterTable taxSettingsUpdateParameters() {
  return kTaxSettings;
}
ParameterTable taxRegistrationListParameters() {
  return kRegistrationList;
}

bool isTaxActive(const Account& account) {
  return account.headOffice.is_object();
}

Result<Json> getAccount(Call& call) {
  return accountObject(call.account);
}

Result<Json> getTaxSettings(Call& call) {
  return taxSettingsObject(call.account);
}

Result<Json> updateTaxSettings(Call& call) {
  const Json& parameters = call.parameters;
  if (parameters.contains("head_office"))
    call.account.headOffice = {{"address", addressObject(objectOr(parameters["head_office"], "address"))}};
  call.account.taxDefaults.merge_patch(objectOr(parameters, "defaults"));
  return taxSettingsObject(call.account);
}

Result<Json> listTaxRegistrations(Call& call) {
  const std::string status = textOr(call.parameters, "status", "active");
  Json objects = Json::array();
  if (status == "active" || status == "all")
    for (const std::string& country : call.account.taxCountries)
      objects.push_back(registrationObject(call.world, country));
  return arrayPage(objects, call.parameters, "/v1/tax/registrations", "tax registration");
}

Result<void> checkAccess(const Account& account, const RestrictedKey* restricted, std::string_view method,
                         std::string_view path) {
  if (!account.isAccessible)
    return invalidRequest("The provided key does not have access to account '" + account.id +
                              "' (or that account does not exist). Application access may have been revoked.",
                          {}, "account_invalid", 403);
  if (restricted == nullptr) return {};
  const std::string wanted = permissionFor(method, path);
  if (grants(account.isConnected ? restricted->connectPermissions : restricted->permissions, wanted))
    return {};
  return invalidRequest(
      "The provided key 'rk_test_*********' does not have the required permissions for this "
      "endpoint on account '" +
          account.id + "'. Having the 'rak_" + wanted + "' permission would allow this request to continue.",
      {}, {}, 403);
}

Result<Json> changeSettings(World& world, Account* account, const Json& body) {
  constexpr std::string_view kMembers[] = {"automatic_tax", "account", "connected", "tax_head_office",
                                           "tax_registrations"};
  if (!body.is_object() || body.empty()) return missingParameter("automatic_tax");
  for (const auto& [name, value] : body.items()) {
    if (std::ranges::find(kMembers, name) == std::end(kMembers))
      return invalidRequest("There is no setting '" + name + "'.", name, "parameter_unknown");
    const bool fits = name == "account"             ? value.is_object()
                      : name == "tax_head_office"   ? value.is_null() || value.is_object()
                      : name == "tax_registrations" ? value.is_array()
                                                    : value.is_boolean();
    if (!fits) return invalidRequest("The setting '" + name + "' has another type.", name);
  }
  world.automaticTaxByDefault = body.value("automatic_tax", world.automaticTaxByDefault);
  Json answer = {{"automatic_tax", world.automaticTaxByDefault}};
  if (account == nullptr) {
    if (body.size() > (body.contains("automatic_tax") ? 1u : 0u))
      return invalidRequest("Say whose settings: send the account's key in the Authorization header.");
    return answer;
  }
  account->profile.merge_patch(objectOr(body, "account"));
  account->isAccessible = body.value("connected", account->isAccessible);
  if (body.contains("tax_head_office")) account->headOffice = body["tax_head_office"];
  if (body.contains("tax_registrations")) {
    account->taxCountries.clear();
    for (const Json& country : body["tax_registrations"])
      if (country.is_string()) account->taxCountries.push_back(country);
  }
  answer["account"] = accountObject(*account);
  answer["connected"] = account->isAccessible;
  answer["tax"] = taxSettingsObject(*account);
  answer["tax_registrations"] = account->taxCountries;
  return answer;
}

Result<Json> createRestrictedKey(World& world, const std::string& ownerKey, const Json& body) {
  CHECKOUT_ASSIGN(permissions, readPermissions(body, "permissions"));
  CHECKOUT_ASSIGN(connect, readPermissions(body, "connect_permissions"));
  const std::string key = "rk_test_" + randomHex(12);
  world.restrictedKeys[key] = {ownerKey, std::move(permissions), std::move(connect)};
  return Json{{"key", key}};
}

}  // namespace checkout::sandbox
