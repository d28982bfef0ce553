// application/x-www-form-urlencoded with nested names, as Stripe reads it: line_items[0][quantity]=2.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <checkout/json.hpp>

namespace checkout::stripe {

// Everything but RFC 3986's unreserved characters becomes %XX. Also fit for one segment of a path.
std::string percentEncode(std::string_view text);

// Collects fields in the order they are added; the same calls give the same bytes.
class Form {
 public:
  // `name` is written as it is: brackets in it are structure.
  Form& add(std::string_view name, std::string_view value);
  Form& add(std::string_view name, std::integral auto value) {
    return add(name, std::string_view(std::to_string(value)));
  }
  Form& addUnlessEmpty(std::string_view name, std::string_view value);
  // Objects and arrays unfold into bracketed names, null into an empty value (Stripe's way to unset).
  // Empty objects and arrays leave nothing. Recurses as deep as `value` does.
  Form& addJson(const std::string& name, const Json& value);

  std::string encoded() && { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace checkout::stripe
