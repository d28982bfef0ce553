// What a client can be asked for, as its capabilities say it.
#pragma once

#include <optional>
#include <string_view>

#include <checkout/client_input.hpp>

#include "mcp/envelope.hpp"
#include "mcp/revision.hpp"

namespace checkout::mcp {

// `capabilities` is an object; members of unexpected types count as absent.
ClientFeatures featuresOf(const Json& capabilities, Revision revision);

// nullopt: the client can do all of it. Otherwise what it would have to declare.
std::optional<RpcError> missingFeatures(const InputNeeded& needed, const ClientFeatures& client,
                                        Revision revision);

}  // namespace checkout::mcp
