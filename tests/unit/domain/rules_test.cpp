#include <gtest/gtest.h>

#include "domain/cart_snapshot.hpp"
#include "domain/shipping.hpp"
#include "domain/totals.hpp"
#include "domain/transitions.hpp"
#include "support/tenants.hpp"

namespace checkout::domain {
namespace {

Cart cartOf(std::vector<CartItem> items) {
  return {TenantId{"shop"}, CartId{"c"}, std::move(items), TimePoint{}};
}

TEST(CartSnapshot, FreezesPricesAndLineTotals) {
  const Tenant tenant = test::shop();
  const auto snapshot = freezeCart(tenant, cartOf({{ProductId{"mug"}, 3}, {ProductId{"ebook"}, 1}}));
  ASSERT_TRUE(snapshot.ok());
  ASSERT_EQ(snapshot->items.size(), 2u);
  EXPECT_EQ(snapshot->items[0].lineTotal.amount, 4500);
  EXPECT_EQ(snapshot->items[1].kind, ProductKind::Digital);
  EXPECT_EQ(snapshot->catalogVersion, tenant.catalog->version());
}

TEST(CartSnapshot, DigestChangesWithQuantityAndPrice) {
  Tenant tenant = test::shop();
  const std::string one = freezeCart(tenant, cartOf({{ProductId{"mug"}, 1}}))->digest;
  EXPECT_EQ(one, freezeCart(tenant, cartOf({{ProductId{"mug"}, 1}}))->digest);
  EXPECT_NE(one, freezeCart(tenant, cartOf({{ProductId{"mug"}, 2}}))->digest);
  tenant.catalog = makeMemoryCatalog({test::mug(tenant.currency, 1501)});
  EXPECT_NE(one, freezeCart(tenant, cartOf({{ProductId{"mug"}, 1}}))->digest);
}

TEST(CartSnapshot, RefusesEmptyCartsAndVanishedProducts) {
  EXPECT_EQ(freezeCart(test::shop(), cartOf({})).error().code, ErrorCode::CartEmpty);
  EXPECT_EQ(freezeCart(test::shop(), cartOf({{ProductId{"gone"}, 1}})).error().code, ErrorCode::SkuNotFound);
}

struct TotalsCase {
  const char* currency;
  std::int64_t price;
  int quantity;
  std::int64_t shipping;
  const char* country;
  std::int64_t tax, total;
};

class TotalsTable : public testing::TestWithParam<TotalsCase> {};

TEST_P(TotalsTable, AddUpInTheSmallestUnit) {
  const TotalsCase& c = GetParam();
  Tenant tenant = test::shop(c.currency);
  const Money unit{c.price, tenant.currency};
  LineItem item{ProductId{"mug"},           "Mug", "",         std::nullopt,
                ProductKind::Physical,      400,   c.quantity, unit,
                *multiply(unit, c.quantity)};
  ShippingSelection shipping{"post", "Post", "parcel", "Parcel", Money{c.shipping, tenant.currency}, 1, 2};
  const auto totals = computeTotals(tenant, {item}, shipping, c.country);
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(totals->tax.amount, c.tax);
  EXPECT_EQ(totals->total.amount, c.total);
  EXPECT_EQ(totals->total.currency.code, c.currency);
}

INSTANTIATE_TEST_SUITE_P(
    Currencies, TotalsTable,
    testing::Values(TotalsCase{"usd", 1500, 2, 490, "US", 0, 3490},
                    TotalsCase{"eur", 1500, 2, 490, "DE", 663, 4153},
                    TotalsCase{"jpy", 980, 3, 500, "DE", 654, 4094},
                    // 19 % of 5.000 KWD is 0.950; 19 % of 4.250 is 0.8075, rounded to a full 0.010
                    TotalsCase{"kwd", 4000, 1, 1000, "DE", 950, 5950},
                    TotalsCase{"kwd", 4000, 1, 250, "DE", 810, 5060}));

TEST(Chargeable, HasAMinimumAndALimit) {
  Tenant tenant = test::shop();
  EXPECT_EQ(checkChargeable(tenant, {49, tenant.currency}).error().code, ErrorCode::AmountTooSmall);
  EXPECT_TRUE(checkChargeable(tenant, {50, tenant.currency}).ok());
  EXPECT_TRUE(checkChargeable(tenant, {99'999'999, tenant.currency}).ok());
  EXPECT_EQ(checkChargeable(tenant, {100'000'000, tenant.currency}).error().code,
            ErrorCode::SpendLimitExceeded);
  tenant.policies.spendLimit = 1000;
  EXPECT_EQ(checkChargeable(tenant, {1001, tenant.currency}).error().code, ErrorCode::SpendLimitExceeded);
  EXPECT_EQ(checkChargeable(test::shop("kwd"), {0, Currency{"kwd"}}).error().code, ErrorCode::AmountTooSmall);
}

std::vector<LineItem> mugs(const Tenant& tenant, int quantity) {
  return freezeCart(tenant, cartOf({{ProductId{"mug"}, quantity}}))->items;
}

TEST(Shipping, IsPricedByStartedKilogramAndSortedByPrice) {
  const Tenant tenant = test::shop();
  const auto light = shippingOptions(tenant, mugs(tenant, 2), "DE");  // 800 g
  ASSERT_EQ(light.size(), 2u);
  EXPECT_EQ(light[0].serviceId, "parcel");
  EXPECT_EQ(light[0].price.amount, 490);
  EXPECT_EQ(light[1].price.amount, 1490);
  EXPECT_EQ(shippingOptions(tenant, mugs(tenant, 3), "DE")[0].price.amount, 590);  // 1,200 g
}

TEST(Shipping, IsFreeFromItsThreshold) {
  const Tenant tenant = test::shop();
  EXPECT_EQ(shippingOptions(tenant, mugs(tenant, 7), "US")[0].price.amount, 0);  // 105.00
}

TEST(Shipping, OffersNothingAbroadForTooHeavyOrForDigitalGoods) {
  const Tenant tenant = test::shop();
  EXPECT_TRUE(shippingOptions(tenant, mugs(tenant, 1), "FR").empty());
  const auto heavy = shippingOptions(tenant, mugs(tenant, 60), "US");  // 24 kg
  EXPECT_TRUE(heavy.empty());
  const auto digital = freezeCart(tenant, cartOf({{ProductId{"ebook"}, 1}}))->items;
  EXPECT_TRUE(shippingOptions(tenant, digital, "DE").empty());
}

TEST(Shipping, AddressesNeedStreetCityAndAServedCountry) {
  const Tenant tenant = test::shop();
  Address address{"A", "Street 1", "", "Berlin", "", "10115", "DE", ""};
  EXPECT_TRUE(checkShippingAddress(tenant, address).ok());
  address.country = "FR";
  EXPECT_EQ(checkShippingAddress(tenant, address).error().code, ErrorCode::InvalidAddress);
  address.country = "";
  const auto missing = checkShippingAddress(tenant, address);
  EXPECT_NE(missing.error().message.find("country"), std::string::npos);
}

TEST(Transitions, TerminalStatesAreFinalButForRetryAndHonouredPayments) {
  using enum SagaStatus;
  for (const SagaStatus to : {Pending, InProgress, PaymentPending, Compensating, Compensated, Failed})
    EXPECT_FALSE(isLegalTransition(Completed, to)) << toString(to);
  EXPECT_TRUE(isLegalTransition(Failed, Pending));
  EXPECT_FALSE(isLegalTransition(Failed, InProgress));
  EXPECT_TRUE(isLegalTransition(Compensated, InProgress));
  EXPECT_FALSE(isLegalTransition(PaymentPending, Completed)) << "only through confirm_order";
  EXPECT_FALSE(isLegalTransition(Pending, PaymentPending));
}

}  // namespace
}  // namespace checkout::domain
