// Suggestions for arguments that name shops and products.
#pragma once

#include <checkout/completion.hpp>

#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

// Shops whose id begins with `typed`, whatever the case.
Completions suggestTenants(const ToolServices& services, std::string_view typed);
// Products of a shop whose id begins with `typed`. Without a tenant: of the only shop; if there are more,
// none.
Completions suggestProducts(const ToolServices& services, const std::string& tenant, std::string_view typed);

}  // namespace checkout::tools
