#include "tools/carts.hpp"
#include "tools/function_tool.hpp"
#include "tools/products.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Error noLongerSold(const ProductId& product) {
  return Error(ErrorCode::SkuNotFound,
               "Product \"" + product.value +
                   "\" is in the cart, but has left the catalogue. Take it out with cart_remove_item.",
               {{"productId", product.value}});
}

Result<Json> cartUpdateQuantity(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  const auto productId = arguments.id<ProductId>("productId");
  const auto quantity = static_cast<int>(arguments.integer("quantity"));
  const std::optional<Product> product = tenant->catalog->find(productId);
  const Tenant& shop = *tenant;
  return changeCart(services, shop, arguments.id<CartId>("cartId"), MissingCart::Refuse,
                    [&](Transaction& tx, Cart& cart) -> Result<void> {
                      CHECKOUT_ASSIGN(line, lineOf(cart, productId));
                      if (!product) return noLongerSold(productId);
                      CHECKOUT_TRY(requireStock(tx, shop, *product, quantity));
                      line->quantity = quantity;
                      return {};
                    });
}

}  // namespace

std::unique_ptr<Tool> makeCartUpdateQuantity(const ToolServices& services) {
  return makeTool("cart_update_quantity", services, cartUpdateQuantity);
}

}  // namespace checkout::tools
