// Mistakes of the doors that the model search and the simulation both have to find.
#pragma once

#include "support/around.hpp"

namespace checkout::test {

// A stored method is charged for another checkout of the cart, which has forgotten what was chosen.
class ForgetsTheChoice final : public AroundSagas {
 public:
  using AroundSagas::AroundSagas;
  Result<std::optional<Saga>> findLive(const TenantId& t, const CartId& c) override {
    auto live = inner_.findLive(t, c);
    if (live.ok() && *live) (*live)->shippingChosen = false;
    return live;
  }
};

// A repeated start is not told of the purchase that was made.
class ForgetsPurchases final : public AroundSagas {
 public:
  using AroundSagas::AroundSagas;
  Result<std::optional<Saga>> findLastPurchase(const TenantId&, const CartId&) override {
    return std::optional<Saga>{};
  }
};

}  // namespace checkout::test
