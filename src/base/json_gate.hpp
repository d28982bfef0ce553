// The gate in front of the JSON parser. nlohmann and valijson recurse and allocate without bound, so
// untrusted text is measured first and becomes a Json only if it is small, flat and unambiguous.
#pragma once

#include <cstddef>
#include <string_view>

#include <checkout/result.hpp>

namespace checkout {

struct JsonLimits {
  std::size_t maxBytes = 256 * 1024;
  std::size_t maxDepth = 32;
  std::size_t maxNodes = 10'000;     // values, keys not counted
  std::size_t maxString = 8 * 1024;  // bytes of one decoded string or key
  std::size_t maxMembers = 1'000;    // of one object
};

// Parses text that came from outside. ValidationFailed (details: offset, and what was expected) for anything
// that is no JSON (RFC 8259), has duplicate keys, invalid UTF-8, a lone surrogate, an integer outside
// int64, or breaks a limit. Never throws; stack use is bounded by maxDepth.
Result<Json> parseUntrustedJson(std::string_view text, const JsonLimits& limits = {});

}  // namespace checkout
