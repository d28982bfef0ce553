// The part of the checkout tools that needs no payment provider.
#include "unit/tools/shop.hpp"

namespace checkout::tools {
namespace {

class CheckoutTools : public testing::Test {
 protected:
  Json call(const std::string& tool, Json arguments) {
    arguments["tenant_id"] = "mall";
    return shop.call(tool, arguments);
  }
  void fill(const char* product) {
    ASSERT_FALSE(
        call("cart_add_item", {{"cartId", "c"}, {"productId", product}, {"quantity", 2}}).contains("error"));
  }
  Json start(Json more = Json::object()) {
    more["userId"] = "ann";
    more["cartId"] = "c";
    return call("checkout_start", more);
  }

  const Json address = {{"name", "Ann"}, {"line1", "1 Main St"},  {"city", "Springfield"},
                        {"state", "IL"}, {"postalCode", "62701"}, {"country", "US"}};
  Shop shop;
};

TEST_F(CheckoutTools, StartOfDigitalGoodsIsPendingAndLeadsToThePaymentPage) {
  fill("ebook");
  const Json saga = start({{"email", "ann@example.com"}});
  EXPECT_EQ(saga.at("status"), "pending");
  EXPECT_EQ(saga.at("totals").at("total").at("amount"), 1800);
  EXPECT_EQ(saga.at("nextAction").at("type"), "present_payment_url");
  EXPECT_EQ(call("checkout_status", {{"sagaId", saga.at("sagaId")}}).at("sagaId"), saga.at("sagaId"));
}

TEST_F(CheckoutTools, StartNeedsACartWithSomethingInIt) {
  EXPECT_EQ(codeOf(start()), "CART_NOT_FOUND");
  fill("ebook");
  call("cart_clear", {{"cartId", "c"}});
  EXPECT_EQ(codeOf(start()), "CART_EMPTY");
}

TEST_F(CheckoutTools, StartOfPhysicalGoodsNeedsACompleteAddress) {
  fill("mug");
  EXPECT_EQ(codeOf(start()), "INVALID_ADDRESS");
  Json incomplete = address;
  incomplete.erase("country");
  const Json refused = start({{"shippingAddress", incomplete}});
  EXPECT_EQ(codeOf(refused), "INVALID_ADDRESS");
  EXPECT_EQ(refused.at("error").at("nextAction").at("type"), "collect_shipping_address");
}

TEST_F(CheckoutTools, ShippingIsOfferedAndChosen) {
  fill("mug");
  const Json saga = start({{"shippingAddress", address}});
  const Json offered = call("checkout_shipping_options", {{"sagaId", saga.at("sagaId")}});
  ASSERT_EQ(offered.at("options").size(), 1u);
  EXPECT_EQ(offered.at("nextAction").at("type"), "choose_shipping");
  const Json& option = offered.at("options")[0];
  const Json chosen = call("checkout_select_shipping", {{"sagaId", saga.at("sagaId")},
                                                        {"carrierId", option.at("carrierId")},
                                                        {"serviceId", option.at("serviceId")}});
  EXPECT_EQ(chosen.at("totals").at("shipping"), option.at("price"));
  EXPECT_EQ(codeOf(call("checkout_select_shipping",
                        {{"sagaId", saga.at("sagaId")}, {"carrierId", "postal"}, {"serviceId", "by-swan"}})),
            "SHIPPING_OPTION_INVALID");
}

TEST_F(CheckoutTools, NothingIsShippedOfDigitalGoods) {
  fill("ebook");
  const Json offered = call("checkout_shipping_options", {{"sagaId", start().at("sagaId")}});
  EXPECT_EQ(offered.at("options"), Json::array());
  EXPECT_EQ(offered.at("nextAction").at("type"), "present_payment_url");
}

TEST_F(CheckoutTools, ListShowsTheCustomersCheckoutsByStatus) {
  fill("ebook");
  const Json saga = start();
  const auto count = [&](Json query) { return call("checkout_list", query).at("sagas").size(); };
  const Json listed = call("checkout_list", {{"userId", "ann"}}).at("sagas")[0];
  EXPECT_EQ(listed.at("sagaId"), saga.at("sagaId"));
  EXPECT_EQ(listed.at("total"), saga.at("totals").at("total"));
  EXPECT_EQ(listed.at("goods"), "2 × Field Guide");
  EXPECT_EQ(listed.at("itemCount"), 2);
  EXPECT_EQ(listed.at("nextAction"), saga.at("nextAction"));
  EXPECT_FALSE(listed.contains("shippingAddress"));
  EXPECT_EQ(count({{"userId", "ann"}, {"status", "pending"}}), 1u);
  EXPECT_EQ(count({{"userId", "ann"}, {"status", "completed"}}), 0u);
  EXPECT_EQ(count({{"userId", "bob"}}), 0u);
}

TEST_F(CheckoutTools, CancelEndsAPendingCheckoutAndIsSafeToRepeat) {
  fill("ebook");
  const Json id = start().at("sagaId");
  const Json ended = call("checkout_cancel", {{"sagaId", id}, {"reason", "changed their mind"}});
  EXPECT_THAT(ended.at("status"), testing::AnyOf("compensated", "failed"));
  EXPECT_EQ(call("checkout_cancel", {{"sagaId", id}}).at("status"), ended.at("status"));
}

TEST_F(CheckoutTools, UnknownCheckoutsAndOrdersAreNotFound) {
  for (const char* tool : {"checkout_status", "checkout_retry", "checkout_cancel",
                           "checkout_shipping_options", "checkout_create_payment_session"})
    EXPECT_EQ(codeOf(call(tool, {{"sagaId", "saga_0"}})), "CHECKOUT_NOT_FOUND") << tool;
  EXPECT_EQ(codeOf(call("orders_get", {{"orderId", "order_0"}})), "ORDER_NOT_FOUND");
  EXPECT_EQ(call("orders_list", {{"userId", "ann"}}), Json({{"orders", Json::array()}}));
}

TEST_F(CheckoutTools, OrdersAreShownInFull) {
  fill("ebook");
  Order order;
  order.tenantId = {"mall"};
  order.id = {"order_1"};
  order.sagaId = {start().at("sagaId")};
  order.userId = {"ann"};
  order.status = OrderStatus::Confirmed;
  const Money price{900, {"usd"}}, nothing{0, {"usd"}};
  order.items = {{{"ebook"}, "Field Guide", "", std::nullopt, ProductKind::Digital, 0, 1, price, price}};
  order.totals = {price, nothing, nothing, nothing, price};
  order.paymentIntentId = "pi_1";
  order.refunds = {{"re_1", price, shop.clock.now()}};
  order.createdAt = order.updatedAt = shop.clock.now();
  ASSERT_TRUE(shop.store().write([&](Transaction& tx) { return tx.orders().save(order); }).ok());
  const Json shown = call("orders_get", {{"orderId", "order_1"}});
  EXPECT_EQ(shown.at("status"), "confirmed");
  EXPECT_EQ(shown.at("refunds")[0].at("refundId"), "re_1");
  EXPECT_EQ(call("orders_list", {{"userId", "ann"}}).at("orders"), Json::array({shown}));
}

TEST_F(CheckoutTools, ConfirmNeedsAShopIfThereAreSeveral) {
  const Json result = shop.call("postPaymentIntentsIntentConfirm", {{"intent", "pi_1"}});
  EXPECT_EQ(codeOf(result), "VALIDATION_FAILED");
  EXPECT_EQ(result.at("error").at("details").at("tenants"), Json({"mall", "closed"}));
}

TEST_F(CheckoutTools, ConfirmTakesTheOnlyShopAndOnlyItsOwnIntents) {
  shop.mall.tenants.pop_back();
  EXPECT_EQ(codeOf(shop.call("postPaymentIntentsIntentConfirm", {{"intent", "pi_1"}})), "CHECKOUT_NOT_FOUND");
}

TEST_F(CheckoutTools, ConfirmsIntentMustLookLikeOne) {
  EXPECT_NE(shop.violations("postPaymentIntentsIntentConfirm", "inputSchema", {{"intent", "cs_test_1"}}), "");
  EXPECT_NE(shop.violations("postPaymentIntentsIntentConfirm", "inputSchema",
                            {{"intent", "pi_1"}, {"payment_method_data", {{"type", "card"}}}}),
            "");
}

TEST_F(CheckoutTools, TakeOneAddressForTheEmail) {
  const auto violations = [&](const char* email) {
    return shop.violations("checkout_start", "inputSchema",
                           {{"tenant_id", "mall"}, {"userId", "ann"}, {"cartId", "c"}, {"email", email}});
  };
  for (const char* email : {"ann@example.com", "ann.o'hara+shop@mail.example.co.uk", "_@x.de"})
    EXPECT_EQ(violations(email), "") << email;
  for (const char* email :
       {"root,ann@example.com", "grp:ann@example.com;", "\"x\" <ann@example.com>", "ann@example.com>",
        "|id@x.de", "-oQ/tmp@x.de", "ann@ex ample.com", "ann@example.com\u202e", "ann@b\u00fccher.example"})
    EXPECT_NE(violations(email), "") << email;
}

// A payment without a page, above what the shop lets pass without asking. The payment provider of these tests
// notes any call as a failure, so nothing is ever charged here.
class Approval : public CheckoutTools {
 protected:
  Approval() {
    shop.mall.tenants[0].policies.approvalThreshold = 1'799;  // two e-books cost 1,800
    fill("ebook");
    CheckoutTools::call("cart_update_quantity", {{"cartId", "c"}, {"productId", "ebook"}, {"quantity", 2}});
  }
  ToolOutcome round(const ClientInput& input) { return rounds(input).value(); }
  Error error(const ClientInput& input) { return rounds(input).error(); }
  Result<ToolOutcome> rounds(const ClientInput& input) {
    CallContext context;
    context.client.elicitForm = true;
    context.input = input;
    return shop.round("checkout_start",
                      {{"tenant_id", "mall"},
                       {"userId", "ann"},
                       {"cartId", "c"},
                       {"email", "ann@example.com"},
                       {"paymentMethodId", "pm_card_visa"}},
                      context);
  }
};

TEST_F(Approval, WithoutAWayToAskItNothingIsCharged) {
  const Json saga = start({{"paymentMethodId", "pm_card_visa"}, {"email", "ann@example.com"}});
  EXPECT_EQ(saga.at("status"), "pending");
  EXPECT_THAT(saga.at("nextAction").at("message").get<std::string>(),
              testing::HasSubstr("needs the customer's approval"));
  EXPECT_EQ(saga.at("nextAction").at("type"), "present_payment_url");
}

TEST_F(Approval, IsAskedForWithTheTotalAndCountsForThatTotalOnly) {
  const auto asked = std::get<InputNeeded>(round({}));
  ASSERT_EQ(asked.requests.size(), 1u);
  EXPECT_THAT(asked.requests[0].params.at("message").get<std::string>(), testing::HasSubstr("$18.00"));
  const Json yes = {{"approval", {{"action", "accept"}, {"content", {{"approve", true}}}}}};
  Json otherTotal = asked.state;
  otherTotal["total"]["amount"] = 1;
  EXPECT_TRUE(std::holds_alternative<InputNeeded>(round({yes, otherTotal})));
  EXPECT_TRUE(std::holds_alternative<InputNeeded>(round({yes, nullptr})));  // never asked
}

TEST_F(Approval, ThatIsNotGivenChargesNothing) {
  const Json state = std::get<InputNeeded>(round({})).state;
  for (const Json& answer :
       {Json{{"action", "decline"}}, Json{{"action", "cancel"}}, Json{{"action", "accept"}},
        Json{{"action", "accept"}, {"content", {{"approve", false}}}},
        Json{{"action", "accept"}, {"content", {{"approve", "true"}}}}, Json{{"action", "maybe"}},
        Json("yes"), Json::object(), Json(nullptr)}) {
    const Json saga = std::get<Json>(round({{{"approval", answer}}, state}));
    EXPECT_EQ(saga.at("status"), "pending") << answer;
    EXPECT_THAT(saga.at("nextAction").at("message").get<std::string>(),
                testing::HasSubstr("the payment method was not charged"));
  }
}

// What the answer is to has become cheaper while the question was open, and would need no approval now.
TEST_F(Approval, OfAnotherTotalIsNone) {
  const auto asked = std::get<InputNeeded>(round({}));
  shop.mall.tenants[0].policies.approvalThreshold = 1'801;
  const Json no = {{"approval", {{"action", "decline"}}}};
  const Json refused = std::get<Json>(round({no, asked.state}));
  EXPECT_EQ(refused.at("status"), "pending");
  Json otherTotal = asked.state;
  otherTotal["total"]["amount"] = 4'290;
  const Json yes = {{"approval", {{"action", "accept"}, {"content", {{"approve", true}}}}}};
  EXPECT_EQ(error({yes, otherTotal}).code, ErrorCode::TotalChanged);
}

}  // namespace
}  // namespace checkout::tools
