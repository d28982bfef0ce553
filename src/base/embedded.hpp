// Files of schemas/ that the build put into the binary (cmake/CheckoutEmbed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace checkout {

struct EmbeddedFile {
  std::string_view name;  // without ".json"
  std::string_view text;  // static storage, byte for byte
};

namespace embedded {
std::span<const EmbeddedFile> toolSchemas();  // schemas/tools/*.json, in checkout_tools
std::span<const EmbeddedFile> configFiles();  // schemas/*.json, in checkout_app
}  // namespace embedded

}  // namespace checkout
