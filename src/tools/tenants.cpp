#include "tools/tenants.hpp"

namespace checkout::tools {
namespace {

constexpr std::size_t kMostNamed = 50;  // federation_list_tenants has them all

Json idsOf(const std::vector<const Tenant*>& tenants) {
  Json ids = Json::array();
  for (const Tenant* tenant : tenants) {
    if (ids.size() == kMostNamed) break;
    ids.push_back(tenant->id.value);
  }
  return ids;
}

Result<const Tenant*> selling(const Tenant* tenant) {
  if (tenant->active) return tenant;
  return Error(
      ErrorCode::Forbidden,
      "Shop \"" + tenant->id.value +
          "\" is inactive: its catalogue can be read, but it takes no orders now. Choose an active shop from "
          "federation_list_tenants.",
      {{"tenantId", tenant->id.value}, {"reason", "tenant_inactive"}});
}

}  // namespace

Result<const Tenant*> tenantOf(const ToolServices& services, const Arguments& arguments) {
  const auto id = arguments.id<TenantId>("tenant_id");
  if (const Tenant* tenant = services.tenants.find(id)) return tenant;
  return Error(ErrorCode::TenantNotFound,
               "No shop \"" + id.value + "\" is served here. Use an id from federation_list_tenants.",
               {{"tenants", idsOf(services.tenants.all())}});
}

Result<const Tenant*> sellingTenantOf(const ToolServices& services, const Arguments& arguments) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  return selling(tenant);
}

Result<const Tenant*> onlyTenantOf(const ToolServices& services) {
  const std::vector<const Tenant*> tenants = services.tenants.all();
  if (tenants.size() == 1) return tenants.front();
  const Json ids = idsOf(tenants);
  std::string named;
  for (const Json& id : ids) named.append(named.empty() ? "" : ", ").append(id.get<std::string>());
  return Error(ErrorCode::ValidationFailed,
               "tenant_id, the shop to act in, is missing, and this server has " +
                   std::to_string(tenants.size()) + ": " + named + ". Repeat the call with one of them.",
               {{"argument", "tenant_id"}, {"tenants", ids}});
}

Result<const Tenant*> onlySellingTenantOf(const ToolServices& services, const Arguments& arguments) {
  if (arguments.has("tenant_id")) return sellingTenantOf(services, arguments);
  CHECKOUT_ASSIGN(only, onlyTenantOf(services));
  return selling(only);
}

std::string_view statusOf(const Tenant& tenant) {
  return tenant.active ? "active" : "inactive";
}

}  // namespace checkout::tools
