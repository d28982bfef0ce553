// Arguments that no tool has, but that agents make up since other shops have them.
#pragma once

#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

// ValidationFailed if a member of `arguments` that `schema` doesn't know can only be meant for a promotion
// code or for gift wrapping; the message says what the shop does instead. The value is not repeated.
Result<void> refuseUnsupported(const Json& arguments, const Json& schema, const ToolServices& services);

}  // namespace checkout::tools
