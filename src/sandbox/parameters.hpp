// Request parameters: bracketed form fields checked against a table and turned into a typed tree.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <string_view>

#include <checkout/json.hpp>
#include <checkout/result.hpp>

#include "sandbox/form.hpp"

namespace checkout::sandbox {

enum class ParameterKind {
  Text,
  Integer,
  Boolean,
  Choice,  // one of `choices`, separated by '|'
  Url,     // http or https
  Email,
  Currency,        // lower-cased
  Percent,         // above 0, at most 100
  Metadata,        // a flat object of strings within Stripe's limits
  MetadataChange,  // the same; an empty value unsets its key, an empty string unsets all
  Anything,        // a whole subtree of text, taken as it comes
  Unsupported,     // Stripe knows it, the simulator does not
};

// `path` writes list positions as "[]": "line_items[][price_data][currency]".
struct Parameter {
  std::string_view path;
  ParameterKind kind = ParameterKind::Text;
  std::string_view choices = {};
};
using ParameterTable = std::span<const Parameter>;

// Two tables as one, where routes share a part of theirs.
template <std::size_t A, std::size_t B>
constexpr std::array<Parameter, A + B> joined(std::span<const Parameter, A> first,
                                              std::span<const Parameter, B> second) {
  std::array<Parameter, A + B> all;
  std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), all.begin()));
  return all;
}
constexpr auto joined(const auto& first, const auto& second) {
  return joined(std::span(first), std::span(second));
}

// Refuses what no table lists, as Stripe does. `expand` is welcome everywhere; `paged` adds limit,
// starting_after and ending_before.
Result<Json> readParameters(const Form& form, ParameterTable table, bool paged);

// The member as text, or parameter_missing.
Result<std::string> requireText(const Json& parameters, std::string_view name);
Result<std::int64_t> requireInteger(const Json& parameters, std::string_view name);

// Takes over what `parameters` say of metadata (of the kind MetadataChange).
Result<void> changeMetadata(Json& object, const Json& parameters);
// Takes over those members that `parameters` have.
void changeMembers(Json& object, const Json& parameters, std::initializer_list<const char*> names);
// Members of `given`, with null for all that it leaves out; `given` may be anything.
Json pick(const Json& given, std::initializer_list<const char*> names);
// city, country, line1 … of a postal address.
Json addressObject(const Json& given);

// null where the member is absent.
Json memberOrNull(const Json& parameters, std::string_view name);
// The member if it is an object, else {}.
Json objectOr(const Json& object, std::string_view name);
std::string textOr(const Json& object, std::string_view name, std::string fallback);

}  // namespace checkout::sandbox
