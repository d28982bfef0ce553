#include "mcp/header_value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace checkout::mcp {
namespace {

constexpr std::string_view kPrefix = "=?base64?";
constexpr std::string_view kSuffix = "?=";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool isHeaderText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; });
}

// RFC 4648 section 4, padding required, no bits left over.
std::optional<std::string> decodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    buffer = (buffer << 6 | static_cast<unsigned>(digit)) & 0xFFFF;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(buffer >> bits & 0xFF);
    }
  }
  if ((buffer & ((1u << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::optional<double> toNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::string> decodeHeaderValue(std::string_view header) {
  if (!isHeaderText(header)) return std::nullopt;
  if (header.size() < kPrefix.size() + kSuffix.size() || !header.starts_with(kPrefix) ||
      !header.ends_with(kSuffix))
    return std::string(header);
  header.remove_prefix(kPrefix.size());
  header.remove_suffix(kSuffix.size());
  return decodeBase64(header);
}

bool headerEquals(std::string_view decoded, const Json& bodyValue) {
  if (bodyValue.is_string()) return decoded == bodyValue.get_ref<const std::string&>();
  if (bodyValue.is_boolean()) return decoded == (bodyValue.get<bool>() ? "true" : "false");
  if (!bodyValue.is_number()) return false;
  // As text first: integers beyond 2^53 do not survive the way through a double.
  if (decoded == bodyValue.dump()) return true;
  const auto number = toNumber(decoded);
  return number && std::fabs(*number) < 9007199254740992.0 && *number == bodyValue.get<double>();
}

}  // namespace checkout::mcp
