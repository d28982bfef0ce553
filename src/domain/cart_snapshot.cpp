#include "domain/cart_snapshot.hpp"

#include "base/digest.hpp"

namespace checkout::domain {

Result<CartSnapshot> freezeCart(const Tenant& tenant, const Cart& cart) {
  if (cart.items.empty())
    return Error(ErrorCode::CartEmpty,
                 "Cart \"" + cart.id.value + "\" is empty. Add a product with cart_add_item first.");
  CartSnapshot snapshot;
  snapshot.catalogVersion = tenant.catalog->version();
  Json canonical = Json::array();
  for (const CartItem& item : cart.items) {
    const std::optional<Product> product = tenant.catalog->find(item.productId);
    if (!product)
      return Error(ErrorCode::SkuNotFound,
                   "Product \"" + item.productId.value +
                       "\" is in the cart but is no longer sold. Remove it with cart_remove_item.",
                   {{"productId", item.productId.value}});
    CHECKOUT_ASSIGN(lineTotal, multiply(product->price, item.quantity));
    snapshot.items.push_back({product->id, product->name, product->description, product->imageUrl,
                              product->kind, product->weightGrams, item.quantity, product->price, lineTotal});
    canonical.push_back(
        {product->id.value, item.quantity, product->price.amount, product->price.currency.code});
  }
  snapshot.digest = sha256Hex(canonical.dump());
  return snapshot;
}

}  // namespace checkout::domain
