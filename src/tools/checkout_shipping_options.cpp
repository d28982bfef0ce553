#include "saga/next_action.hpp"
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

NextAction whatNext(const Saga& saga, bool hasOptions) {
  const bool mayChoose = saga.status == SagaStatus::Pending || saga.status == SagaStatus::PaymentPending;
  if (!mayChoose || (!hasOptions && saga.status != SagaStatus::Pending)) return saga::nextActionFor(saga);
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
  CHECKOUT_ASSIGN(saga, services.checkouts.status(tenant->id, sagaId, /*mayAsk=*/false));
  Json views = Json::array();
  for (const ShippingSelection& option : options) views.push_back(optionView(option));
  return Json{{"sagaId", sagaId.value},
              {"options", std::move(views)},
              {"nextAction", toJson(whatNext(saga, !options.empty()))}};
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutShippingOptions(const ToolServices& services) {
  return makeTool("checkout_shipping_options", services, checkoutShippingOptions);
}

}  // namespace checkout::tools
