// Hashes and comparisons over OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include <checkout/secret.hpp>

namespace checkout {

std::string sha256Hex(std::string_view data);
std::string hmacSha256Hex(const Secret& key, std::string_view data);
bool constantTimeEquals(std::string_view a, std::string_view b);

}  // namespace checkout
