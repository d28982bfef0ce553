// Prices of a checkout: line totals, shipping, tax and what Stripe accepts to be charged.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <checkout/saga.hpp>
#include <checkout/tenant.hpp>

namespace checkout::domain {

// `country` decides the tax; empty if no address is known, which is no answer where taxDependsOnCountry().
Result<Totals> computeTotals(const Tenant& tenant, const std::vector<LineItem>& items,
                             const std::optional<ShippingSelection>& shipping, const std::string& country);

// AmountTooSmall below Stripe's minimum, SpendLimitExceeded above the tenant's limit or Stripe's maximum
// of the currency (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
Result<void> checkChargeable(const Tenant& tenant, const Money& total);

// True if the tenant's rates differ by country, so that the tax is unknown without one.
bool taxDependsOnCountry(const Tenant& tenant);

// The country that taxes and shipping go by: the shipping address's, else the billing address's, else empty.
std::string taxCountry(const Saga& saga);

}  // namespace checkout::domain
