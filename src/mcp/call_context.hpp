// What a tool or prompt gets to know of the request that runs it.
#pragma once

#include "mcp/request.hpp"

namespace checkout::mcp {

// Reports into the request's sink as its params._meta asks. Outlives neither the request's sink nor its call.
CallContext callContext(const Request& request);

}  // namespace checkout::mcp
