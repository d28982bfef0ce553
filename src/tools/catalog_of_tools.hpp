// The one visible list of tools (catalog_of_tools.cpp), in the order in which tools/list shows them.
#pragma once

#include <vector>

#include <checkout/saga_changes.hpp>
#include <checkout/store.hpp>
#include <checkout/tenant.hpp>
#include <checkout/tool.hpp>

#include "saga/checkout_service.hpp"

namespace checkout::tools {

// What tools work with. Everything outlives them.
struct ToolServices {
  Store& store;
  const TenantDirectory& tenants;
  saga::CheckoutService& checkouts;
  SagaChangeFeed& changes;
  const Clock& clock;
};

// Whether HTTP clients of modern revisions have to repeat the tenant_id in a header, for load balancers.
enum class TenantHeader { None, Mirrored };

std::vector<RegisteredTool> allTools(const ToolServices& services, TenantHeader header = TenantHeader::None);

}  // namespace checkout::tools
