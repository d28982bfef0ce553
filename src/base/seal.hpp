// Text that only we can write and read, although others carry it: AES-256-GCM, as URL-safe base64.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <checkout/secret.hpp>

namespace checkout {

inline constexpr std::size_t kSealKeyBytes = 32;

Secret newSealKey();  // random

// `boundTo` is not part of the result: opening needs the very same. A key is good for 2^32 seals.
std::string seal(const Secret& key, std::string_view boundTo, std::string_view text);
// nullopt: not sealed with this key and `boundTo`, or changed since.
std::optional<std::string> unseal(const Secret& key, std::string_view boundTo, std::string_view sealed);

}  // namespace checkout
