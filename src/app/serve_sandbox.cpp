#include "app/commands.hpp"
#include "app/local_sandbox.hpp"

namespace checkout::app {

int serveSandbox(const Options& options, const StopSignal& stop) {
  const SystemClock clock;
  const auto sandbox = LocalSandbox::start(options.listen.host, options.listen.port, clock);
  if (!sandbox.ok()) return failedToStart(sandbox.error());
  stop.wait();
  (*sandbox)->stop(Milliseconds(2'000));
  return 0;
}

}  // namespace checkout::app
