// Identifiers as distinct types, so that a cart id can't be passed where a saga id belongs.
// Ids that this server makes are a prefix and 128 random bits in lower-case hex ("saga_3f…").
#pragma once

#include <compare>
#include <functional>
#include <string>

namespace checkout {

template <class Tag>
struct Id {
  std::string value;
  auto operator<=>(const Id&) const = default;
  bool empty() const { return value.empty(); }
};

using TenantId = Id<struct TenantTag>;
using UserId = Id<struct UserTag>;
using CartId = Id<struct CartTag>;
using ProductId = Id<struct ProductTag>;
using SagaId = Id<struct SagaTag>;
using OrderId = Id<struct OrderTag>;

SagaId newSagaId();    // saga_<32 hex>
OrderId newOrderId();  // order_<32 hex>
CartId newCartId();    // cart_<32 hex>

}  // namespace checkout

template <class Tag>
struct std::hash<checkout::Id<Tag>> {
  std::size_t operator()(const checkout::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
