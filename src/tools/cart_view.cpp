#include "tools/carts.hpp"
#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> cartView(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  return showCart(services, *tenant, arguments.id<CartId>("cartId"));
}

}  // namespace

std::unique_ptr<Tool> makeCartView(const ToolServices& services) {
  return makeTool("cart_view", services, cartView);
}

}  // namespace checkout::tools
