// Between columns and the vocabulary's types; shared by the repositories.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <checkout/clock.hpp>
#include <checkout/json.hpp>

#include "store/sql/session.hpp"

namespace checkout::store::sql {

inline Error corrupt(std::string_view what, std::string_view value) {
  return {ErrorCode::Internal,
          "The store holds an unreadable " + std::string(what) + ": " + std::string(value)};
}

inline std::string textOf(const Row& row, int column) {
  return std::string(row.text(column));
}
inline TimePoint timeOf(const Row& row, int column) {
  return fromUnixMillis(row.integer(column));
}

// An enum by its stored name; `parse` is its ...FromString.
template <class Parse>
auto enumOf(const Row& row, int column, std::string_view what, Parse parse)
    -> Result<typename decltype(parse(std::string_view{}))::value_type> {
  auto value = parse(row.text(column));
  if (!value) return corrupt(what, row.text(column));
  return *value;
}

inline Result<Json> documentOf(const Row& row, int column) {
  Json document = Json::parse(row.text(column), nullptr, false);
  if (document.is_discarded()) return corrupt("document", "it is not JSON");
  return document;
}

}  // namespace checkout::store::sql
