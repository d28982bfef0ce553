// Typed access to the arguments of a call. The protocol engine has checked them against the tool's
// inputSchema, so a mismatch here means that schema and code disagree; function_tool.cpp turns it into
// ValidationFailed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <checkout/ids.hpp>
#include <checkout/json.hpp>
#include <checkout/saga.hpp>

namespace checkout::tools {

// An argument is missing or has another type than the tool reads.
struct ArgumentMismatch {
  std::string name, expected;
};

// Refers to the JSON it was made of. Every method throws ArgumentMismatch, and nothing else does.
class Arguments {
 public:
  explicit Arguments(const Json& object) : object_(object) {}

  bool has(const char* name) const;
  const Json& all() const { return object_; }

  std::string text(const char* name) const;
  std::int64_t integer(const char* name) const;
  template <class SomeId>
  SomeId id(const char* name) const {
    return SomeId{text(name)};
  }

  std::optional<std::string> optionalText(const char* name) const;
  std::optional<std::int64_t> optionalInteger(const char* name) const;
  int limit() const;                    // entries of a page: "limit", 20 unless given
  Money money(const char* name) const;  // the currency in lower case
  std::optional<Money> optionalMoney(const char* name) const;
  std::optional<Address> optionalAddress(const char* name) const;

 private:
  const Json& at(const char* name, const char* expected) const;

  const Json& object_;
};

}  // namespace checkout::tools
