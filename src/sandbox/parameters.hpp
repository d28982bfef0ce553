// Request parameters: bracketed form fields checked against a table and turned into a typed tree.
#pragma once

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
  Currency,     // lower-cased
  Metadata,     // a flat object of strings within Stripe's limits
  Anything,     // a whole subtree of text, taken as it comes
  Unsupported,  // Stripe knows it, the simulator does not
};

// `path` writes list positions as "[]": "line_items[][price_data][currency]".
struct Parameter {
  std::string_view path;
  ParameterKind kind = ParameterKind::Text;
  std::string_view choices = {};
};
using ParameterTable = std::span<const Parameter>;

// Refuses what no table lists, as Stripe does. `expand` is welcome everywhere; `paged` adds limit,
// starting_after and ending_before.
Result<Json> readParameters(const Form& form, ParameterTable table, bool paged);

// The member as text, or parameter_missing.
Result<std::string> requireText(const Json& parameters, std::string_view name);
Result<std::int64_t> requireInteger(const Json& parameters, std::string_view name);

// null where the member is absent.
Json memberOrNull(const Json& parameters, std::string_view name);
// The member if it is an object, else {}.
Json objectOr(const Json& object, std::string_view name);
std::string textOr(const Json& object, std::string_view name, std::string fallback);

}  // namespace checkout::sandbox
