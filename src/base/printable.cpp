#include "base/printable.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace checkout {
namespace {

// U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: what follows would be shown in another order.
bool turnsDirection(std::string_view sign) {
  if (sign == "\xD8\x9C") return true;
  if (sign.size() != 3 || sign[0] != '\xE2') return false;
  const auto second = static_cast<unsigned char>(sign[1]), third = static_cast<unsigned char>(sign[2]);
  if (second == 0x80) return third == 0x8E || third == 0x8F || (third >= 0xAA && third <= 0xAE);
  return second == 0x81 && third >= 0xA6 && third <= 0xA9;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = utf8SequenceLength(text);
    const std::string_view sign = text.substr(0, std::max<std::size_t>(length, 1));
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sign[i]); };
    const bool isControl = length == 0 || byte(0) < 0x20 || byte(0) == 0x7F ||
                           (byte(0) == 0xC2 && byte(1) < 0xA0) ||  // C1: some terminals obey them
                           turnsDirection(sign);
    clean.append(isControl ? std::string_view("?") : sign);
    text.remove_prefix(sign.size());
  }
  return clean;
}

}  // namespace checkout
