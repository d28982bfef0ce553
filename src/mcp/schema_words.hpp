// Short phrases for schemas and values, as they appear in violations.
#pragma once

#include <string>

#include <checkout/json.hpp>

namespace checkout::mcp {

// "a string of at most 64 characters", "one of "a", "b"".
std::string describeSchema(const Json& schema);
// "0", "\"abc\"", "an object". Cut when long; anything that could be a card number is left out.
std::string describeValue(const Json& value);
// A key or name for use in a message: cut when long, and never a card number.
std::string describeName(const std::string& name);

std::size_t characterCount(const std::string& utf8);

}  // namespace checkout::mcp
