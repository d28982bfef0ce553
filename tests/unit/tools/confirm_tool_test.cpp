// postPaymentIntentsIntentConfirm: what it shows of Stripe's PaymentIntent.
#include <gmock/gmock.h>

#include "mcp/schema_validator.hpp"
#include "support/checkout_fixture.hpp"
#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {
namespace {

class ConfirmTool : public saga::CheckoutTest {
 protected:
  ConfirmTool() {
    fillCart(0, 1);
    gateway.declineNextIntent();
    auto start = request();
    start.paymentMethodId = "pm_card_chargeDeclined";
    const auto declined = service->start(start);
    EXPECT_FALSE(declined.ok());
    saga = *service->status(shop, SagaId{declined.error().details.at("sagaId").get<std::string>()});
    tools_ = allTools({*db, tenants, *service, feed, clock});
  }

  std::string intentId() const { return *saga.payment.paymentIntentId; }
  Json object() const {
    return {{"id", intentId()}, {"object", "payment_intent"}, {"status", "succeeded"},
            {"created", 1},     {"livemode", false},          {"client_secret", "pi_1_secret_x"}};
  }
  // As an agent sees it; checked against the outputSchema.
  Json confirm(Json arguments = Json::object()) {
    arguments["intent"] = intentId();
    const auto tool = std::find_if(tools_.begin(), tools_.end(), [](const RegisteredTool& one) {
      return one.tool->name() == "postPaymentIntentsIntentConfirm";
    });
    CallContext context;
    const auto result = tool->tool->call(arguments, context);
    const Json content = result ? std::get<Json>(*result) : Json{{"error", toJson(result.error())}};
    const mcp::SchemaValidator validator(Json::parse(tool->descriptor).at("outputSchema"));
    EXPECT_TRUE(validator.violations(content).empty()) << content;
    return content;
  }

  Saga saga;

 private:
  std::vector<RegisteredTool> tools_;
};

TEST_F(ConfirmTool, ShowsTheIntentWithoutItsClientSecret) {
  gateway.setObject(intentId(), object());
  const Json result = confirm({{"payment_method", "pm_card_visa"}});
  EXPECT_EQ(result.at("status"), "succeeded");
  EXPECT_FALSE(result.contains("client_secret"));
  EXPECT_EQ(result.at("nextAction").at("type"), "none");
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
}

TEST_F(ConfirmTool, LeavesOutValuesThatStripeHasAddedSince) {
  Json tomorrow = object();
  tomorrow["status"] = "requires_telepathy";
  tomorrow["capture_method"] = "someday";
  tomorrow["confirmation_method"] = "automatic";
  tomorrow["setup_future_usage"] = nullptr;
  tomorrow["cancellation_reason"] = "bored";
  tomorrow["excluded_payment_method_types"] = {"card", "barter"};
  tomorrow["invented_tomorrow"] = {{"x", 1}};
  gateway.setObject(intentId(), tomorrow);
  const Json result = confirm();
  EXPECT_EQ(result.at("status"), "processing");
  EXPECT_FALSE(result.contains("capture_method"));
  EXPECT_FALSE(result.contains("cancellation_reason"));
  EXPECT_EQ(result.at("confirmation_method"), "automatic");
  EXPECT_TRUE(result.at("setup_future_usage").is_null());
  EXPECT_EQ(result.at("excluded_payment_method_types"), Json::array({"card"}));
  EXPECT_EQ(result.at("invented_tomorrow"), Json({{"x", 1}}));
}

}  // namespace
}  // namespace checkout::tools
