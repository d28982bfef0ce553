#include <limits>

#include <gtest/gtest.h>

#include <checkout/money.hpp>

#include "domain/currencies.hpp"

namespace checkout {
namespace {

Money money(std::int64_t amount, const char* code) {
  return {amount, Currency{code}};
}

TEST(Money, IsShownWithItsCurrencysDecimals) {
  EXPECT_EQ(display(money(4200, "usd")), "$42.00");
  EXPECT_EQ(display(money(5, "usd")), "$0.05");
  EXPECT_EQ(display(money(-1, "eur")), "-€0.01");
  EXPECT_EQ(display(money(500, "jpy")), "¥500");
  EXPECT_EQ(display(money(1230, "kwd")), "1.230 KWD");
  EXPECT_EQ(display(money(123456789, "usd")), "$1,234,567.89");
  EXPECT_EQ(display(money(1000, "jpy")), "¥1,000");
  EXPECT_EQ(display(money(std::numeric_limits<std::int64_t>::min(), "jpy")), "-¥9,223,372,036,854,775,808");
}

TEST(Money, AddingAndMultiplyingRefuseToOverflow) {
  EXPECT_EQ(add(money(1, "usd"), money(2, "usd"))->amount, 3);
  EXPECT_EQ(multiply(money(250, "usd"), 4)->amount, 1000);
  EXPECT_FALSE(add(money(std::numeric_limits<std::int64_t>::max(), "usd"), money(1, "usd")).ok());
  EXPECT_FALSE(multiply(money(std::numeric_limits<std::int64_t>::max() / 2, "usd"), 3).ok());
}

TEST(Money, DifferentCurrenciesAreNeverAdded) {
  EXPECT_FALSE(add(money(1, "usd"), money(1, "eur")).ok());
}

TEST(Currencies, FollowStripesDecimals) {
  EXPECT_EQ(*exponentOf(Currency{"usd"}), 2);
  EXPECT_EQ(*exponentOf(Currency{"jpy"}), 0);
  EXPECT_EQ(*exponentOf(Currency{"kwd"}), 3);
  EXPECT_EQ(*exponentOf(Currency{"isk"}), 2) << "Stripe keeps two decimals for isk";
  EXPECT_EQ(*exponentOf(Currency{"ugx"}), 2) << "Stripe keeps two decimals for ugx";
  EXPECT_FALSE(exponentOf(Currency{"USD"}).ok());
  EXPECT_FALSE(exponentOf(Currency{"zzz"}).ok());
}

TEST(Currencies, MinimumChargesAreInTheSmallestUnit) {
  EXPECT_EQ(minimumCharge(Currency{"usd"}), 50);
  EXPECT_EQ(minimumCharge(Currency{"gbp"}), 30);
  EXPECT_EQ(minimumCharge(Currency{"huf"}), 17500);
  EXPECT_EQ(minimumCharge(Currency{"kwd"}), 0);
}

TEST(Currencies, MaximumChargesAreInTheSmallestUnit) {
  EXPECT_EQ(maximumCharge(Currency{"usd"}), 99'999'999);
  EXPECT_EQ(maximumCharge(Currency{"kwd"}), 99'999'999);
  EXPECT_EQ(maximumCharge(Currency{"inr"}), 999'999'999);
  EXPECT_EQ(maximumCharge(Currency{"idr"}), 999'999'999'999);
}

}  // namespace
}  // namespace checkout
