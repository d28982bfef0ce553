// Judges JSON by a schema. The only place that knows valijson.
#pragma once

#include <memory>
#include <vector>

#include "mcp/violations.hpp"

namespace checkout::mcp {

// Immutable; used from many threads at once.
class SchemaValidator {
 public:
  // Compiles a draft-07 schema. Throws std::invalid_argument if it is none; references that leave the schema
  // are refused, so nothing is ever fetched.
  explicit SchemaValidator(Json schema);
  ~SchemaValidator();
  SchemaValidator(SchemaValidator&&) noexcept;
  SchemaValidator& operator=(SchemaValidator&&) noexcept;

  // Empty: `value` conforms. Bound the value's size first (base/json_gate.hpp): patterns recurse per
  // character.
  std::vector<Violation> violations(const Json& value) const;

 private:
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace checkout::mcp
