#include "unit/tools/shop.hpp"

namespace checkout::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(FederationListTenants, ShowsEveryShopInOrderAlsoInactiveOnes) {
  Shop shop;
  const Json tenants = shop.call("federation_list_tenants", Json::object()).at("tenants");
  ASSERT_EQ(tenants.size(), 2u);
  EXPECT_EQ(tenants[0], Json({{"id", "mall"},
                              {"name", "Shop mall"},
                              {"currency", "usd"},
                              {"countries", {"US", "DE"}},
                              {"status", "active"}}));
  EXPECT_EQ(tenants[1].at("status"), "inactive");
}

TEST(FederationTenantInfo, ShowsPoliciesShippingAndPaymentMethods) {
  Shop shop;
  Tenant& tenant = shop.mall.tenants[0];
  tenant.policies.spendLimit = 50000;
  tenant.policies.returnsText = "Within 30 days.";
  tenant.policies.latePayment = LatePaymentPolicy::Honour;
  tenant.stripe.paymentMethodTypes = {"card", "sepa_debit"};
  const Json info = shop.call("federation_tenant_info", {{"tenant_id", "mall"}});
  EXPECT_EQ(info.at("testMode"), true);
  EXPECT_EQ(info.at("paymentMethods"), Json({"card", "sepa_debit"}));
  EXPECT_EQ(info.at("shippingServices")[0].at("countries"), Json({"*"}));
  EXPECT_EQ(info.at("policies"), Json({{"latePayment", "honour"},
                                       {"paymentSessionMinutes", 30},
                                       {"spendLimit", toJson(Money{50000, {"usd"}})},
                                       {"returns", "Within 30 days."}}));
}

TEST(FederationHelp, GuidesThroughAPurchaseAndExplainsEveryErrorCode) {
  Shop shop;
  const std::string guide = shop.call("federation_help", Json::object()).at("markdown");
  for (const RegisteredTool& tool : shop.tools()) {
    const std::string name(tool.tool->name());
    if (name == "federation_help" || name == "federation_catalog_version" || name.starts_with("cart_"))
      continue;
    EXPECT_THAT(guide, HasSubstr(name));
  }
  for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code)
    EXPECT_THAT(guide,
                HasSubstr(std::string(1, '`').append(toString(static_cast<ErrorCode>(code))).append("`")));
}

TEST(FederationCatalogVersion, IsTheOneThatSearchReports) {
  Shop shop;
  EXPECT_EQ(shop.call("federation_catalog_version", {{"tenant_id", "mall"}}).at("catalog_version"),
            shop.call("catalog_search", {{"tenant_id", "mall"}}).at("catalog_version"));
}

TEST(EveryToolOfAShop, NamesTheShopsThereAreWhenTheIdIsUnknown) {
  Shop shop;
  const std::map<std::string, Json> arguments = {
      {"federation_tenant_info", Json::object()},
      {"federation_catalog_version", Json::object()},
      {"catalog_search", Json::object()},
      {"catalog_get_product", {{"productId", "mug"}}},
      {"cart_add_item", {{"cartId", "c"}, {"productId", "mug"}}},
      {"cart_update_quantity", {{"cartId", "c"}, {"productId", "mug"}, {"quantity", 1}}},
      {"cart_remove_item", {{"cartId", "c"}, {"productId", "mug"}}},
      {"cart_view", {{"cartId", "c"}}},
      {"cart_clear", {{"cartId", "c"}}},
      {"checkout_start", {{"userId", "u"}, {"cartId", "c"}}},
      {"checkout_pay",
       {{"sagaId", "s"},
        {"paymentMethodId", "pm_1"},
        {"expectedTotal", {{"amount", 1}, {"currency", "usd"}}}}},
      {"checkout_shipping_options", {{"sagaId", "s"}}},
      {"checkout_select_shipping", {{"sagaId", "s"}, {"carrierId", "a"}, {"serviceId", "b"}}},
      {"checkout_create_payment_session", {{"sagaId", "s"}}},
      {"checkout_status", {{"sagaId", "s"}}},
      {"checkout_list", {{"userId", "u"}}},
      {"checkout_retry", {{"sagaId", "s"}}},
      {"checkout_cancel", {{"sagaId", "s"}}},
      {"orders_get", {{"orderId", "o"}}},
      {"orders_list", {{"userId", "u"}}},
      {"postPaymentIntentsIntentConfirm", {{"intent", "pi_1"}}},
  };
  EXPECT_EQ(arguments.size() + 2, shop.tools().size());  // two tools take no shop
  for (const auto& [name, rest] : arguments) {
    Json all = rest;
    all["tenant_id"] = "nowhere";
    const Json result = shop.call(name, all);
    EXPECT_EQ(codeOf(result), "TENANT_NOT_FOUND") << name;
    EXPECT_EQ(result.at("error").at("details").at("tenants"), Json({"mall", "closed"})) << name;

    all["auth_token"] = "eyJhbGciOiJub25lIn0.e30.";
    EXPECT_EQ(codeOf(shop.call(name, all)), "UNAUTHENTICATED") << name;
    all["auth_token"] = "4242424242424242";
    EXPECT_EQ(codeOf(shop.call(name, all)), "CARD_NUMBER_REJECTED") << name;
  }
}

TEST(EveryToolOfAShop, ListsTheShopsWhereSeveralAreServedAndNoneIsNamed) {
  Shop shop;
  const Json result = shop.callUnchecked("cart_view", {{"cart_id", "c"}});
  EXPECT_EQ(codeOf(result), "VALIDATION_FAILED");
  EXPECT_EQ(result.at("error").at("details").at("tenants"), Json({"mall", "closed"}));
  EXPECT_NE(result.at("error").at("message").get<std::string>().find("mall, closed"), std::string::npos);
  EXPECT_TRUE(shop.callUnchecked("federation_list_tenants", Json::object()).contains("tenants"));
}

TEST(InactiveShops, CanBeBrowsedAndSellNothing) {
  Shop shop;
  const auto at = [&](const char* tool, Json arguments) {
    arguments["tenant_id"] = "closed";
    return shop.call(tool, arguments);
  };
  EXPECT_EQ(at("catalog_search", Json::object()).at("products").size(), 3u);
  EXPECT_EQ(at("catalog_get_product", {{"productId", "mug"}}).at("product").at("productId"), "mug");
  const std::map<std::string, Json> sales = {
      {"cart_add_item", {{"cartId", "c"}, {"productId", "mug"}}},
      {"cart_update_quantity", {{"cartId", "c"}, {"productId", "mug"}, {"quantity", 1}}},
      {"cart_remove_item", {{"cartId", "c"}, {"productId", "mug"}}},
      {"cart_clear", {{"cartId", "c"}}},
      {"checkout_start", {{"userId", "u"}, {"cartId", "c"}}},
      {"checkout_select_shipping", {{"sagaId", "s"}, {"carrierId", "a"}, {"serviceId", "b"}}},
      {"checkout_create_payment_session", {{"sagaId", "s"}}},
      {"checkout_retry", {{"sagaId", "s"}}},
      {"postPaymentIntentsIntentConfirm", {{"intent", "pi_1"}}},
  };
  for (const auto& [name, arguments] : sales) {
    const Json result = at(name.c_str(), arguments);
    EXPECT_EQ(codeOf(result), "FORBIDDEN") << name;
    EXPECT_EQ(result.at("error").at("details").at("reason"), "tenant_inactive") << name;
  }
  EXPECT_EQ(codeOf(at("checkout_cancel", {{"sagaId", "s"}})), "CHECKOUT_NOT_FOUND");
}

TEST(ArgumentsThatTheSchemaShouldHaveRefused, AreErrorsAndNeverDefaults) {
  Shop shop;
  EXPECT_EQ(codeOf(shop.callUnchecked("cart_view", {{"tenant_id", "mall"}})), "VALIDATION_FAILED");
  const Json wrong = shop.callUnchecked("cart_view", {{"tenant_id", 7}, {"cartId", "c"}});
  EXPECT_EQ(wrong.at("error").at("details"), Json({{"argument", "tenant_id"}, {"expected", "a string"}}));
  EXPECT_EQ(codeOf(shop.callUnchecked(
                "cart_add_item",
                {{"tenant_id", "mall"}, {"cartId", "c"}, {"productId", "mug"}, {"quantity", 1.5}})),
            "VALIDATION_FAILED");
}

}  // namespace
}  // namespace checkout::tools
