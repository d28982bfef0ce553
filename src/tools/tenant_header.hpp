// The tenant as a header of HTTP requests, for load balancers that route by it.
#pragma once

#include <string>
#include <string_view>

namespace checkout::tools {

// The descriptor of a tool whose clients repeat the tenant_id as the header Mcp-Param-Tenant (x-mcp-header,
// MCP 2026-07-28, streamable HTTP). One without a tenant_id stays as it is but for its layout.
std::string withTenantHeader(std::string_view descriptor);

}  // namespace checkout::tools
