// Reads one tenant of the configuration and checks what no schema can say about it.
#pragma once

#include <vector>

#include <checkout/tenant.hpp>

#include "app/config/document.hpp"
#include "app/config/environment.hpp"

namespace checkout::app {

// Reads as much as is there; the value is only fit for use if no problem was added. A sandbox tenant's
// stripe.apiBase stays empty until the simulator has an address; its key and webhook secret are made here.
Tenant readTenant(const Node& node, const Environment& environment, std::vector<ConfigProblem>& problems);

}  // namespace checkout::app
