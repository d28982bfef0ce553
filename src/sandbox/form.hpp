// application/x-www-form-urlencoded, as query strings and request bodies carry it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace checkout::sandbox {

using Form = std::vector<std::pair<std::string, std::string>>;  // decoded, in the order sent

Form parseForm(std::string_view text);
std::optional<std::string> fieldOf(const Form& form, std::string_view name);  // the first of that name
std::string percentEncode(std::string_view text);  // everything but RFC 3986's unreserved characters

}  // namespace checkout::sandbox
