#include <algorithm>

#include "tools/carts.hpp"
#include "tools/function_tool.hpp"
#include "tools/products.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Error tooMany(const Product& product, int inCart) {
  return Error(ErrorCode::ValidationFailed,
               "A cart holds at most " + std::to_string(kMaxQuantity) + " of a product. It holds " +
                   std::to_string(inCart) + " of " + product.id.value + ", so " +
                   std::to_string(kMaxQuantity - inCart) + " more fit.",
               {{"productId", product.id.value}, {"inCart", inCart}, {"canAdd", kMaxQuantity - inCart}});
}

Error cartIsFull(const Cart& cart) {
  return Error(ErrorCode::ValidationFailed,
               "Cart \"" + cart.id.value + "\" already holds " + std::to_string(kMaxCartLines) +
                   " different products, which is the most. Remove one, or use a second cart.",
               {{"cartId", cart.id.value}, {"maxProducts", kMaxCartLines}});
}

Result<void> addTo(Cart& cart, const Product& product, int quantity, Transaction& tx, const Tenant& tenant) {
  const auto line = std::find_if(cart.items.begin(), cart.items.end(),
                                 [&](const CartItem& item) { return item.productId == product.id; });
  const bool isNew = line == cart.items.end();
  const int inCart = isNew ? 0 : line->quantity;
  if (inCart + quantity > kMaxQuantity) return tooMany(product, inCart);
  if (isNew && cart.items.size() >= kMaxCartLines) return cartIsFull(cart);
  CHECKOUT_TRY(requireStock(tx, tenant, product, inCart + quantity));
  if (isNew)
    cart.items.push_back({product.id, quantity});
  else
    line->quantity += quantity;
  return {};
}

Result<Json> cartAddItem(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  const auto productId = arguments.id<ProductId>("productId");
  const auto quantity = static_cast<int>(arguments.optionalInteger("quantity").value_or(1));
  const std::optional<Product> product = tenant->catalog->find(productId);
  if (!product) return unknownProduct(*tenant, productId);
  const Tenant& shop = *tenant;
  const CartId cartId = arguments.has("cartId") ? arguments.id<CartId>("cartId") : newCartId();
  return changeCart(services, shop, cartId, MissingCart::Create,
                    [&](Transaction& tx, Cart& cart) { return addTo(cart, *product, quantity, tx, shop); });
}

}  // namespace

std::unique_ptr<Tool> makeCartAddItem(const ToolServices& services) {
  return makeTool("cart_add_item", services, cartAddItem);
}

}  // namespace checkout::tools
