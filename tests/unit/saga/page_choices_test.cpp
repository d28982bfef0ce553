// What the customer changes on the payment page: taken over with permission, a mismatch without.
#include <gmock/gmock.h>

#include "saga/payment.hpp"
#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Two mugs to Germany without tax: $30.00 and $4.90 for shipping.
class PageChoice : public CheckoutTest {
 protected:
  PageChoice() {
    tenants.tenant().taxRates.clear();
    fillCart(2);
  }
  StripeSettings& settings() { return tenants.tenant().stripe; }

  static Money dollars(std::int64_t cents) { return {cents, {"usd"}}; }
  static PageTotals page(std::int64_t lines, std::int64_t shipping, std::int64_t tax, std::int64_t discount,
                         std::optional<std::size_t> option = {}) {
    return {{dollars(lines), dollars(shipping), dollars(tax), dollars(discount),
             dollars(lines + shipping + tax - discount)},
            option};
  }
  Saga paid(const Saga& saga, const PageTotals& totals) {
    gateway.payPage(*saga.payment.sessionId, totals);
    return poll(saga.id);
  }
  std::string confirmation() {
    const auto mail = readFor<std::vector<OutboxMessage>>(
        *db, [&](Transaction& tx) { return tx.outbox().due(clock.now(), 10); });
    return mail->empty() ? "" : mail->front().email.text;
  }
  void expectRefundedAndNotDelivered(const Saga& saga, const Money& amount) {
    EXPECT_EQ(saga.status, SagaStatus::Compensated);
    ASSERT_TRUE(saga.error);
    EXPECT_EQ(saga.error->code, ErrorCode::OrderServiceError);
    EXPECT_EQ(gateway.refundedAmount(), amount.amount);
    EXPECT_EQ(mugs().free(), 10);
    EXPECT_EQ(order(saga)->totals.total, dollars(3490)) << "the order keeps what was agreed";
  }
};

TEST_F(PageChoice, APromotionCodeLowersTheOrdersTotal) {
  settings().allowPromotionCodes = true;
  const Saga saga = paid(withSession(), page(3490, 0, 0, 600));
  EXPECT_EQ(saga.status, SagaStatus::Completed);
  EXPECT_EQ(saga.totals.discount, dollars(600));
  EXPECT_EQ(saga.totals.total, dollars(2890));
  EXPECT_EQ(*saga.payment.amountPaid, saga.totals.total);
  EXPECT_EQ(saga.payment.asked.value().total, dollars(3490)) << "what was frozen is kept";
  EXPECT_EQ(saga.cart.items[0].lineTotal, dollars(3000));
  EXPECT_EQ(order(saga)->totals.total, dollars(2890));
  EXPECT_EQ(order(saga)->totals.discount, dollars(600));
  EXPECT_THAT(confirmation(), HasSubstr("Discount  -$6.00"));
}

TEST_F(PageChoice, TheTaxOfAPurchaseWithAPromotionCodeIsOfTheDiscountedPrice) {
  tenants.tenant().taxRates = {{"DE", 1900}};
  settings().allowPromotionCodes = true;
  const Saga open = withSession();
  ASSERT_EQ(open.totals.tax, dollars(663)) << "19 % of $34.90";
  const Saga saga = paid(open, page(4153, 0, 0, 831));  // 20 % off each line, the one for the tax among them
  EXPECT_EQ(saga.status, SagaStatus::Completed);
  EXPECT_EQ(order(saga)->totals.discount, dollars(698));
  EXPECT_EQ(order(saga)->totals.tax, dollars(530)) << "19 % of $27.92";
  EXPECT_EQ(order(saga)->totals.total, dollars(3322));
  EXPECT_THAT(confirmation(), HasSubstr("Tax       $5.30"));
}

TEST_F(PageChoice, ADiscountThatNobodyAllowedIsRefundedAndNotDelivered) {
  const Saga saga = paid(withSession(), page(3490, 0, 0, 600));
  expectRefundedAndNotDelivered(saga, dollars(2890));
  EXPECT_THAT(saga.error->message, HasSubstr("discount should be $0.00, is $6.00"));
}

TEST_F(PageChoice, TaxFromThePageIsAddedWhereStripeReckonsIt) {
  settings().automaticTax = true;
  const Saga saga = paid(withSession(), page(3490, 0, 663, 0));
  EXPECT_EQ(saga.status, SagaStatus::Completed);
  EXPECT_EQ(order(saga)->totals.tax, dollars(663));
  EXPECT_EQ(order(saga)->totals.total, dollars(4153));
  EXPECT_THAT(confirmation(), HasSubstr("Tax       $6.63"));
}

TEST_F(PageChoice, TaxThatNobodyAskedForIsRefundedAndNotDelivered) {
  expectRefundedAndNotDelivered(paid(withSession(), page(3490, 0, 663, 0)), dollars(4153));
}

TEST_F(PageChoice, TheShippingServiceThatWasPickedOnThePageIsTheOrders) {
  settings().shippingOnPage = true;
  Saga saga = withSession();
  ASSERT_EQ(saga.payment.choices.shipping.size(), 2u);
  EXPECT_EQ(saga.payment.choices.shipping[0].serviceId, "parcel") << "the one that the total was shown with";
  saga = paid(saga, page(3000, 1490, 0, 0, 1));
  EXPECT_EQ(saga.status, SagaStatus::Completed);
  EXPECT_EQ(saga.shipping->serviceId, "express");
  EXPECT_EQ(order(saga)->shipping->serviceId, "express");
  EXPECT_EQ(order(saga)->totals.shipping, dollars(1490));
  EXPECT_EQ(order(saga)->totals.total, dollars(4490));
  EXPECT_THAT(confirmation(), HasSubstr("(Post Express)"));
}

TEST_F(PageChoice, AShippingServiceThatWasNotOfferedIsRefundedAndNotDelivered) {
  settings().shippingOnPage = true;
  expectRefundedAndNotDelivered(paid(withSession(), page(3000, 1490, 0, 0)), dollars(4490));
}

TEST_F(PageChoice, ShippingOnThePageWithoutPermissionIsRefundedAndNotDelivered) {
  expectRefundedAndNotDelivered(paid(withSession(), page(3000, 490, 0, 0, 0)), dollars(3490));
}

TEST_F(PageChoice, WhoHasChosenShippingIsNotAskedAgain) {
  settings().shippingOnPage = true;
  const Saga started = this->started();
  ASSERT_TRUE(service->selectShipping(shop, started.id, "post", "parcel").ok());
  const Saga saga = withSession();
  EXPECT_TRUE(saga.payment.choices.shipping.empty());
  EXPECT_EQ(paid(saga, page(3490, 0, 0, 0)).status, SagaStatus::Completed);
}

TEST_F(PageChoice, ChoosingWhatIsPreselectedReplacesAPageThatStillAsks) {
  settings().shippingOnPage = true;
  const Saga asking = withSession();
  const auto chosen = service->selectShipping(shop, asking.id, "post", "parcel");
  ASSERT_TRUE(chosen.ok()) << chosen.error().message;
  EXPECT_NE(chosen->payment.sessionId, asking.payment.sessionId);
  EXPECT_TRUE(chosen->payment.choices.shipping.empty());
  const auto again = service->selectShipping(shop, asking.id, "post", "parcel");
  EXPECT_EQ(again->version, chosen->version) << "a repeated choice changes nothing";
}

TEST_F(PageChoice, APaymentWithoutAPageHasNothingToChoose) {
  settings() = {};
  settings().allowPromotionCodes = settings().shippingOnPage = true;
  StartCheckout start = request();
  start.paymentMethodId = "pm_card_visa";
  const auto saga = service->start(start);
  ASSERT_TRUE(saga.ok()) << saga.error().message;
  EXPECT_EQ(saga->status, SagaStatus::Completed);
  EXPECT_EQ(saga->totals.total, dollars(3490));
}

TEST_F(PageChoice, ACodeThatTakesItAllCompletesTheOrderWithoutAPayment) {
  settings().allowPromotionCodes = true;
  const Saga saga = paid(withSession(), page(3490, 0, 0, 3490));
  EXPECT_EQ(saga.status, SagaStatus::Completed);
  EXPECT_EQ(order(saga)->totals.total, dollars(0));
  EXPECT_FALSE(saga.payment.paymentIntentId);
}

TEST_F(PageChoice, NothingIsGivenBackWhereNothingWasPaid) {
  settings().allowPromotionCodes = true;
  const Saga open = withSession();
  ASSERT_TRUE(service->cancel(shop, open.id, "changed my mind").ok());
  gateway.payPage(*open.payment.sessionId, page(3490, 0, 0, 3490));
  PaymentEvent late = event("evt_late", open);
  ASSERT_TRUE(service->applyEvent(shop, late).ok());
  const auto saga = service->status(shop, open.id);
  ASSERT_TRUE(saga.ok()) << saga.error().message;
  EXPECT_EQ(saga->status, SagaStatus::Compensated);
  EXPECT_EQ(gateway.refundedAmount(), 0);
  EXPECT_FALSE(owesMoneyBack(*saga));
  EXPECT_EQ(*service->runDueTimers(), std::nullopt) << "nothing is left to do";
}

TEST_F(PageChoice, AnotherCurrencyIsRefundedAndNotDelivered) {
  settings().allowPromotionCodes = true;
  PageTotals euros = page(3490, 0, 0, 0);
  for (Money* money :
       {&euros.sums.subtotal, &euros.sums.shipping, &euros.sums.tax, &euros.sums.discount, &euros.sums.total})
    money->currency = {"eur"};
  const Saga saga = paid(withSession(), euros);
  expectRefundedAndNotDelivered(saga, {3490, {"eur"}});
  EXPECT_THAT(saga.error->message, HasSubstr("the currency should be usd, is eur"));
}

TEST_F(PageChoice, SumsThatDoNotAddUpAreRefundedAndNotDelivered) {
  settings().allowPromotionCodes = true;
  PageTotals odd = page(3490, 0, 0, 600);
  odd.sums.total = dollars(2000);
  expectRefundedAndNotDelivered(paid(withSession(), odd), dollars(2000));
}

TEST_F(PageChoice, PermissionIsWhatThePageWasOpenedWith) {
  settings().allowPromotionCodes = true;
  const Saga saga = withSession();
  settings().allowPromotionCodes = false;  // a new configuration while the customer types the code
  EXPECT_EQ(paid(saga, page(3490, 0, 0, 600)).status, SagaStatus::Completed);
}

TEST_F(PageChoice, ThePageStaysOpenForStripesHalfHourAndALittleLonger) {
  using namespace std::chrono_literals;
  Tenant& tenant = tenants.tenant();
  for (const auto& [wish, least, most] : {std::tuple{1min, 30min, 31min},
                                          {30min, 30min, 31min},
                                          {60min, 60min, 60min},
                                          {1440min, 1439min, 1440min}}) {
    tenant.policies.sessionLifetime = wish;
    EXPECT_GE(pageLifetime(tenant, 0), least);
    EXPECT_LE(pageLifetime(tenant, 0), most);
  }
  EXPECT_GT(pageLifetime(tenant, 0), 23h);
}

}  // namespace
}  // namespace checkout::saga
