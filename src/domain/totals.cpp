#include "domain/totals.hpp"

#include <algorithm>

#include "domain/currencies.hpp"

namespace checkout::domain {
namespace {

int basisPointsFor(const Tenant& tenant, const std::string& country) {
  int anywhere = 0;
  for (const TaxRate& rate : tenant.taxRates) {
    if (!country.empty() && rate.country == country) return rate.basisPoints;
    if (rate.country == "*") anywhere = rate.basisPoints;
  }
  return anywhere;
}

// Half up, to a multiple of the currency's step.
Result<Money> shareOf(const Money& money, int basisPoints, std::int64_t step) {
  CHECKOUT_ASSIGN(exact, multiply(money, basisPoints));
  const std::int64_t unit = 10'000 * step;
  return Money{(exact.amount + unit / 2) / unit * step, money.currency};
}

}  // namespace

Result<Totals> computeTotals(const Tenant& tenant, const std::vector<LineItem>& items,
                             const std::optional<ShippingSelection>& shipping, const std::string& country) {
  const CurrencyFacts* currency = findCurrency(tenant.currency.code);
  if (currency == nullptr) return Error(ErrorCode::Internal, "the tenant's currency is not supported");
  const Money zero{0, tenant.currency};
  Totals totals{zero, shipping ? shipping->price : zero, zero, zero, zero};
  for (const LineItem& item : items) {
    CHECKOUT_ASSIGN(sum, add(totals.subtotal, item.lineTotal));
    totals.subtotal = sum;
  }
  CHECKOUT_ASSIGN(taxable, add(totals.subtotal, totals.shipping));
  CHECKOUT_ASSIGN(tax, shareOf(taxable, basisPointsFor(tenant, country), currency->step));
  totals.tax = tax;
  CHECKOUT_ASSIGN(total, add(taxable, tax));
  totals.total = total;
  return totals;
}

Result<void> checkChargeable(const Tenant& tenant, const Money& total) {
  const Money minimum{minimumCharge(total.currency), total.currency};
  if (total.amount <= 0 || total.amount < minimum.amount)
    return Error(ErrorCode::AmountTooSmall,
                 "The total of " + display(total) + " is below the smallest amount that can be charged (" +
                     display(minimum) + "). Add something to the cart.",
                 {{"total", toJson(total)}, {"minimum", toJson(minimum)}});
  const std::int64_t stripes = maximumCharge(total.currency);
  const std::int64_t most = std::min(tenant.policies.spendLimit.value_or(stripes), stripes);
  if (total.amount > most) {
    const Money limit{most, total.currency};
    return Error(ErrorCode::SpendLimitExceeded,
                 "The total of " + display(total) + " is above the limit of one checkout (" + display(limit) +
                     "). Remove something from the cart or split the purchase.",
                 {{"total", toJson(total)}, {"limit", toJson(limit)}});
  }
  return {};
}

bool taxDependsOnCountry(const Tenant& tenant) {
  const int elsewhere = basisPointsFor(tenant, {});
  return std::any_of(tenant.taxRates.begin(), tenant.taxRates.end(),
                     [&](const TaxRate& rate) { return rate.basisPoints != elsewhere; });
}

std::string taxCountry(const Saga& saga) {
  if (saga.shippingAddress) return saga.shippingAddress->country;
  if (saga.billingAddress) return saga.billingAddress->country;
  return {};
}

}  // namespace checkout::domain
