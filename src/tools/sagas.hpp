// Checkouts as tool results.
#pragma once

#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

// The view of a checkout that the service returned, or the service's error.
Result<Json> sagaResult(Result<Saga> saga);

}  // namespace checkout::tools
