#include "store/sql/mapping.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {

Result<std::optional<Cart>> SqlCarts::find(const TenantId& tenantId, const CartId& cartId) {
  CHECKOUT_ASSIGN(cart,
                  queryOne<Cart>(session_, "SELECT updated_at FROM carts WHERE tenant_id = ? AND cart_id = ?",
                                 {tenantId.value, cartId.value}, [&](const Row& row) -> Result<Cart> {
                                   return Cart{tenantId, cartId, {}, timeOf(row, 0)};
                                 }));
  if (!cart) return std::optional<Cart>{};
  CHECKOUT_ASSIGN(items,
                  queryAll<CartItem>(session_,
                                     "SELECT product_id, quantity FROM cart_items"
                                     " WHERE tenant_id = ? AND cart_id = ? ORDER BY position",
                                     {tenantId.value, cartId.value}, [](const Row& row) -> Result<CartItem> {
                                       return CartItem{{textOf(row, 0)}, static_cast<int>(row.integer(1))};
                                     }));
  cart->items = std::move(items);
  return std::move(cart);
}

Result<void> SqlCarts::save(const Cart& cart) {
  for (const CartItem& item : cart.items)
    if (item.quantity < 1 || item.quantity > kMaxQuantity)
      return Error(ErrorCode::ValidationFailed, "A cart line has a quantity from 1 to " +
                                                    std::to_string(kMaxQuantity) + ", not " +
                                                    std::to_string(item.quantity) + ".");
  CHECKOUT_TRY(run(session_,
                   "INSERT INTO carts (tenant_id, cart_id, updated_at) VALUES (?, ?, ?)"
                   " ON CONFLICT (tenant_id, cart_id) DO UPDATE SET updated_at = excluded.updated_at",
                   {cart.tenantId.value, cart.id.value, toUnixMillis(cart.updatedAt)}));
  CHECKOUT_TRY(run(session_, "DELETE FROM cart_items WHERE tenant_id = ? AND cart_id = ?",
                   {cart.tenantId.value, cart.id.value}));
  std::int64_t position = 0;
  for (const CartItem& item : cart.items)
    CHECKOUT_TRY(run(session_,
                     "INSERT INTO cart_items (tenant_id, cart_id, position, product_id, quantity)"
                     " VALUES (?, ?, ?, ?, ?)",
                     {cart.tenantId.value, cart.id.value, position++, item.productId.value, item.quantity}));
  return {};
}

}  // namespace checkout::store::sql
