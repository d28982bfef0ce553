// The command demo: two whole checkouts, as an MCP client of two copies of this program.
#pragma once

#include "app/cli.hpp"
#include "app/stop_signal.hpp"

namespace checkout::app::demo {

// 0 if both orders were completed; 1, with the step that failed, otherwise. Leaves no process and no file.
int play(const Options& options, const StopSignal& stop);

}  // namespace checkout::app::demo
