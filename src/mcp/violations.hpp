// Says in words what is wrong with arguments that break a JSON Schema, so that a model can repair its call.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <checkout/error.hpp>

namespace checkout::mcp {

struct Violation {
  std::string pointer;   // RFC 6901, into the arguments; for a missing one: where it belongs
  std::string expected;  // "an integer from 1 to 99"
  std::string found;     // "0"
};

// std::regex recurses for every character and would overflow the stack on long strings: beyond this many
// bytes a string counts as not matching any pattern.
inline constexpr std::size_t kLongestForPattern = 1024;

// Every place where `value` breaks `schema` (draft-07; references only within the schema itself). May stay
// empty for keywords that no words were found for.
std::vector<Violation> findViolations(const Json& schema, const Json& value);

// VALIDATION_FAILED with all of them under details.violations.
Error validationError(const std::vector<Violation>& violations);

}  // namespace checkout::mcp
