#include "tools/tenant_header.hpp"

#include <checkout/json.hpp>

namespace checkout::tools {

std::string withTenantHeader(std::string_view descriptor) {
  Json json = Json::parse(descriptor);
  Json& properties = json["inputSchema"]["properties"];
  if (properties.contains("tenant_id")) properties["tenant_id"]["x-mcp-header"] = "Tenant";
  return json.dump();
}

}  // namespace checkout::tools
