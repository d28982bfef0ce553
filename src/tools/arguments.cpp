#include "tools/arguments.hpp"

#include <cctype>
#include <cmath>

namespace checkout::tools {

bool Arguments::has(const char* name) const {
  return object_.contains(name);
}

const Json& Arguments::at(const char* name, const char* expected) const {
  const auto found = object_.find(name);
  if (found == object_.end()) throw ArgumentMismatch{name, expected};
  return *found;
}

std::string Arguments::text(const char* name) const {
  const Json& value = at(name, "a string");
  if (!value.is_string()) throw ArgumentMismatch{name, "a string"};
  return value.get<std::string>();
}

std::int64_t Arguments::integer(const char* name) const {
  const Json& value = at(name, "an integer");
  if (value.is_number_integer()) return value.get<std::int64_t>();
  // JSON Schema counts 2.0 as an integer.
  constexpr double kExact = 9007199254740992.0;
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::trunc(number) == number && std::abs(number) < kExact) return static_cast<std::int64_t>(number);
  }
  throw ArgumentMismatch{name, "an integer"};
}

std::optional<std::string> Arguments::optionalText(const char* name) const {
  if (!has(name)) return std::nullopt;
  return text(name);
}

std::optional<std::int64_t> Arguments::optionalInteger(const char* name) const {
  if (!has(name)) return std::nullopt;
  return integer(name);
}

int Arguments::limit() const {
  return static_cast<int>(optionalInteger("limit").value_or(20));
}

Money Arguments::money(const char* name) const {
  const Json& value = at(name, "an object");
  if (!value.is_object()) throw ArgumentMismatch{name, "an object"};
  const Arguments members(value);
  std::string currency = members.text("currency");
  for (char& letter : currency) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return {members.integer("amount"), Currency{std::move(currency)}};
}

std::optional<Money> Arguments::optionalMoney(const char* name) const {
  if (!has(name)) return std::nullopt;
  return money(name);
}

std::optional<Address> Arguments::optionalAddress(const char* name) const {
  if (!has(name)) return std::nullopt;
  const Json& value = at(name, "an object");
  if (!value.is_object()) throw ArgumentMismatch{name, "an object"};
  const Arguments members(value);
  // An Address marks a part that was not given by an empty string; whether it may be missing depends on the
  // cart.
  const auto part = [&](const char* member) { return members.optionalText(member).value_or(""); };
  return Address{part("name"),  part("line1"),      part("line2"),   part("city"),
                 part("state"), part("postalCode"), part("country"), part("phone")};
}

}  // namespace checkout::tools
