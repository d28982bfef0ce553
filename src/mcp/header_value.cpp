#include "mcp/header_value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/base64.hpp"

namespace checkout::mcp {
namespace {

constexpr std::string_view kPrefix = "=?base64?";
constexpr std::string_view kSuffix = "?=";

bool isHeaderText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; });
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
  return fromBase64(header);
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
