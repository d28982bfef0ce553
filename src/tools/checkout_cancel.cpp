#include "tools/function_tool.hpp"
#include "tools/sagas.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

// Also for an inactive shop: whoever began a checkout there must be able to get out of it.
Result<Json> checkoutCancel(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  const std::string reason = arguments.optionalText("reason").value_or("no reason given");
  return sagaResult(services.checkouts.cancel(tenant->id, arguments.id<SagaId>("sagaId"), reason));
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutCancel(const ToolServices& services) {
  return makeTool("checkout_cancel", services, checkoutCancel);
}

}  // namespace checkout::tools
