// What a configuration may say, and hardly means.
#pragma once

#include <vector>

#include "app/config.hpp"

namespace checkout::app {

std::vector<ConfigProblem> warningsOf(const Node& root, const Config& config);

}  // namespace checkout::app
