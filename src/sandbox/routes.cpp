#include "sandbox/routes.hpp"

#include "sandbox/coupons.hpp"
#include "sandbox/customers.hpp"
#include "sandbox/events.hpp"
#include "sandbox/form.hpp"
#include "sandbox/intents.hpp"
#include "sandbox/lists.hpp"
#include "sandbox/merchant.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/products.hpp"
#include "sandbox/refunds.hpp"
#include "sandbox/search.hpp"
#include "sandbox/session_parameters.hpp"
#include "sandbox/sessions.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

constexpr Parameter kCreated[] = {{"created", Kind::Integer},
                                  {"created[gt]", Kind::Integer},
                                  {"created[gte]", Kind::Integer},
                                  {"created[lt]", Kind::Integer},
                                  {"created[lte]", Kind::Integer}};
// The filters of a list that can be asked by time as well.
constexpr auto listBy(const auto& filters) {
  return joined(kCreated, filters);
}

constexpr Parameter kSessionFilters[] = {{"customer"},
                                         {"customer_account", Kind::Unsupported},
                                         {"customer_details[email]", Kind::Email},
                                         {"payment_intent"},
                                         {"payment_link", Kind::Unsupported},
                                         {"status", Kind::Choice, "complete|expired|open"},
                                         {"subscription", Kind::Unsupported}};
constexpr Parameter kCustomerFilter[] = {{"customer"}};
constexpr Parameter kChargeFilters[] = {
    {"customer"}, {"payment_intent"}, {"transfer_group", Kind::Unsupported}};
constexpr Parameter kRefundFilters[] = {{"charge"}, {"payment_intent"}};
constexpr Parameter kEventFilters[] = {{"delivery_success", Kind::Boolean}, {"type"}, {"types[]"}};
constexpr Parameter kEmailFilter[] = {{"email", Kind::Email}, {"test_clock", Kind::Unsupported}};
constexpr Parameter kTransactionFilters[] = {
    {"currency", Kind::Currency}, {"payout", Kind::Unsupported}, {"source"}, {"type"}};
constexpr Parameter kProductFilters[] = {{"active", Kind::Boolean}};
constexpr Parameter kPriceFilters[] = {{"active", Kind::Boolean}, {"currency", Kind::Currency}, {"product"}};
constexpr auto kSessionList = listBy(kSessionFilters);
constexpr auto kIntentList = listBy(kCustomerFilter);
constexpr auto kChargeList = listBy(kChargeFilters);
constexpr auto kRefundList = listBy(kRefundFilters);
constexpr auto kEventList = listBy(kEventFilters);
constexpr auto kCustomerList = listBy(kEmailFilter);
constexpr auto kTransactionList = listBy(kTransactionFilters);
constexpr auto kProductList = listBy(kProductFilters);
constexpr auto kPriceList = listBy(kPriceFilters);

constexpr Parameter kSearch[] = {{"limit", Kind::Integer}, {"page"}, {"query"}};
constexpr Parameter kRefundCreate[] = {{"amount", Kind::Integer},
                                       {"charge"},
                                       {"currency", Kind::Unsupported},
                                       {"customer", Kind::Unsupported},
                                       {"instructions_email", Kind::Email},
                                       {"metadata", Kind::Metadata},
                                       {"origin", Kind::Unsupported},
                                       {"payment_intent"},
                                       {"reason", Kind::Choice, "duplicate|fraudulent|requested_by_customer"},
                                       {"refund_application_fee", Kind::Unsupported},
                                       {"reverse_transfer", Kind::Unsupported}};
constexpr Parameter kMetadataUpdate[] = {{"metadata", Kind::MetadataChange}};
constexpr Parameter kEndpointCreate[] = {
    {"api_version"},      {"connect", Kind::Boolean},   {"description"},
    {"enabled_events[]"}, {"metadata", Kind::Metadata}, {"url", Kind::Url}};
constexpr Parameter kEndpointUpdate[] = {{"description"},
                                         {"disabled", Kind::Boolean},
                                         {"enabled_events[]"},
                                         {"metadata", Kind::MetadataChange},
                                         {"url", Kind::Url}};

Result<Json> getCharge(Call& call) {
  return getObject(call.account.charges, call.id, "charge");
}

Result<Json> listCharges(Call& call) {
  return listObjects(call.account.charges, call.parameters, "/v1/charges", "charge",
                     {"customer", "payment_intent"});
}

Result<Json> getBalanceTransaction(Call& call) {
  return getObject(call.account.transactions, call.id, "balance transaction");
}

Result<Json> listBalanceTransactions(Call& call) {
  return listObjects(call.account.transactions, call.parameters, "/v1/balance_transactions",
                     "balance transaction", {"currency", "source", "type"});
}

Result<Json> getBalance(Call& call) {
  Json available = Json::array(), pending = Json::array();
  for (const auto& [currency, amount] : call.account.balance) {
    available.push_back({{"amount", amount}, {"currency", currency}, {"source_types", {{"card", amount}}}});
    pending.push_back({{"amount", 0}, {"currency", currency}, {"source_types", {{"card", 0}}}});
  }
  return Json{{"object", "balance"}, {"available", available}, {"livemode", false}, {"pending", pending}};
}

const Route* routes(std::size_t& count) {
  static const Route kRoutes[] = {
      {"POST", "/v1/checkout/sessions", createSession, sessionCreateParameters()},
      {"GET", "/v1/checkout/sessions", listSessions, kSessionList, true},
      {"GET", "/v1/checkout/sessions/{id}", getSession, {}},
      {"POST", "/v1/checkout/sessions/{id}", updateSession, sessionUpdateParameters()},
      {"GET", "/v1/checkout/sessions/{id}/line_items", listSessionLines, {}, true},
      {"POST", "/v1/checkout/sessions/{id}/expire", expireSessionNow, {}},
      {"POST", "/v1/payment_intents", createIntent, intentCreateParameters()},
      {"GET", "/v1/payment_intents", listIntents, kIntentList, true},
      {"GET", "/v1/payment_intents/search", searchIntents, kSearch},  // before {id}, which it would fit
      {"GET", "/v1/payment_intents/{id}", getIntent, {}},
      {"POST", "/v1/payment_intents/{id}", updateIntent, intentUpdateParameters()},
      {"POST", "/v1/payment_intents/{id}/confirm", confirmIntent, intentConfirmParameters()},
      {"POST", "/v1/payment_intents/{id}/capture", captureIntent, intentCaptureParameters()},
      {"POST", "/v1/payment_intents/{id}/cancel", cancelIntentNow, intentCancelParameters()},
      {"POST", "/v1/refunds", createRefund, kRefundCreate},
      {"GET", "/v1/refunds", listRefunds, kRefundList, true},
      {"GET", "/v1/refunds/{id}", getRefund, {}},
      {"POST", "/v1/refunds/{id}", updateRefund, kMetadataUpdate},
      {"GET", "/v1/charges", listCharges, kChargeList, true},
      {"GET", "/v1/charges/{id}", getCharge, {}},
      {"POST", "/v1/payment_methods", createMethod, methodCreateParameters()},
      {"GET", "/v1/payment_methods", listMethods, methodListParameters(), true},
      {"GET", "/v1/payment_methods/{id}", getMethod, {}},
      {"POST", "/v1/payment_methods/{id}/attach", attachMethodNow, methodAttachParameters()},
      {"POST", "/v1/payment_methods/{id}/detach", detachMethodNow, {}},
      {"GET", "/v1/disputes", listDisputes, kRefundList, true},
      {"GET", "/v1/disputes/{id}", getDispute, {}},
      {"GET", "/v1/balance", getBalance, {}},
      {"GET", "/v1/balance_transactions", listBalanceTransactions, kTransactionList, true},
      {"GET", "/v1/balance_transactions/{id}", getBalanceTransaction, {}},
      {"POST", "/v1/customers", createCustomer, customerCreateParameters()},
      {"GET", "/v1/customers", listCustomers, kCustomerList, true},
      {"GET", "/v1/customers/search", searchCustomers, kSearch},
      {"GET", "/v1/customers/{id}", getCustomer, {}},
      {"POST", "/v1/customers/{id}", updateCustomer, customerUpdateParameters()},
      {"DELETE", "/v1/customers/{id}", deleteCustomer, {}},
      {"GET", "/v1/customers/{id}/payment_methods", listMethodsOfCustomer, methodsOfCustomerParameters(),
       true},
      {"POST", "/v1/coupons", createCoupon, couponCreateParameters()},
      {"GET", "/v1/coupons", listCoupons, kCreated, true},
      {"GET", "/v1/coupons/{id}", getCoupon, {}},
      {"POST", "/v1/coupons/{id}", updateCoupon, couponUpdateParameters()},
      {"DELETE", "/v1/coupons/{id}", deleteCoupon, {}},
      {"POST", "/v1/promotion_codes", createPromotionCode, promotionCodeCreateParameters()},
      {"GET", "/v1/promotion_codes", listPromotionCodes, promotionCodeListParameters(), true},
      {"GET", "/v1/promotion_codes/{id}", getPromotionCode, {}},
      {"POST", "/v1/promotion_codes/{id}", updatePromotionCode, promotionCodeUpdateParameters()},
      {"POST", "/v1/products", createProduct, productCreateParameters()},
      {"GET", "/v1/products", listProducts, kProductList, true},
      {"GET", "/v1/products/{id}", getProduct, {}},
      {"POST", "/v1/prices", createPrice, priceCreateParameters()},
      {"GET", "/v1/prices", listPrices, kPriceList, true},
      {"GET", "/v1/prices/{id}", getPrice, {}},
      {"POST", "/v1/shipping_rates", createShippingRate, shippingRateCreateParameters()},
      {"GET", "/v1/shipping_rates", listShippingRates, kProductList, true},
      {"GET", "/v1/shipping_rates/{id}", getShippingRate, {}},
      {"GET", "/v1/account", getAccount, {}},
      {"GET", "/v1/tax/settings", getTaxSettings, {}},
      {"POST", "/v1/tax/settings", updateTaxSettings, taxSettingsUpdateParameters()},
      {"GET", "/v1/tax/registrations", listTaxRegistrations, taxRegistrationListParameters(), true},
      {"GET", "/v1/events", listEvents, kEventList, true},
      {"GET", "/v1/events/{id}", getEvent, {}},
      {"POST", "/v1/webhook_endpoints", createWebhookEndpoint, kEndpointCreate},
      {"GET", "/v1/webhook_endpoints", listWebhookEndpoints, {}, true},
      {"GET", "/v1/webhook_endpoints/{id}", getWebhookEndpoint, {}},
      {"POST", "/v1/webhook_endpoints/{id}", updateWebhookEndpoint, kEndpointUpdate},
      {"DELETE", "/v1/webhook_endpoints/{id}", deleteWebhookEndpoint, {}},
  };
  count = std::size(kRoutes);
  return kRoutes;
}

// The text in place of {id}; nullopt if `path` doesn't fit. Without {id}, an equal path gives "".
std::optional<std::string> fit(std::string_view pattern, std::string_view path) {
  const auto hole = pattern.find("{id}");
  if (hole == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
  const std::string_view before = pattern.substr(0, hole), after = pattern.substr(hole + 4);
  if (path.size() <= before.size() + after.size() || path.substr(0, before.size()) != before ||
      path.substr(path.size() - after.size()) != after)
    return std::nullopt;
  const std::string_view id = path.substr(before.size(), path.size() - before.size() - after.size());
  if (id.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(id);
}

}  // namespace

std::optional<RouteMatch> findRoute(std::string_view method, std::string_view path) {
  std::size_t count = 0;
  const Route* all = routes(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (all[i].method != method) continue;
    if (auto id = fit(all[i].path, path)) return RouteMatch{&all[i], std::move(*id)};
  }
  return std::nullopt;
}

}  // namespace checkout::sandbox
