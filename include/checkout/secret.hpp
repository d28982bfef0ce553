// A string that cannot be printed: no stream operator, no formatter, no JSON conversion.
#pragma once

#include <string>
#include <utility>

namespace checkout {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  // The only way out. Call it where the secret goes on the wire or into a MAC, and nowhere else.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool startsWith(const std::string& prefix) const { return value_.rfind(prefix, 0) == 0; }

 private:
  std::string value_;
};

}  // namespace checkout
