#include "sandbox/objects.hpp"

#include "base/digest.hpp"
#include "sandbox/api_error.hpp"
#include "sandbox/parameters.hpp"

namespace checkout::sandbox {
namespace {

constexpr const char* kDescriptorPrefix = "SIMULATOR";

Json textOrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json cardChecks() {
  return {{"address_line1_check", nullptr}, {"address_postal_code_check", nullptr}, {"cvc_check", "pass"}};
}

std::string fingerprint(const std::string& number) {
  return sha256Hex(number).substr(0, 16);
}

Json methodDetails(const Method& method) {
  const Json& object = method.object;
  if (object["type"] == "sepa_debit") {
    const Json& debit = object["sepa_debit"];
    return {{"type", "sepa_debit"},
            {"sepa_debit",
             {{"bank_code", debit["bank_code"]},
              {"branch_code", debit["branch_code"]},
              {"country", debit["country"]},
              {"fingerprint", debit["fingerprint"]},
              {"last4", debit["last4"]},
              {"mandate", nullptr}}}};
  }
  const Json& card = object["card"];
  return {{"type", "card"},
          {"card",
           {{"amount_authorized", nullptr},
            {"authorization_code", nullptr},
            {"brand", card["brand"]},
            {"checks", card["checks"]},
            {"country", card["country"]},
            {"electronic_commerce_indicator", nullptr},
            {"exp_month", card["exp_month"]},
            {"exp_year", card["exp_year"]},
            {"extended_authorization", {{"status", "disabled"}}},
            {"fingerprint", card["fingerprint"]},
            {"funding", card["funding"]},
            {"incremental_authorization", {{"status", "unavailable"}}},
            {"installments", nullptr},
            {"last4", card["last4"]},
            {"mandate", nullptr},
            {"multicapture", {{"status", "unavailable"}}},
            {"network", card["brand"]},
            {"network_token", {{"used", false}}},
            {"network_transaction_id", nullptr},
            {"regulated_status", "unregulated"},
            {"three_d_secure", nullptr},
            {"transaction_link_id", nullptr},
            {"wallet", nullptr}}}};
}

Method& addMethod(World& world, Account& account, const Behaviour& behaviour, const BillingDetails& billing,
                  const std::string& type, Json details) {
  Method method{newId("pm"), {}, behaviour};
  method.object = {{"id", method.id},
                   {"object", "payment_method"},
                   {"allow_redisplay", "unspecified"},
                   {"billing_details", billingObject(billing)},
                   {type, std::move(details)},
                   {"created", world.nowSeconds()},
                   {"customer", nullptr},
                   {"customer_account", nullptr},
                   {"livemode", false},
                   {"metadata", Json::object()},
                   {"type", type}};
  return account.methods.add(std::move(method));
}

}  // namespace

Json billingObject(const BillingDetails& details) {
  return {{"address",
           {{"city", nullptr},
            {"country", textOrNull(details.country)},
            {"line1", nullptr},
            {"line2", nullptr},
            {"postal_code", textOrNull(details.postalCode)},
            {"state", nullptr}}},
          {"email", textOrNull(details.email)},
          {"name", textOrNull(details.name)},
          {"phone", textOrNull(details.phone)},
          {"tax_id", nullptr}};
}

Json shippingObject(const Json& given) {
  if (!given.is_object()) return nullptr;
  Json shipping = pick(given, {"address", "carrier", "name", "phone", "tracking_number"});
  shipping["address"] = addressObject(shipping["address"]);
  return shipping;
}

Result<void> checkShipping(const Json& given, const std::string& param) {
  if (textOr(given, "name", "").empty()) return missingParameter(param + "[name]");
  if (textOr(objectOr(given, "address"), "line1", "").empty())
    return missingParameter(param + "[address][line1]");
  return {};
}

Result<void> checkDescriptorSuffix(const Json& parameters, const std::string& param) {
  constexpr std::size_t kMost = 22;
  const std::string suffix = textOr(parameters, "statement_descriptor_suffix", "");
  if (suffix.empty() || std::string(kDescriptorPrefix).size() + 2 + suffix.size() <= kMost) return {};
  return invalidRequest("The statement descriptor " + std::string(kDescriptorPrefix) + "* " + suffix +
                            " has more than 22 characters.",
                        param);
}

Method& addCard(World& world, Account& account, const TestCard& card, Expiry expiry,
                const BillingDetails& billing) {
  Json details = {{"brand", card.brand},
                  {"checks", cardChecks()},
                  {"country", card.country},
                  {"display_brand", card.brand},
                  {"exp_month", expiry.month},
                  {"exp_year", expiry.year},
                  {"fingerprint", fingerprint(card.number)},
                  {"funding", card.funding},
                  {"generated_from", nullptr},
                  {"last4", card.number.substr(card.number.size() - 4)},
                  {"networks", {{"available", Json::array({card.brand})}, {"preferred", nullptr}}},
                  {"regulated_status", "unregulated"},
                  {"three_d_secure_usage", {{"supported", true}}},
                  {"wallet", nullptr}};
  return addMethod(world, account, card.behaviour, billing, "card", std::move(details));
}

Method& addBankAccount(World& world, Account& account, const TestBankAccount& bank,
                       const BillingDetails& billing) {
  Json details = {{"bank_code", bank.iban.substr(4, 8)},
                  {"branch_code", ""},
                  {"country", bank.iban.substr(0, 2)},
                  {"fingerprint", fingerprint(bank.iban)},
                  {"generated_from", {{"charge", nullptr}, {"setup_attempt", nullptr}}},
                  {"last4", bank.iban.substr(bank.iban.size() - 4)}};
  return addMethod(world, account, bank.behaviour, billing, "sepa_debit", std::move(details));
}

Json newIntentObject(const World& world, const std::string& id, std::int64_t amount,
                     const std::string& currency) {
  return {{"id", id},
          {"object", "payment_intent"},
          {"allowed_payment_method_types", nullptr},
          {"amount", amount},
          {"amount_capturable", 0},
          {"amount_details", {{"tip", Json::object()}}},
          {"amount_received", 0},
          {"application", nullptr},
          {"application_fee_amount", nullptr},
          {"automatic_payment_methods", nullptr},
          {"canceled_at", nullptr},
          {"cancellation_reason", nullptr},
          {"capture_method", "automatic"},
          {"client_secret", newId(id + "_secret")},
          {"confirmation_method", "automatic"},
          {"created", world.nowSeconds()},
          {"currency", currency},
          {"customer", nullptr},
          {"customer_account", nullptr},
          {"description", nullptr},
          {"excluded_payment_method_types", nullptr},
          {"last_payment_error", nullptr},
          {"latest_charge", nullptr},
          {"livemode", false},
          {"managed_payments", nullptr},
          {"metadata", Json::object()},
          {"next_action", nullptr},
          {"on_behalf_of", nullptr},
          {"payment_method", nullptr},
          {"payment_method_configuration_details", nullptr},
          {"payment_method_options", Json::object()},
          {"payment_method_types", Json::array({"card"})},
          {"payment_record", nullptr},
          {"processing", nullptr},
          {"receipt_email", nullptr},
          {"review", nullptr},
          {"setup_future_usage", nullptr},
          {"shipping", nullptr},
          {"source", nullptr},
          {"statement_descriptor", nullptr},
          {"statement_descriptor_suffix", nullptr},
          {"status", "requires_payment_method"},
          {"transfer_data", nullptr},
          {"transfer_group", nullptr}};
}

Json chargeOutcome(const std::string& declineCode) {
  const bool approved = declineCode.empty();
  const bool blocked = declineCode == "fraudulent";
  return {
      {"advice_code", approved ? Json(nullptr) : Json("try_again_later")},
      {"network_advice_code", nullptr},
      {"network_decline_code", approved || blocked ? Json(nullptr) : Json("05")},
      {"network_status", approved  ? "approved_by_network"
                         : blocked ? "not_sent_to_network"
                                   : "declined_by_network"},
      {"reason", approved ? Json(nullptr) : Json(declineCode)},
      {"risk_level", blocked ? "highest" : "normal"},
      {"risk_score", blocked ? 95 : 20},
      {"seller_message", approved ? "Payment complete." : "The payment was refused: " + declineCode + "."},
      {"type", approved  ? "authorized"
               : blocked ? "blocked"
                         : "issuer_declined"}};
}

Record& addCharge(World& world, Account& account, const Intent& intent, const Method& method) {
  const Json& from = intent.object;
  Record charge{newId(method.object["type"] == "card" ? "ch" : "py"), {}};
  charge.object = {{"id", charge.id},
                   {"object", "charge"},
                   {"amount", from["amount"]},
                   {"amount_captured", 0},
                   {"amount_refunded", 0},
                   {"application", nullptr},
                   {"application_fee", nullptr},
                   {"application_fee_amount", nullptr},
                   {"balance_transaction", nullptr},
                   {"billing_details", method.object["billing_details"]},
                   {"calculated_statement_descriptor", kDescriptorPrefix},
                   {"captured", false},
                   {"created", world.nowSeconds()},
                   {"currency", from["currency"]},
                   {"customer", from["customer"]},
                   {"description", from["description"]},
                   {"disputed", false},
                   {"failure_balance_transaction", nullptr},
                   {"failure_code", nullptr},
                   {"failure_message", nullptr},
                   {"fraud_details", Json::object()},
                   {"livemode", false},
                   {"metadata", from["metadata"]},
                   {"on_behalf_of", nullptr},
                   {"outcome", nullptr},
                   {"paid", false},
                   {"payment_intent", intent.id},
                   {"payment_method", method.id},
                   {"payment_method_details", methodDetails(method)},
                   {"receipt_email", from["receipt_email"]},
                   {"receipt_number", nullptr},
                   {"receipt_url", nullptr},
                   {"refunded", false},
                   {"review", nullptr},
                   {"shipping", from["shipping"]},
                   {"source", nullptr},
                   {"source_transfer", nullptr},
                   {"statement_descriptor", from["statement_descriptor"]},
                   {"statement_descriptor_suffix", from["statement_descriptor_suffix"]},
                   {"status", "pending"},
                   {"transfer_data", nullptr},
                   {"transfer_group", nullptr}};
  return account.charges.add(std::move(charge));
}

std::string book(World& world, Account& account, std::int64_t amount, const std::string& currency,
                 const std::string& type, const std::string& source) {
  Record transaction{newId("txn"), {}};
  transaction.object = {{"id", transaction.id},
                        {"object", "balance_transaction"},
                        {"amount", amount},
                        {"available_on", world.nowSeconds()},
                        {"balance_type", "payments"},
                        {"created", world.nowSeconds()},
                        {"currency", currency},
                        {"description", nullptr},
                        {"exchange_rate", nullptr},
                        {"fee", 0},
                        {"fee_details", Json::array()},
                        {"net", amount},
                        {"reporting_category", type == "adjustment" ? "dispute" : type},
                        {"source", source},
                        {"status", "available"},
                        {"type", type}};
  account.balance[currency] += amount;
  return account.transactions.add(std::move(transaction)).id;
}

}  // namespace checkout::sandbox
