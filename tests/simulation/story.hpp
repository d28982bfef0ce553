// One story of the simulation: customers who shop, pay, hesitate, cancel and come back, while workers die.
#pragma once

#include <string>

#include "chaos/checker.hpp"

namespace checkout::simulation {

struct Story {
  std::uint64_t seed = 1;
  std::string bug;  // of bugs(); empty: none
  int acts = 220;   // how many things happen
};

// Plays it to the end and judges what is left.
chaos::Verdict play(const Story& story);

}  // namespace checkout::simulation
