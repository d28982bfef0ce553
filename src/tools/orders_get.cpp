#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<std::optional<Json>> orderIn(Transaction& tx, const TenantId& tenant, const OrderId& id) {
  CHECKOUT_ASSIGN(order, tx.orders().find(tenant, id));
  if (!order) return std::optional<Json>{};
  CHECKOUT_ASSIGN(saga, tx.sagas().find(tenant, order->sagaId));
  if (!saga) return Error(ErrorCode::Internal, "an order names a checkout that is missing");
  return std::optional<Json>{saga::orderView(*order, *saga)};
}

Result<Json> ordersGet(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  const TenantId tenantId = tenant->id;
  const auto orderId = arguments.id<OrderId>("orderId");
  CHECKOUT_ASSIGN(view, readFor<std::optional<Json>>(
                            services.store, [&](Transaction& tx) { return orderIn(tx, tenantId, orderId); }));
  if (view) return *view;
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
