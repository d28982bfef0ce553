// Reading members of Stripe's objects, where a missing member, null and an unexpected type all mean "not
// there".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <checkout/json.hpp>

namespace checkout::stripe {

inline const Json& member(const Json& object, std::string_view name) {
  static const Json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

inline std::optional<std::string> stringAt(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

inline std::optional<std::int64_t> integerAt(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  if (!value.is_number_integer()) return std::nullopt;
  return value.get<std::int64_t>();
}

inline std::optional<bool> booleanAt(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  if (!value.is_boolean()) return std::nullopt;
  return value.get<bool>();
}

// A reference to another object: its id, or the object itself where it was expanded.
inline std::optional<std::string> referenceAt(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  return value.is_object() ? stringAt(value, "id") : stringAt(object, name);
}

}  // namespace checkout::stripe
