// Addresses with names in braces: the simple expansion of RFC 6570, read backwards.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/completion.hpp>

namespace checkout::mcp {

class UriTemplate {
 public:
  // Aborts for a template that is none: they are written by us.
  explicit UriTemplate(std::string text);

  const std::string& text() const { return text_; }
  bool isPlain() const { return names_.empty(); }
  const std::vector<std::string>& names() const { return names_; }
  // The values of the names in `uri`, percent-decoded. nullopt: it doesn't fit. A value has one or more
  // characters and no '/'.
  std::optional<NamedValues> match(std::string_view uri) const;
  // The address with these values, whatever has to be percent-encoded: the one spelling under which all the
  // addresses of a resource are the same. Aborts if a name is missing.
  std::string expand(const NamedValues& values) const;

 private:
  std::string text_;
  std::vector<std::string> literals_;  // before, between and behind the names
  std::vector<std::string> names_;
};

}  // namespace checkout::mcp
