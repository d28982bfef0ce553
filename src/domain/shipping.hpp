// Which shipping services serve a checkout, and for how much.
#pragma once

#include <string>
#include <vector>

#include <checkout/saga.hpp>
#include <checkout/tenant.hpp>

namespace checkout::domain {

// Services that carry these items to `country`, cheapest first. Empty if nothing is physical.
std::vector<ShippingSelection> shippingOptions(const Tenant& tenant, const std::vector<LineItem>& items,
                                               const std::string& country);

// InvalidAddress unless the address is complete enough to ship to and the tenant ships there.
Result<void> checkShippingAddress(const Tenant& tenant, const Address& address);

}  // namespace checkout::domain
