// Values of the Mcp-Name and Mcp-Param-* headers, which may be wrapped as =?base64?…?=.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <checkout/json.hpp>

namespace checkout::mcp {

// The value meant; nullopt if it has characters that a header must not have, or the base64 is malformed.
std::optional<std::string> decodeHeaderValue(std::string_view header);

// Whether a decoded header says the same as a string, integer or boolean of the body.
bool headerEquals(std::string_view decoded, const Json& bodyValue);

}  // namespace checkout::mcp
