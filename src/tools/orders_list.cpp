#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> ordersList(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  const TenantId tenantId = tenant->id;
  const auto userId = arguments.id<UserId>("userId");
  const auto limit = arguments.limit();
  const std::string cursor = arguments.optionalText("cursor").value_or("");
  return readFor<Json>(services.store, [&](Transaction& tx) -> Result<Json> {
    CHECKOUT_ASSIGN(page, tx.orders().list(tenantId, userId, limit, cursor));
    Json orders = Json::array();
    for (const Order& order : page.orders) {
      CHECKOUT_ASSIGN(saga, tx.sagas().find(tenantId, order.sagaId));
      if (!saga) return Error(ErrorCode::Internal, "an order names a checkout that is missing");
      orders.push_back(saga::orderView(order, *saga));
    }
    Json result = {{"orders", std::move(orders)}};
    if (!page.nextCursor.empty()) result["nextCursor"] = page.nextCursor;
    return result;
  });
}

}  // namespace

std::unique_ptr<Tool> makeOrdersList(const ToolServices& services) {
  return makeTool("orders_list", services, ordersList);
}

}  // namespace checkout::tools
