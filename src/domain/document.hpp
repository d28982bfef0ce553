// Reading stored documents: a small layer that turns a missing or mistyped member into an exception, which
// the codec's public functions turn into an Error. Private to src/domain's codecs.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include <checkout/clock.hpp>
#include <checkout/saga.hpp>

namespace checkout::document {

struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
T read(const Json& json, const char* member) {
  const auto at = json.find(member);
  if (at == json.end()) throw Unreadable(std::string("member missing: ") + member);
  try {
    return at->template get<T>();
  } catch (const nlohmann::json::exception&) {
    throw Unreadable(std::string("member of the wrong type: ") + member);
  }
}

template <class T>
std::optional<T> readOptional(const Json& json, const char* member) {
  const auto at = json.find(member);
  if (at == json.end() || at->is_null()) return std::nullopt;
  return read<T>(json, member);
}

inline const Json& child(const Json& json, const char* member) {
  const auto at = json.find(member);
  if (at == json.end()) throw Unreadable(std::string("member missing: ") + member);
  return *at;
}

inline const Json* optionalChild(const Json& json, const char* member) {
  const auto at = json.find(member);
  return at == json.end() || at->is_null() ? nullptr : &*at;
}

template <class Enum>
Enum readEnum(const Json& json, const char* member, std::optional<Enum> (*parse)(std::string_view)) {
  const auto value = parse(read<std::string>(json, member));
  if (!value) throw Unreadable(std::string("unknown name in ") + member);
  return *value;
}

inline TimePoint readTime(const Json& json, const char* member) {
  return fromUnixMillis(read<std::int64_t>(json, member));
}
inline std::optional<TimePoint> readOptionalTime(const Json& json, const char* member) {
  const auto millis = readOptional<std::int64_t>(json, member);
  return millis ? std::optional(fromUnixMillis(*millis)) : std::nullopt;
}

// Parts that sagas and orders share.
Json write(const Money& money);
Money readMoney(const Json& json);
Json write(const LineItem& item);
LineItem readLineItem(const Json& json);
Json write(const Totals& totals);
Totals readTotals(const Json& json);
Json write(const ShippingSelection& shipping);
ShippingSelection readShipping(const Json& json);
Address readAddress(const Json& json);

}  // namespace checkout::document
