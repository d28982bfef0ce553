#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/front_door.hpp"
#include "app/operate/door.hpp"
#include "app/runtime.hpp"
#include "base/metrics.hpp"
#include "transport/rest_routes.hpp"
#include "transport/router.hpp"
#include "transport/stdio.hpp"

namespace checkout::app {
namespace {

// stdout belongs to MCP messages: whatever else in this process prints there lands on stderr.
int takeStdout() {
  const int messages = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (messages >= 0) ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return messages;
}

// No webhook can come in, so asking Stripe is the only way to learn of a payment: ask sooner.
constexpr Milliseconds kPollInterval{500};

void pollSooner(Config& config) {
  for (Tenant& tenant : config.tenants)
    tenant.policies.paymentPollInterval = std::min(tenant.policies.paymentPollInterval, kPollInterval);
}

HttpHandler pages() {
  transport::Router router({});
  transport::addRestRoutes(router, {[]() -> Result<void> { return {}; }, [] { return Metrics().render(); }});
  return router.asHandler();
}

}  // namespace

int serveStdio(const Options& options, Config config, const StopSignal& stop, const Seams& seams) {
  // The customer's browser has to come back to somewhere; webhooks have no way in, so payments are polled.
  std::unique_ptr<FrontDoor> door;
  std::string publicUrl = config.publicUrl;
  if (publicUrl.empty()) {
    auto started = FrontDoor::start({});
    if (!started.ok()) return failedToStart(started.error());
    door = std::move(*started);
    door->open(pages());
    publicUrl = door->url();
  }
  pollSooner(config);
  const auto runtime =
      Runtime::start(std::move(config), {options.store, publicUrl, /*webhooksArrive=*/false, seams});
  if (!runtime.ok()) return failedToStart(runtime.error());

  operate::Desk desk((*runtime)->store(), (*runtime)->checkouts(), (*runtime)->clock());
  const auto operators = operate::openDoor(options.store, desk);

  const int out = takeStdout();
  if (out < 0) return failedToStart(Error(ErrorCode::ServiceUnavailable, "stdout is closed."));
  transport::serveStdio((*runtime)->server(), STDIN_FILENO, out, stop.descriptor());
  ::close(out);
  return 0;
}

}  // namespace checkout::app
