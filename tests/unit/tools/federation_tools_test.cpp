#include "unit/tools/shop.hpp"

namespace checkout::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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

TEST(FederationTenantInfo, SaysWhatTheShopDoesNotDoAndWhomToAsk) {
  Shop shop;
  Tenant& tenant = shop.mall.tenants[0];
  tenant.policies.approvalThreshold = 10000;
  tenant.policies.spendLimit = 50000;
  tenant.support = {"help@mall.example", "", "+49 30 1234567"};
  const Json info = shop.call("federation_tenant_info", {{"tenant_id", "mall"}});
  EXPECT_EQ(info.at("policies").at("approvalThreshold"), toJson(Money{10000, {"usd"}}));
  EXPECT_EQ(info.at("support"), Json({{"email", "help@mall.example"}, {"phone", "+49 30 1234567"}}));
  EXPECT_THAT(info.at("promotionCodes"), HasSubstr("takes no promotion codes"));
  EXPECT_EQ(info.at("notOffered"),
            Json({"promotion codes, coupons and discounts", "gift wrapping and gift messages",
                  "saving a card for later purchases", "shipping to other countries than those listed",
                  "orders of more than $500.00",
                  "changing, cancelling or returning a completed order through these tools"}));
  EXPECT_THAT(info.at("tellTheCustomer"), HasSubstr("can ask Shop mall: help@mall.example, +49 30 1234567."));
}

TEST(FederationTenantInfo, SaysOnlyWhatFollowsFromTheConfiguration) {
  Shop shop;
  Tenant& tenant = shop.mall.tenants[1];
  tenant.stripe.allowPromotionCodes = true;
  tenant.stripe.paymentMethodTypes = {"card"};
  tenant.stripe.savedPaymentMethods = true;
  tenant.shippingCountries.clear();
  tenant.policies.termsUrl = "https://mall.example/terms";
  const Json info = shop.call("federation_tenant_info", {{"tenant_id", "closed"}});
  EXPECT_THAT(info.at("promotionCodes"), HasSubstr("types a promotion code on the payment page"));
  EXPECT_EQ(info.at("notOffered"),
            Json({"orders: the shop is inactive and can only be browsed", "gift wrapping and gift messages",
                  "shipping", "other payment methods than those listed",
                  "changing, cancelling or returning a completed order through these tools"}));
  EXPECT_EQ(info.at("support"), Json::object());
  EXPECT_THAT(info.at("tellTheCustomer"), HasSubstr("named no contact here; its terms are at https://mall"));
}

TEST(FederationHelp, SaysWhatEachShopDoesNotDo) {
  Shop shop;
  shop.mall.tenants[0].support.url = "https://mall.example/help";
  shop.mall.tenants[0].policies.returnsText = "Within 30 days.";
  shop.mall.tenants[0].policies.approvalThreshold = 10000;
  const std::string guide = shop.call("federation_help", Json::object()).at("markdown");
  for (const char* fact : {"### Shop mall (`mall`)", "- Support: https://mall.example/help",
                           "- Ships to: US, DE", "- Returns: Within 30 days.",
                           "more than $100.00 is made only after", "- Promotion codes: This shop takes no",
                           "- Not offered: promotion codes", "### Shop closed (`closed`)"})
    EXPECT_THAT(guide, HasSubstr(fact));
  for (const char* more : {"c", "d"}) shop.mall.tenants.push_back(makeTenant(more, Shop::goods()));
  const std::string of4 = shop.call("federation_help", Json::object()).at("markdown");
  EXPECT_THAT(of4, HasSubstr("`federation_tenant_info` tells for each shop"));
  EXPECT_THAT(of4, Not(HasSubstr("### Shop mall")));
}

TEST(EveryToolOfAShop, SaysHowPromotionCodesWorkWhereOneIsPassed) {
  Shop shop;
  shop.mall.tenants[1].stripe.allowPromotionCodes = true;
  shop.mall.tenants[0].support.email = "help@mall.example";
  for (const char* name :
       {"promoCode", "promotion_code", "coupon", "discountCode", "voucher", "COUPON-CODE"}) {
    const Json start = {{"userId", "u"}, {"cartId", "c"}, {name, "SUMMER25"}};
    const auto at = [&](const char* tenant) {
      Json arguments = start;
      arguments["tenant_id"] = tenant;
      return shop.callUnchecked("checkout_start", arguments).at("error");
    };
    const Json none = at("mall"), onPage = at("closed"), unknown = at("nowhere");
    EXPECT_EQ(none.at("code"), "VALIDATION_FAILED");
    EXPECT_EQ(none.at("details"), Json({{"argument", name}}));
    EXPECT_THAT(none.at("message"), HasSubstr("This shop takes no promotion codes"));
    EXPECT_THAT(none.at("message"), HasSubstr("help@mall.example"));
    EXPECT_THAT(onPage.at("message"), HasSubstr("enter the code there"));
    EXPECT_THAT(unknown.at("message"), HasSubstr("federation_tenant_info"));
    EXPECT_EQ(none.at("nextAction").at("message"), std::string("Repeat the call without ") + name + ".");
    for (const Json& error : {none, onPage, unknown}) EXPECT_THAT(error.dump(), Not(HasSubstr("SUMMER25")));
  }
}

TEST(EveryToolOfAShop, SaysThatThereIsNoGiftWrapping) {
  Shop shop;
  const Json result = shop.callUnchecked(
      "cart_add_item", {{"tenant_id", "mall"}, {"cartId", "c"}, {"productId", "mug"}, {"gift_wrap", true}});
  EXPECT_THAT(result.at("error").at("message"),
              HasSubstr("Gift wrapping and gift messages are not offered."));
}

TEST(EveryToolOfAShop, LeavesOtherUnknownArgumentsToTheSchema) {
  Shop shop;
  for (const char* name :
       {"code", "prom", "promo 1", "promo\n", "a_promo_that_is_far_too_long_to_be_the_name_of_one"})
    EXPECT_TRUE(
        shop.callUnchecked("cart_add_item",
                           {{"tenant_id", "mall"}, {"cartId", "c"}, {"productId", "ebook"}, {name, 1}})
            .contains("items"))
        << name;
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
