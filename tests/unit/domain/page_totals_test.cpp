#include "domain/page_totals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace checkout::domain {
namespace {

using ::testing::HasSubstr;

Money dollars(std::int64_t cents) {
  return {cents, {"usd"}};
}

ShippingSelection service(const char* id, std::int64_t price) {
  return {"post", "Post", id, id, dollars(price), 1, 2};
}

// Goods for $30.00, shipping for $5.00.
Totals frozenTotals() {
  return {dollars(3000), dollars(500), dollars(0), dollars(0), dollars(3500)};
}

PageTotals pageOf(std::int64_t lines, std::int64_t shipping, std::int64_t tax, std::int64_t discount,
                  std::int64_t total) {
  return {{dollars(lines), dollars(shipping), dollars(tax), dollars(discount), dollars(total)}, std::nullopt};
}

const PageChoices kNothing, kCodes{true, false, {}}, kTax{false, true, {}};
PageChoices shippingChoices() {
  return {false, false, {service("parcel", 500), service("express", 1500)}};
}

std::string refusal(const PageChoices& choices, const PageTotals& page) {
  const auto agreed = agreeOnTotals(frozenTotals(), choices, page);
  if (agreed.ok()) return "accepted";
  EXPECT_EQ(agreed.error().code, ErrorCode::OrderServiceError);
  return agreed.error().message;
}

TEST(PageTotals, OfAnUntouchedPageAreTheFrozenOnes) {
  const auto agreed = agreeOnTotals(frozenTotals(), kNothing, pageOf(3500, 0, 0, 0, 3500));
  ASSERT_TRUE(agreed.ok()) << agreed.error().message;
  EXPECT_EQ(agreed->totals.total, dollars(3500));
  EXPECT_EQ(agreed->totals.shipping, dollars(500));
  EXPECT_FALSE(agreed->shipping);
}

TEST(PageTotals, TakeADiscountWherePromotionCodesAreAllowed) {
  const auto agreed = agreeOnTotals(frozenTotals(), kCodes, pageOf(3500, 0, 0, 700, 2800));
  ASSERT_TRUE(agreed.ok()) << agreed.error().message;
  EXPECT_EQ(agreed->totals.discount, dollars(700));
  EXPECT_EQ(agreed->totals.subtotal, dollars(3000));
  EXPECT_EQ(agreed->totals.total, dollars(2800));
  EXPECT_THAT(refusal(kNothing, pageOf(3500, 0, 0, 700, 2800)),
              HasSubstr("discount should be $0.00, is $7.00"));
}

TEST(PageTotals, ReckonOurOwnTaxOfTheDiscountedPrice) {
  Totals frozen = frozenTotals();
  frozen.tax = dollars(665);  // 19 % of $35.00
  frozen.total = dollars(4165);
  const auto agreed = agreeOnTotals(frozen, kCodes, pageOf(4165, 0, 0, 833, 3332));
  ASSERT_TRUE(agreed.ok()) << agreed.error().message;
  EXPECT_EQ(agreed->totals.discount, dollars(700));
  EXPECT_EQ(agreed->totals.tax, dollars(532)) << "19 % of $28.00";
  EXPECT_EQ(agreed->totals.total, dollars(3332));
}

TEST(PageTotals, MayComeToNothing) {
  EXPECT_EQ(agreeOnTotals(frozenTotals(), kCodes, pageOf(3500, 0, 0, 3500, 0))->totals.total, dollars(0));
}

TEST(PageTotals, TakeTaxWhereStripeReckonsIt) {
  const auto agreed = agreeOnTotals(frozenTotals(), kTax, pageOf(3500, 0, 665, 0, 4165));
  ASSERT_TRUE(agreed.ok()) << agreed.error().message;
  EXPECT_EQ(agreed->totals.tax, dollars(665));
  EXPECT_EQ(agreed->totals.total, dollars(4165));
  EXPECT_THAT(refusal(kNothing, pageOf(3500, 0, 665, 0, 4165)), HasSubstr("tax should be $0.00, is $6.65"));
}

TEST(PageTotals, TakeTheShippingServiceThatWasChosen) {
  PageTotals page = pageOf(3000, 1500, 0, 0, 4500);
  page.shippingOption = 1;
  const auto agreed = agreeOnTotals(frozenTotals(), shippingChoices(), page);
  ASSERT_TRUE(agreed.ok()) << agreed.error().message;
  ASSERT_TRUE(agreed->shipping);
  EXPECT_EQ(agreed->shipping->serviceId, "express");
  EXPECT_EQ(agreed->totals.shipping, dollars(1500));
  EXPECT_EQ(agreed->totals.total, dollars(4500));
  EXPECT_THAT(refusal(kNothing, page), HasSubstr("shipping should be $0.00, is $15.00"));
}

TEST(PageTotals, RefuseAServiceThatWasNotOfferedOrHasAnotherPrice) {
  PageTotals page = pageOf(3000, 1500, 0, 0, 4500);
  EXPECT_THAT(refusal(shippingChoices(), page), HasSubstr("none of the offered shipping services"));
  page.shippingOption = 2;
  EXPECT_THAT(refusal(shippingChoices(), page), HasSubstr("none of the offered shipping services"));
  page.shippingOption = 0;
  EXPECT_THAT(refusal(shippingChoices(), page), HasSubstr("shipping should be $5.00, is $15.00"));
}

TEST(PageTotals, TakeAllAtOnce) {
  PageTotals page = pageOf(3000, 1500, 855, 300, 5055);
  page.shippingOption = 1;
  PageChoices all = shippingChoices();
  all.promotionCodes = all.automaticTax = true;
  const auto agreed = agreeOnTotals(frozenTotals(), all, page);
  ASSERT_TRUE(agreed.ok()) << agreed.error().message;
  const Totals& totals = agreed->totals;
  EXPECT_EQ(totals.total.amount,
            totals.subtotal.amount + totals.shipping.amount + totals.tax.amount - totals.discount.amount);
}

TEST(PageTotals, RefuseWhatDoesNotAddUp) {
  EXPECT_THAT(refusal(kCodes, pageOf(3500, 0, 0, 700, 2700)),
              HasSubstr("the total should be $28.00, is $27.00"));
  EXPECT_THAT(refusal(kCodes, pageOf(3400, 0, 0, 0, 3400)),
              HasSubstr("the lines should be $35.00, is $34.00"));
  EXPECT_THAT(refusal(kCodes, pageOf(3500, 0, 0, -700, 4200)), HasSubstr("out of range"));
  EXPECT_THAT(refusal(kTax, pageOf(3500, 0, 2'000'000'000'000, 0, 3500)), HasSubstr("out of range"));
}

TEST(PageTotals, RefuseAnotherCurrency) {
  PageTotals page = pageOf(3500, 0, 0, 0, 3500);
  page.sums.total.currency = {"eur"};
  EXPECT_THAT(refusal(kCodes, page), HasSubstr("the currency should be usd, is eur"));
}

}  // namespace
}  // namespace checkout::domain
