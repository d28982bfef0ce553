// What has to hold, by the numbers of the design. Each is a small function with its name.
#pragma once

#include "model/world.hpp"

namespace checkout::model {

// After every action: `before` is the world that it was done in.
std::optional<Violation> checkStep(const Stage& stage, const World& before, const Action& action,
                                   const Happened& happened, const World& after);
// When the dust has settled: no more faults, all events delivered, two days gone by.
std::vector<Violation> checkEnd(const World& world);

}  // namespace checkout::model
