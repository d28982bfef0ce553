// Which shop a call is for.
#pragma once

#include "tools/arguments.hpp"
#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

// The shop named by tenant_id; TenantNotFound (details.tenants: the ids there are). Never null.
Result<const Tenant*> tenantOf(const ToolServices& services, const Arguments& arguments);

// The same for calls that sell something: Forbidden if the shop is inactive.
Result<const Tenant*> sellingTenantOf(const ToolServices& services, const Arguments& arguments);

// The shop of a call that names none: the only one there is, or ValidationFailed (details.tenants).
Result<const Tenant*> onlyTenantOf(const ToolServices& services);

// The same for calls whose tenant_id is optional: without one, the only shop, or ValidationFailed if there
// are more.
Result<const Tenant*> onlySellingTenantOf(const ToolServices& services, const Arguments& arguments);

std::string_view statusOf(const Tenant& tenant);  // "active", "inactive"

}  // namespace checkout::tools
