// Base64 (RFC 4648), with padding, or its URL-safe alphabet without.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace checkout {

std::string toBase64(std::string_view bytes);
std::string toBase64Url(std::string_view bytes);
// nullopt for any text that its counterpart does not make: each value has one text.
std::optional<std::string> fromBase64(std::string_view text);
std::optional<std::string> fromBase64Url(std::string_view text);

}  // namespace checkout
