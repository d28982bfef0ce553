#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> federationCatalogVersion(const ToolServices& services, const Arguments& arguments,
                                      CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  return Json{{"catalog_version", tenant->catalog->version()}};
}

}  // namespace

std::unique_ptr<Tool> makeFederationCatalogVersion(const ToolServices& services) {
  return makeTool("federation_catalog_version", services, federationCatalogVersion);
}

}  // namespace checkout::tools
