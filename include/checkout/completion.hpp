// Suggestions while somebody types an argument of a prompt or of a resource's address.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/result.hpp>

namespace checkout {

using NamedValues = std::map<std::string, std::string, std::less<>>;

struct Completions {
  std::vector<std::string> values;  // best first; the engine sends 100 at most
  std::size_t total = 0;            // how many there are
};

struct CompletionQuery {
  std::string argument;
  std::string typed;     // what is there so far; may be empty
  NamedValues resolved;  // arguments that are filled in already
};

}  // namespace checkout
