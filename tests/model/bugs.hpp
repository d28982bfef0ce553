// Mistakes that the checkout once made, put back one at a time: the search has to find each by itself.
#pragma once

#include <string>
#include <vector>

#include "model/search.hpp"

namespace checkout::model {

struct Bug {
  std::string name;       // "partial-refund-aborts"
  std::string what;       // in a sentence
  Scope scope;            // where it can show
  std::string invariant;  // the number of the one that it breaks
  void (*seed)(Stage&);
};
std::vector<Bug> bugs();

}  // namespace checkout::model
