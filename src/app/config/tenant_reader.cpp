#include "app/config/tenant_reader.hpp"

#include <algorithm>
#include <set>

#include "app/config/catalog_reader.hpp"
#include "app/config/checks.hpp"
#include "app/config/stripe_reader.hpp"
#include "domain/memory_catalog.hpp"

namespace checkout::app {
namespace {

using Problems = std::vector<ConfigProblem>;

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Currency readCurrency(const Node& node, Problems& problems) {
  const Currency currency{node.text().value_or("")};
  if (node.text() && currency.code.size() == 3 && !exponentOf(currency).ok())
    problems.push_back(
        node.problem(std::string("Stripe takes no payments in \"").append(currency.code).append("\""),
                     "a three-letter ISO 4217 code in lower case, such as usd, eur, jpy"));
  return currency;
}

void checkCountry(const Node& country, Problems& problems) {
  if (country.text() == "UK")
    problems.push_back(country.problem("UK is no ISO 3166-1 code", "the United Kingdom is GB"));
}

ShippingRate readRate(const Node& node, const Tenant& tenant, Problems& problems) {
  ShippingRate rate;
  rate.carrierId = node["carrier_id"].text().value_or("");
  rate.carrierName = node["carrier_name"].text().value_or("");
  rate.serviceId = node["service_id"].text().value_or("");
  rate.serviceName = node["service_name"].text().value_or("");
  rate.countries = node["countries"].texts();
  rate.basePrice = node["base_price"].integer().value_or(0);
  rate.pricePerExtraKg = node["price_per_extra_kg"].integer().value_or(0);
  rate.freeFrom = node["free_from"].integer();
  rate.maxWeightGrams = node["max_weight_grams"].integer();
  rate.minDays = static_cast<int>(std::min<std::int64_t>(node["min_days"].integer().value_or(0), 365));
  rate.maxDays = static_cast<int>(std::min<std::int64_t>(node["max_days"].integer().value_or(0), 365));
  for (const Node& country : node["countries"].items()) {
    const auto code = country.text();
    if (code && *code != "*" && !contains(tenant.shippingCountries, *code))
      problems.push_back(country.problem(*code + " is not among the tenant's shipping.countries",
                                         "add it there, or take it out here"));
  }
  if (node["min_days"].exists() && node["max_days"].exists() && rate.minDays > rate.maxDays)
    problems.push_back(node["max_days"].problem(std::string("expected at least min_days, which is ")
                                                    .append(std::to_string(rate.minDays))
                                                    .append(", found ")
                                                    .append(std::to_string(rate.maxDays))));
  constexpr std::size_t kMostOnPage = 100;
  if (rate.carrierName.size() + 1 + rate.serviceName.size() > kMostOnPage)
    problems.push_back(
        node["service_name"].problem("carrier and service name have more than 99 bytes together",
                                     "Stripe shows no longer names of a shipping service"));
  checkChargeable(node["base_price"], tenant.currency, problems);
  checkChargeable(node["price_per_extra_kg"], tenant.currency, problems);
  return rate;
}

void readShipping(const Node& node, Tenant& tenant, Problems& problems) {
  tenant.shippingCountries = node["countries"].texts();
  for (const Node& country : node["countries"].items()) checkCountry(country, problems);
  std::set<std::string> offered;  // carrier, service and country; those must lead to one rate
  std::set<std::string> served;
  for (const Node& rateNode : node["rates"].items()) {
    ShippingRate rate = readRate(rateNode, tenant, problems);
    const auto countries = contains(rate.countries, "*") ? tenant.shippingCountries : rate.countries;
    bool repeated = false;
    for (const auto& country : countries) {
      served.insert(country);
      if (!offered.insert(rate.carrierId + '\n' + rate.serviceId + '\n' + country).second) repeated = true;
    }
    if (repeated)
      problems.push_back(rateNode.problem(std::string("another rate has carrier \"")
                                              .append(rate.carrierId)
                                              .append("\" and service \"")
                                              .append(rate.serviceId)
                                              .append("\" for the same country"),
                                          "give the service an id of its own"));
    tenant.shippingRates.push_back(std::move(rate));
  }
  for (const Node& country : node["countries"].items())
    if (const auto code = country.text(); code && *code != "UK" && served.count(*code) == 0)
      problems.push_back(
          country.problem(std::string("no rate ships to ").append(*code), "add a rate for it, or one for *"));
}

void readTaxRates(const Node& node, Tenant& tenant, Problems& problems) {
  std::set<std::string> seen;
  for (const Node& rate : node.items()) {
    const auto country = rate["country"].text();
    if (!country) continue;
    checkCountry(rate["country"], problems);
    if (!seen.insert(*country).second)
      problems.push_back(rate["country"].problem(
          std::string("another tax rate is for ").append(*country).append(" already")));
    tenant.taxRates.push_back({*country, static_cast<int>(std::min<std::int64_t>(
                                             rate["basis_points"].integer().value_or(0), 10'000))});
  }
}

// Rates of our own are a line on the page, reckoned before the customer sees it.
void checkTaxIsReckonedOnce(const Node& tenant, Problems& problems) {
  if (!tenant["tax_rates"].exists()) return;
  const Node stripe = tenant["stripe"];
  if (stripe["automatic_tax"].boolean() == true)
    problems.push_back(stripe["automatic_tax"].problem(
        "the tenant has tax_rates, so goods would be taxed twice", "keep one of the two"));
  if (stripe["shipping_on_page"].boolean() == true)
    problems.push_back(stripe["shipping_on_page"].problem(
        "the tenant has tax_rates, which include the tax on shipping",
        "use automatic_tax in their place, or let the agent ask for shipping"));
}

void readPolicies(const Node& node, Tenant& tenant, Problems& problems) {
  TenantPolicies& policies = tenant.policies;
  if (node["late_payment"].text() == "honour") policies.latePayment = LatePaymentPolicy::Honour;
  if (const auto minutes = node["session_lifetime_minutes"].integer())
    policies.sessionLifetime = std::chrono::minutes(std::min<std::int64_t>(*minutes, 1440));
  if (const auto interval = node["payment_poll_interval_ms"].integer())
    policies.paymentPollInterval = Milliseconds(*interval);
  policies.spendLimit = node["spend_limit"].integer();
  policies.approvalThreshold = node["approval_threshold"].integer();
  if (policies.spendLimit && *policies.spendLimit < std::max<std::int64_t>(1, minimumCharge(tenant.currency)))
    problems.push_back(
        node["spend_limit"].problem("with this limit nothing can be bought",
                                    "leave it out for no limit; to close a shop set active to false"));
  policies.returnsText = node["returns"].text().value_or("");
  policies.termsUrl = node["terms_url"].text().value_or("");
}

SupportContact readSupport(const Node& node, Problems& problems) {
  checkSecureUrl(node["url"], problems);
  return {node["email"].text().value_or(""), node["url"].text().value_or(""),
          node["phone"].text().value_or("")};
}

void checkShippable(const Node& node, const Tenant& tenant, const std::vector<Product>& products,
                    Problems& problems) {
  const auto physical = [](const Product& product) { return product.kind == ProductKind::Physical; };
  const auto first = std::find_if(products.begin(), products.end(), physical);
  if (first == products.end() || node["shipping"].exists()) return;
  problems.push_back(node.problem(
      std::string("\"").append(first->id.value).append("\" is physical, but the tenant has no shipping"),
      std::string("add shipping with countries and rates to ").append(tenant.id.value)));
}

}  // namespace

Tenant readTenant(const Node& node, const Environment& environment, Problems& problems) {
  Tenant tenant;
  tenant.id = {node["id"].text().value_or("")};
  tenant.name = node["name"].text().value_or("");
  tenant.description = node["description"].text().value_or("");
  tenant.active = node["active"].boolean().value_or(true);
  tenant.currency = readCurrency(node["currency"], problems);
  tenant.stripe = readStripe(node["stripe"], environment, problems);
  readShipping(node["shipping"], tenant, problems);
  readTaxRates(node["tax_rates"], tenant, problems);
  checkTaxIsReckonedOnce(node, problems);
  readPolicies(node["policies"], tenant, problems);
  checkSecureUrl(node["urls"]["success"], problems);
  checkSecureUrl(node["urls"]["cancel"], problems);
  checkSecureUrl(node["policies"]["terms_url"], problems);
  tenant.successUrl = node["urls"]["success"].text().value_or("");
  tenant.cancelUrl = node["urls"]["cancel"].text().value_or("");
  tenant.emailFrom = node["email"]["from"].text().value_or(tenant.id.value + "@localhost");
  tenant.support = readSupport(node["support"], problems);
  auto products = readProducts(node["catalog"], tenant.currency, problems);
  checkShippable(node, tenant, products, problems);
  tenant.catalog = domain::makeMemoryCatalog(std::move(products), readSynonyms(node["catalog"]));
  return tenant;
}

}  // namespace checkout::app
