#include "tools/function_tool.hpp"
#include "tools/sagas.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> checkoutStatus(const ToolServices& services, const Arguments& arguments, CallContext& context) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  return sagaResult(
      services.checkouts.status(tenant->id, arguments.id<SagaId>("sagaId"), context.mayAskProvider));
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutStatus(const ToolServices& services) {
  return makeTool("checkout_status", services, checkoutStatus);
}

}  // namespace checkout::tools
