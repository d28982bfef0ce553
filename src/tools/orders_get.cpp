#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> ordersGet(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  const TenantId tenantId = tenant->id;
  const auto orderId = arguments.id<OrderId>("orderId");
  CHECKOUT_ASSIGN(order, readFor<std::optional<Order>>(services.store, [&](Transaction& tx) {
                    return tx.orders().find(tenantId, orderId);
                  }));
  if (order) return saga::orderView(*order);
  return Error(ErrorCode::OrderNotFound,
               "Shop \"" + tenantId.value + "\" has no order \"" + orderId.value +
                   "\". Check the orderId, or find it with orders_list.",
               {{"orderId", orderId.value}});
}

}  // namespace

std::unique_ptr<Tool> makeOrdersGet(const ToolServices& services) {
  return makeTool("orders_get", services, ordersGet);
}

}  // namespace checkout::tools
