// The command check-config.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "app/config.hpp"

namespace checkout::app {

// Prints every problem of the file, or a summary where there is none. Returns the exit code: 0 or 2.
int checkConfig(const std::filesystem::path& file, const Environment& environment, std::ostream& out);

// One line a problem, then their number.
void printProblems(const std::vector<ConfigProblem>& problems, std::ostream& out);

}  // namespace checkout::app
