#include "saga/own_pages.hpp"

#include <gmock/gmock.h>

#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

using ::testing::HasSubstr;

class ReturnUrl : public CheckoutTest {
 protected:
  // A direct payment that was declined and waits for another payment method.
  Saga declined() {
    fillCart(0, 1);
    gateway.declineNextIntent();
    StartCheckout start = request();
    start.paymentMethodId = "pm_card_chargeDeclined";
    EXPECT_FALSE(service->start(start).ok());
    const auto sagas = service->list(shop, {UserId{"ann"}, {}, 20, {}});
    EXPECT_TRUE(sagas.ok());
    return sagas->sagas.at(0);
  }
  Result<ConfirmedIntent> confirm(const Saga& saga, Json parameters) {
    return service->confirmIntent(shop, {*saga.payment.paymentIntentId, std::move(parameters)});
  }
};

TEST_F(ReturnUrl, IsThisServersPageUnlessOneIsGiven) {
  const Saga saga = declined();
  ASSERT_TRUE(confirm(saga, {{"payment_method", "pm_card_visa"}}).ok());
  EXPECT_THAT(gateway.sent().back().body, HasSubstr("\"return_url\":\"http://127.0.0.1:8080/pay/return\""));
}

TEST_F(ReturnUrl, LeavesOutWhatOnlyASessionFillsIn) {
  tenants.tenant().successUrl = "https://shop.example/ok?session={CHECKOUT_SESSION_ID}";
  const Saga saga = declined();
  ASSERT_TRUE(confirm(saga, Json::object()).ok());
  EXPECT_THAT(gateway.sent().back().body, HasSubstr("\"return_url\":\"https://shop.example/ok?session=\""));
}

TEST_F(ReturnUrl, OfAnotherSiteIsRefusedBeforeAnythingIsSent) {
  const Saga saga = declined();
  const auto before = gateway.sent().size();
  const auto refused = confirm(saga, {{"return_url", "https://evil.example/pay/return"}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::ValidationFailed);
  EXPECT_EQ(refused.error().details["origins"], Json::array({"http://127.0.0.1:8080"}));
  EXPECT_EQ(gateway.sent().size(), before);
}

TEST(ReturnUrlCheck, KnowsTheSitesOfTheShop) {
  Tenant tenant;
  tenant.successUrl = "https://shop.example/ok";
  tenant.cancelUrl = "https://Other.shop.example:8443/no?x=1";
  const std::string publicUrl = "https://pay.example";
  for (const char* own : {"https://shop.example", "https://SHOP.example/any?x#y",
                          "https://pay.example/pay/return", "https://other.shop.example:8443?x"})
    EXPECT_TRUE(checkReturnUrl(tenant, publicUrl, own).ok()) << own;
  for (const char* foreign :
       {"https://shop.example.evil.example/", "http://shop.example/", "https://shop.example:8443/",
        "https://shop.example@evil.example/", "https://shop.example\\@evil.example/", "//shop.example/",
        "shop.example", "javascript:alert(1)", "https://evil.example/https://shop.example",
        "https://shop.example%2eevil.example/"})
    EXPECT_FALSE(checkReturnUrl(tenant, publicUrl, foreign).ok()) << foreign;
}

}  // namespace
}  // namespace checkout::saga
