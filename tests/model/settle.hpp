// What becomes of a world that is left alone, and of an agent that does literally what it is told.
#pragma once

#include "model/world.hpp"

namespace checkout::model {

struct Ending {
  std::vector<Violation> violations;
  std::vector<Action> actions;  // that led there; empty unless asked for
};

// Faults stop, events get delivered, timers run for two days: then everything has to be in order.
Ending settle(const Stage& stage, World world);

// The agent follows the advice it has until there is none: within 12 calls, and without buying twice.
Ending obey(const Stage& stage, World world);

// The agent repeats the call that was refused, literally, whatever it is told: that ends, or it is told to do
// something else, and nothing is bought twice by it. Empty where nothing was refused.
Ending persist(const Stage& stage, World world);

}  // namespace checkout::model
