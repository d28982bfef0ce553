#include "tools/carts.hpp"
#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> cartRemoveItem(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  const auto product = arguments.id<ProductId>("productId");
  return changeCart(services, *tenant, arguments.id<CartId>("cartId"), MissingCart::Refuse,
                    [&](Transaction&, Cart& cart) -> Result<void> {
                      CHECKOUT_TRY(lineOf(cart, product));
                      std::erase_if(cart.items,
                                    [&](const CartItem& item) { return item.productId == product; });
                      return {};
                    });
}

}  // namespace

std::unique_ptr<Tool> makeCartRemoveItem(const ToolServices& services) {
  return makeTool("cart_remove_item", services, cartRemoveItem);
}

}  // namespace checkout::tools
