// The operators' commands: saga show, list, retry, refund and resolve; stock list, set and adjust.
#pragma once

#include "app/cli.hpp"

namespace checkout::app::operate {

// Prints what was asked for, or what was done. The exit code: 0, 1 (failed, or a broken history) or 2.
int run(const Options& options, const Environment& environment);

int runStock(const Options& options);  // needs no configuration

}  // namespace checkout::app::operate
