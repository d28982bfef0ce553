#include "tools/function_tool.hpp"
#include "tools/sagas.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> checkoutSelectShipping(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  return sagaResult(services.checkouts.selectShipping(
      tenant->id, arguments.id<SagaId>("sagaId"), arguments.text("carrierId"), arguments.text("serviceId")));
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutSelectShipping(const ToolServices& services) {
  return makeTool("checkout_select_shipping", services, checkoutSelectShipping);
}

}  // namespace checkout::tools
