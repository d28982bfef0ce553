#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

// What Stripe's confirm call takes, under Stripe's names: every argument but the three that are ours.
Json stripeParameters(const Arguments& arguments) {
  Json parameters = arguments.all();
  for (const char* ours : {"intent", "tenant_id", "auth_token"}) parameters.erase(ours);
  return parameters;
}

Result<Json> postPaymentIntentsIntentConfirm(const ToolServices& services, const Arguments& arguments,
                                             CallContext&) {
  CHECKOUT_ASSIGN(tenant, onlySellingTenantOf(services, arguments));
  const ConfirmRequest request{arguments.text("intent"), stripeParameters(arguments)};
  CHECKOUT_ASSIGN(confirmed, services.checkouts.confirmIntent(tenant->id, request));
  Json result = std::move(confirmed.paymentIntent);
  result.erase("client_secret");
  if (confirmed.nextAction) result["nextAction"] = toJson(*confirmed.nextAction);
  return result;
}

}  // namespace

std::unique_ptr<Tool> makePostPaymentIntentsIntentConfirm(const ToolServices& services) {
  return makeTool("postPaymentIntentsIntentConfirm", services, postPaymentIntentsIntentConfirm);
}

}  // namespace checkout::tools
