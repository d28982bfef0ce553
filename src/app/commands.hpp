// The commands of the command line. Each returns the exit code: 0, 1 (something failed) or 2 (bad config).
#pragma once

#include <checkout/error.hpp>

#include "app/cli.hpp"
#include "app/config.hpp"
#include "app/seams.hpp"
#include "app/stop_signal.hpp"

namespace checkout::app {

int serveStdio(const Options& options, Config config, const StopSignal& stop, const Seams& seams);
int serveHttp(const Options& options, Config config, const StopSignal& stop, const Seams& seams);
int serveSandbox(const Options& options, const StopSignal& stop);

// The configuration that the options name, or the demo's. Prints its problems; nullopt if there are any.
std::optional<Config> configFor(const Options& options, const Environment& environment);

// Says on stderr what kept the process from starting; the exit code for it.
int failedToStart(const Error& error);

}  // namespace checkout::app
