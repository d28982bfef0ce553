// What the cart tools share: finding, changing and showing a cart.
#pragma once

#include <functional>

#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

enum class MissingCart { Refuse, Create };

// Reads the cart, lets `change` alter its items, stores it and returns its view, all in one transaction. If
// `change` fails, the cart stays as it was. `change` may run more than once.
Result<Json> changeCart(const ToolServices& services, const Tenant& tenant, const CartId& id,
                        MissingCart missing, const std::function<Result<void>(Transaction&, Cart&)>& change);

// The cart at current prices and stock; CartNotFound.
Result<Json> showCart(const ToolServices& services, const Tenant& tenant, const CartId& id);

// The line of a product; SkuNotFound (details.inCart: the products there are) if the cart has none. Never
// null.
Result<CartItem*> lineOf(Cart& cart, const ProductId& product);

// InventoryUnavailable (details: productId, requested, available) if fewer than `quantity` are free.
Result<void> requireStock(Transaction& tx, const Tenant& tenant, const Product& product, int quantity);

}  // namespace checkout::tools
