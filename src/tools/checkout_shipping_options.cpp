#include "tools/function_tool.hpp"
#include "tools/sagas.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Json optionView(const ShippingSelection& option) {
  return {{"carrierId", option.carrierId}, {"carrierName", option.carrierName},
          {"serviceId", option.serviceId}, {"serviceName", option.serviceName},
          {"price", toJson(option.price)}, {"minDays", option.minDays},
          {"maxDays", option.maxDays}};
}

NextAction whatNext(bool hasOptions) {
  if (hasOptions)
    return {
        NextActionType::ChooseShipping,
        "Let the customer choose an option and pass its carrierId and serviceId to checkout_select_shipping.",
        std::nullopt};
  return {NextActionType::PresentPaymentUrl,
          "Nothing in this checkout is shipped. Call checkout_create_payment_session and show its URL to the "
          "customer.",
          std::nullopt};
}

Result<Json> checkoutShippingOptions(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  const auto sagaId = arguments.id<SagaId>("sagaId");
  CHECKOUT_ASSIGN(options, services.checkouts.shippingOptions(tenant->id, sagaId));
  Json views = Json::array();
  for (const ShippingSelection& option : options) views.push_back(optionView(option));
  return Json{{"sagaId", sagaId.value},
              {"options", std::move(views)},
              {"nextAction", toJson(whatNext(!options.empty()))}};
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutShippingOptions(const ToolServices& services) {
  return makeTool("checkout_shipping_options", services, checkoutShippingOptions);
}

}  // namespace checkout::tools
