// Freezes a cart: what the customer buys, at which prices, from this moment on.
#pragma once

#include <checkout/cart.hpp>
#include <checkout/saga.hpp>
#include <checkout/tenant.hpp>

namespace checkout::domain {

// CartEmpty, or SkuNotFound for a product that left the catalogue.
Result<CartSnapshot> freezeCart(const Tenant& tenant, const Cart& cart);

}  // namespace checkout::domain
