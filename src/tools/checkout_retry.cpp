#include "tools/approval.hpp"
#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<ToolOutcome> checkoutRetry(const ToolServices& services, const Arguments& arguments,
                                  CallContext& context) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  const auto id = arguments.id<SagaId>("sagaId");
  return payWithApproval(
      services, *tenant, context,
      [&](const std::optional<saga::Approval>& approval) {
        return services.checkouts.retry(tenant->id, id, approval);
      },
      [](const Saga& saga) { return saga.paymentMethodId && saga.status == SagaStatus::Pending; });
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutRetry(const ToolServices& services) {
  return makeTool("checkout_retry", services, checkoutRetry);
}

}  // namespace checkout::tools
