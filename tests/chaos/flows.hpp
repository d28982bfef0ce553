// What customers do. Each flow can be played again from its beginning, with the same identity, after a crash
// cut it short: it goes on from wherever the checkout stands, as an agent does.
#pragma once

#include <vector>

#include "chaos/shopper.hpp"

namespace checkout::chaos {

struct Flow {
  const char* name;
  int weight;       // how often, among all; 0: not by chance
  bool needsDebit;  // only where SEPA is taken
  void (*play)(Shopper&);
};

const std::vector<Flow>& flows();
const Flow& flow(const std::string& name);

// Comes back to a checkout whose time ran out.
void retryAfterExpiry(Shopper& shopper);

}  // namespace checkout::chaos
