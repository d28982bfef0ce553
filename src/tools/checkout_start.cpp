#include "tools/approval.hpp"
#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

saga::StartCheckout requestOf(const Tenant& tenant, const Arguments& arguments) {
  saga::StartCheckout request;
  request.tenantId = tenant.id;
  request.userId = arguments.id<UserId>("userId");
  request.cartId = arguments.id<CartId>("cartId");
  request.email = arguments.optionalText("email").value_or("");
  request.customerName = arguments.optionalText("customerName").value_or("");
  request.shippingAddress = arguments.optionalAddress("shippingAddress");
  request.billingAddress = arguments.optionalAddress("billingAddress");
  request.paymentMethodId = arguments.optionalText("paymentMethodId");
  request.expectedTotal = arguments.optionalMoney("expectedTotal");
  request.idempotencyKey = arguments.optionalText("idempotencyKey");
  return request;
}

Result<ToolOutcome> checkoutStart(const ToolServices& services, const Arguments& arguments,
                                  CallContext& context) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  saga::StartCheckout request = requestOf(*tenant, arguments);
  return payWithApproval(
      services, *tenant, context,
      [&](std::optional<saga::Approval> approval) {
        request.approval = std::move(approval);
        return services.checkouts.start(request);
      },
      [&](const Saga& saga) { return request.paymentMethodId && saga.status == SagaStatus::Pending; });
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutStart(const ToolServices& services) {
  return makeTool("checkout_start", services, checkoutStart);
}

}  // namespace checkout::tools
