#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

constexpr const char* kApproval = "approval";

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
  request.idempotencyKey = arguments.optionalText("idempotencyKey");
  return request;
}

// What is approved is this total of this checkout, and nothing else.
Json subjectOf(const Saga& saga) {
  return {{"sagaId", saga.id.value}, {"total", toJson(saga.totals.total)}};
}

InputNeeded askForApproval(const Tenant& tenant, const Saga& saga) {
  return {{elicitForm(
              kApproval,
              "Pay " + display(saga.totals.total) + " to " + tenant.name + " with the stored payment method?",
              {{"type", "object"},
               {"properties",
                {{"approve",
                  {{"type", "boolean"},
                   {"title", "Pay now"},
                   {"description", "Yes: the payment is made at once, without a payment page."}}}}},
               {"required", {"approve"}}})},
          subjectOf(saga)};
}

Json unpaid(const Saga& saga, const char* why) {
  Json view = saga::sagaView(saga);
  view["nextAction"]["message"] =
      std::string(why).append(" ").append(view["nextAction"].value("message", ""));
  return view;
}

Result<ToolOutcome> checkoutStart(const ToolServices& services, const Arguments& arguments,
                                  CallContext& context) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  saga::StartCheckout request = requestOf(*tenant, arguments);
  CHECKOUT_ASSIGN(saga, services.checkouts.start(request));
  const bool waits = request.paymentMethodId && saga.status == SagaStatus::Pending &&
                     saga::needsApproval(*tenant, saga.totals.total);
  if (!waits) return ToolOutcome(saga::sagaView(saga));
  if (!context.client.elicitForm)
    return ToolOutcome(
        unpaid(saga,
               "A payment of this size needs the customer's approval, which can't be asked for "
               "here, so the payment method was not charged."));
  const auto answer = context.input.elicited(kApproval);
  if (!answer || context.input.state != subjectOf(saga)) return ToolOutcome(askForApproval(*tenant, saga));
  const auto approve = answer->content.find("approve");
  if (answer->action != ElicitAction::Accept || approve == answer->content.end() || *approve != true)
    return ToolOutcome(unpaid(saga, "The customer did not approve the payment, so nothing was charged."));
  request.approved = true;
  CHECKOUT_ASSIGN(paid, services.checkouts.start(request));
  return ToolOutcome(saga::sagaView(paid));
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutStart(const ToolServices& services) {
  return makeTool("checkout_start", services, checkoutStart);
}

}  // namespace checkout::tools
