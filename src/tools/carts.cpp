#include "tools/carts.hpp"

#include <algorithm>

#include "tools/products.hpp"

namespace checkout::tools {
namespace {

Error unknownCart(const Tenant& tenant, const CartId& id) {
  return Error(ErrorCode::CartNotFound,
               "Shop \"" + tenant.id.value + "\" has no cart \"" + id.value +
                   "\". Check the cartId; a cart comes to exist with the first cart_add_item.",
               {{"cartId", id.value}})
      .withNext(NextActionType::StartOver, "Add a product with cart_add_item.");
}

Result<Json> viewOf(Transaction& tx, const Tenant& tenant, const Cart& cart) {
  Json items = Json::array();
  Money subtotal{0, tenant.currency};
  int itemCount = 0;
  for (const CartItem& item : cart.items) {
    itemCount += item.quantity;
    const std::optional<Product> product = tenant.catalog->find(item.productId);
    if (!product) {
      items.push_back(
          {{"productId", item.productId.value}, {"quantity", item.quantity}, {"unavailable", true}});
      continue;
    }
    CHECKOUT_ASSIGN(lineTotal, multiply(product->price, item.quantity));
    CHECKOUT_ASSIGN(sum, add(subtotal, lineTotal));
    CHECKOUT_ASSIGN(available, availableOf(tx, tenant, item.productId));
    subtotal = sum;
    Json line = {{"productId", item.productId.value},
                 {"name", product->name},
                 {"kind", product->kind == ProductKind::Physical ? "physical" : "digital"},
                 {"quantity", item.quantity},
                 {"unitPrice", toJson(product->price)},
                 {"lineTotal", toJson(lineTotal)}};
    if (available) line["available"] = *available;
    items.push_back(std::move(line));
  }
  return Json{{"cartId", cart.id.value},          {"items", std::move(items)},
              {"subtotal", toJson(subtotal)},     {"itemCount", itemCount},
              {"currency", tenant.currency.code}, {"updatedAt", toIso8601(cart.updatedAt)}};
}

}  // namespace

Result<Json> changeCart(const ToolServices& services, const Tenant& tenant, const CartId& id,
                        MissingCart missing, const std::function<Result<void>(Transaction&, Cart&)>& change) {
  return writeFor<Json>(services.store, [&](Transaction& tx) -> Result<Json> {
    CHECKOUT_ASSIGN(found, tx.carts().find(tenant.id, id));
    if (!found && missing == MissingCart::Refuse) return unknownCart(tenant, id);
    Cart cart = found ? std::move(*found) : Cart{tenant.id, id, {}, {}};
    CHECKOUT_TRY(change(tx, cart));
    cart.updatedAt = services.clock.now();
    CHECKOUT_TRY(tx.carts().save(cart));
    return viewOf(tx, tenant, cart);
  });
}

Result<Json> showCart(const ToolServices& services, const Tenant& tenant, const CartId& id) {
  return readFor<Json>(services.store, [&](Transaction& tx) -> Result<Json> {
    CHECKOUT_ASSIGN(cart, tx.carts().find(tenant.id, id));
    if (!cart) return unknownCart(tenant, id);
    return viewOf(tx, tenant, *cart);
  });
}

Result<CartItem*> lineOf(Cart& cart, const ProductId& product) {
  const auto line = std::find_if(cart.items.begin(), cart.items.end(),
                                 [&](const CartItem& item) { return item.productId == product; });
  if (line != cart.items.end()) return &*line;
  Json inCart = Json::array();
  for (const CartItem& item : cart.items) inCart.push_back(item.productId.value);
  return Error(ErrorCode::SkuNotFound,
               "Cart \"" + cart.id.value + "\" doesn't hold product \"" + product.value +
                   "\"; details.inCart lists what it holds. Add products with cart_add_item.",
               {{"productId", product.value}, {"inCart", std::move(inCart)}});
}

Result<void> requireStock(Transaction& tx, const Tenant& tenant, const Product& product, int quantity) {
  CHECKOUT_ASSIGN(available, availableOf(tx, tenant, product.id));
  if (!available || quantity <= *available) return {};
  return Error(ErrorCode::InventoryUnavailable,
               "The cart would hold " + std::to_string(quantity) + " of \"" + product.name + "\" (" +
                   product.id.value + "), but " + std::to_string(*available) +
                   " can be bought now. Take fewer, or offer the customer something else.",
               {{"productId", product.id.value}, {"requested", quantity}, {"available", *available}});
}

}  // namespace checkout::tools
