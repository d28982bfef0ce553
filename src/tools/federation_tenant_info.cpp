#include "tools/function_tool.hpp"
#include "tools/shop_facts.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Json shippingServicesOf(const Tenant& tenant) {
  Json services = Json::array();
  for (const ShippingRate& rate : tenant.shippingRates)
    services.push_back({{"carrierName", rate.carrierName},
                        {"serviceName", rate.serviceName},
                        {"countries", rate.countries},
                        {"minDays", rate.minDays},
                        {"maxDays", rate.maxDays}});
  return services;
}

Json policiesOf(const Tenant& tenant) {
  const TenantPolicies& policies = tenant.policies;
  Json json = {
      {"latePayment", policies.latePayment == LatePaymentPolicy::Honour ? "honour" : "refund"},
      {"paymentSessionMinutes", std::chrono::ceil<std::chrono::minutes>(policies.sessionLifetime).count()}};
  if (policies.spendLimit) json["spendLimit"] = toJson(Money{*policies.spendLimit, tenant.currency});
  if (policies.approvalThreshold)
    json["approvalThreshold"] = toJson(Money{*policies.approvalThreshold, tenant.currency});
  if (!policies.returnsText.empty()) json["returns"] = policies.returnsText;
  if (!policies.termsUrl.empty()) json["termsUrl"] = policies.termsUrl;
  return json;
}

Result<Json> federationTenantInfo(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  return Json{{"id", tenant->id.value},
              {"name", tenant->name},
              {"description", tenant->description},
              {"currency", tenant->currency.code},
              {"status", statusOf(*tenant)},
              {"testMode", !tenant->stripe.livemode},
              {"shippingCountries", tenant->shippingCountries},
              {"shippingServices", shippingServicesOf(*tenant)},
              {"paymentMethods", tenant->stripe.paymentMethodTypes},
              {"policies", policiesOf(*tenant)},
              {"support", supportOf(*tenant)},
              {"promotionCodes", promotionCodesAt(*tenant)},
              {"notOffered", notOfferedBy(*tenant)},
              {"tellTheCustomer", adviceFor(*tenant)}};
}

}  // namespace

std::unique_ptr<Tool> makeFederationTenantInfo(const ToolServices& services) {
  return makeTool("federation_tenant_info", services, federationTenantInfo);
}

}  // namespace checkout::tools
