// Makes a Tool of a function, and applies what holds before every tool.
#pragma once

#include <memory>
#include <string_view>

#include <checkout/tool.hpp>

#include "tools/arguments.hpp"
#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

// Called from many threads at once.
using ToolFunction = Result<Json> (*)(const ToolServices&, const Arguments&, CallContext&);
// For one that may ask the client something before it has a result.
using AskingToolFunction = Result<ToolOutcome> (*)(const ToolServices&, const Arguments&, CallContext&);

// How the arguments are read: as what they obviously mean (leniency.hpp; tenant_id may be missing where there
// is one shop), or as they are, since they are handed on.
enum class Reading { Lenient, Literal };

// `name` must have static storage. Before `run` is reached, the tool refuses card numbers
// (CardNumberRejected) and credentials (Unauthenticated: no login is configured, and ignoring one would
// pretend that it counted).
std::unique_ptr<Tool> makeTool(std::string_view name, const ToolServices& services, ToolFunction run,
                               Reading reading = Reading::Lenient);
std::unique_ptr<Tool> makeTool(std::string_view name, const ToolServices& services, AskingToolFunction run);

}  // namespace checkout::tools
