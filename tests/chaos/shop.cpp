#include "chaos/shop.hpp"

#include <fstream>

#include "base/random.hpp"

namespace checkout::chaos {
namespace {

Json rate(const char* service, std::int64_t price, std::int64_t extra) {
  return {{"carrier_id", "post"},
          {"carrier_name", "Post"},
          {"service_id", service},
          {"service_name", service},
          {"countries", Json::array({"*"})},
          {"base_price", price},
          {"price_per_extra_kg", extra},
          {"min_days", 1},
          {"max_days", 4}};
}

Json product(const Goods& goods) {
  Json entry = {{"id", goods.id},
                {"name", "Chaos " + goods.id},
                {"price", goods.price},
                {"kind", goods.isPhysical ? "physical" : "digital"}};
  if (goods.isPhysical) entry["weight_grams"] = 400;
  if (goods.stock) entry["stock"] = *goods.stock;
  return entry;
}

Json tenant(const Shop& shop, const std::string& apiBase, const std::string& keyName,
            const std::string& secretName) {
  Json products = Json::array();
  for (const Goods& goods : shop.goods) products.push_back(product(goods));
  Json types = Json::array({"card"});
  if (shop.takesDebit) types.push_back("sepa_debit");
  Json stripe = {{"api_base", apiBase}, {"secret_key", {{"env", keyName}}}, {"payment_method_types", types}};
  if (!shop.webhookSecret.empty()) stripe["webhook_secrets"] = Json::array({Json{{"env", secretName}}});
  Json policies = {{"late_payment", shop.latePayment == LatePaymentPolicy::Honour ? "honour" : "refund"},
                   {"session_lifetime_minutes", 30},
                   {"payment_poll_interval_ms", shop.pollIntervalMillis}};
  if (shop.approvalThreshold) policies["approval_threshold"] = *shop.approvalThreshold;
  return {{"id", shop.tenant.value},
          {"name", shop.tenant.value},
          {"currency", shop.currency.code},
          {"stripe", std::move(stripe)},
          {"shipping",
           {{"countries", Json::array({shop.country})},
            {"rates", Json::array({rate("standard", 490, 100), rate("express", 1290, 300)})}}},
          {"tax_rates", Json::array({Json{{"country", "*"}, {"basis_points", 1900}}})},
          {"policies", std::move(policies)},
          {"email", {{"from", "orders@" + shop.tenant.value + ".example"}}},
          {"catalog", {{"products", std::move(products)}}}};
}

}  // namespace

const Goods* Shop::find(const ProductId& id) const {
  for (const Goods& entry : goods)
    if (entry.id == id.value) return &entry;
  return nullptr;
}

std::vector<Shop> twoShops(std::int64_t scarce) {
  Shop linden;
  linden.tenant = TenantId{"linden"};
  linden.currency = {"eur"};
  linden.country = "DE";
  linden.latePayment = LatePaymentPolicy::Refund;
  linden.takesDebit = true;
  linden.pollIntervalMillis = 300;
  linden.approvalThreshold = 5'000;
  linden.goods = {{"bowl", 1990, true, 1'000'000},
                  {"print", 4500, true, scarce},
                  {"score", 1200, false, std::nullopt},
                  {"licence", 9900, false, scarce}};
  Shop sakura;
  sakura.tenant = TenantId{"sakura"};
  sakura.currency = {"jpy"};
  sakura.country = "JP";
  sakura.latePayment = LatePaymentPolicy::Honour;
  sakura.pollIntervalMillis = 1'000;
  sakura.approvalThreshold = 6'000;
  sakura.goods = {{"tea", 1800, true, 1'000'000},
                  {"kettle", 12'000, true, scarce},
                  {"wallpaper", 500, false, std::nullopt}};
  std::vector<Shop> shops = {linden, sakura};
  for (Shop& shop : shops) shop.secretKey = "sk_test_" + shop.tenant.value + randomHex(12);
  return shops;
}

void writeConfig(const std::vector<Shop>& shops, const std::string& apiBase,
                 const std::filesystem::path& file, std::map<std::string, std::string>& environment) {
  Json tenants = Json::array();
  for (const Shop& shop : shops) {
    const std::string keyName = "SHOP_KEY_" + shop.tenant.value,
                      secretName = "SHOP_SECRET_" + shop.tenant.value;
    environment[keyName] = shop.secretKey;
    environment[secretName] = shop.webhookSecret;
    tenants.push_back(tenant(shop, apiBase, keyName, secretName));
  }
  std::ofstream(file) << Json{{"tenants", std::move(tenants)}}.dump(2) << "\n";
}

}  // namespace checkout::chaos
