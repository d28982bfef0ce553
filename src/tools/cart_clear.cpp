#include "tools/carts.hpp"
#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> cartClear(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  return changeCart(services, *tenant, arguments.id<CartId>("cartId"), MissingCart::Refuse,
                    [](Transaction&, Cart& cart) -> Result<void> {
                      cart.items.clear();
                      return {};
                    });
}

}  // namespace

std::unique_ptr<Tool> makeCartClear(const ToolServices& services) {
  return makeTool("cart_clear", services, cartClear);
}

}  // namespace checkout::tools
