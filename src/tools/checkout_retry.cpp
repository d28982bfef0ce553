#include "tools/function_tool.hpp"
#include "tools/sagas.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> checkoutRetry(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  return sagaResult(services.checkouts.retry(tenant->id, arguments.id<SagaId>("sagaId")));
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutRetry(const ToolServices& services) {
  return makeTool("checkout_retry", services, checkoutRetry);
}

}  // namespace checkout::tools
