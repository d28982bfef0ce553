#include "tools/approval.hpp"
#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<ToolOutcome> checkoutPay(const ToolServices& services, const Arguments& arguments,
                                CallContext& context) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  const auto id = arguments.id<SagaId>("sagaId");
  saga::PayCheckout request{arguments.text("paymentMethodId"), arguments.money("expectedTotal"),
                            std::nullopt};
  return payWithApproval(
      services, *tenant, context,
      [&](std::optional<saga::Approval> approval) {
        request.approval = std::move(approval);
        return services.checkouts.pay(tenant->id, id, request);
      },
      [&](const Saga& saga) { return saga::isPayableDirectly(saga, request.paymentMethodId); });
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutPay(const ToolServices& services) {
  return makeTool("checkout_pay", services, checkoutPay);
}

}  // namespace checkout::tools
