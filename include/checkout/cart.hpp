// A cart holds product ids and quantities; prices are looked up when it is shown or frozen.
#pragma once

#include <vector>

#include <checkout/clock.hpp>
#include <checkout/ids.hpp>

namespace checkout {

inline constexpr int kMaxQuantity = 99;   // of one product in one cart
inline constexpr int kMaxCartLines = 98;  // Stripe takes 100 in a session, and shipping and tax are two

struct CartItem {
  ProductId productId;
  int quantity = 0;  // 1..kMaxQuantity
};

struct Cart {
  TenantId tenantId;
  CartId id;
  std::vector<CartItem> items;  // in the order added
  TimePoint updatedAt;
};

}  // namespace checkout
