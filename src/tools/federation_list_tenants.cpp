#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> federationListTenants(const ToolServices& services, const Arguments&, CallContext&) {
  Json tenants = Json::array();
  for (const Tenant* tenant : services.tenants.all())
    tenants.push_back({{"id", tenant->id.value},
                       {"name", tenant->name},
                       {"currency", tenant->currency.code},
                       {"countries", tenant->shippingCountries},
                       {"status", statusOf(*tenant)}});
  return Json{{"tenants", std::move(tenants)}};
}

}  // namespace

std::unique_ptr<Tool> makeFederationListTenants(const ToolServices& services) {
  return makeTool("federation_list_tenants", services, federationListTenants);
}

}  // namespace checkout::tools
