#include "stripe/form_encoding.hpp"

namespace checkout::stripe {
namespace {

bool isUnreserved(unsigned char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string percentEncode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const unsigned char c : text) {
    if (isUnreserved(c)) {
      encoded += static_cast<char>(c);
    } else {
      encoded += '%';
      encoded += kDigits[c >> 4];
      encoded += kDigits[c & 15];
    }
  }
  return encoded;
}

Form& Form::add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += '&';
  text_.append(name).append(1, '=').append(percentEncode(value));
  return *this;
}

Form& Form::addUnlessEmpty(std::string_view name, std::string_view value) {
  return value.empty() ? *this : add(name, value);
}

Form& Form::addJson(const std::string& name, const Json& value) {
  if (value.is_object()) {
    for (const auto& [member, inner] : value.items())
      addJson(name + "[" + percentEncode(member) + "]", inner);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) addJson(name + "[" + std::to_string(i) + "]", value[i]);
  } else if (value.is_string()) {
    add(name, value.get_ref<const std::string&>());
  } else {
    add(name, value.is_null() ? std::string() : value.dump());
  }
  return *this;
}

}  // namespace checkout::stripe
