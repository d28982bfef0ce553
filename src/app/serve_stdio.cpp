#include <algorithm>
#include <variant>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "app/commands.hpp"
#include "app/front_door.hpp"
#include "app/operate/door.hpp"
#include "app/relay_door.hpp"
#include "app/runtime.hpp"
#include "base/embedded.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "store/open_store.hpp"
#include "transport/line_io.hpp"
#include "transport/relay.hpp"
#include "transport/rest_routes.hpp"
#include "transport/router.hpp"
#include "transport/stdio.hpp"

namespace checkout::app {
namespace {

// How long the store may be locked by a process that does not serve. One that starts, or an operator's
// command, is done sooner; one that stops still finishes calls, which may wait for Stripe.
constexpr Milliseconds kStartPatience{30'000}, kTakeOverPatience{180'000};
constexpr Milliseconds kLookAgain{20};

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

// All that the process with the store open serves from: its own client, other processes', and operators.
class Holder {
 public:
  static Result<std::unique_ptr<Holder>> start(const Options& options, Config config, const Seams& seams,
                                               std::unique_ptr<Store> store) {
    std::unique_ptr<Holder> holder(new Holder);
    const std::string configuration = fingerprint(config);
    // The customer's browser has to come back to somewhere; webhooks have no way in, so payments are polled.
    std::string publicUrl = config.publicUrl;
    if (publicUrl.empty()) {
      CHECKOUT_ASSIGN(door, FrontDoor::start({}));
      holder->door_ = std::move(door);
      holder->door_->open(pages());
      publicUrl = holder->door_->url();
    }
    pollSooner(config);
    CHECKOUT_ASSIGN(runtime, Runtime::start(std::move(config),
                                            {options.store, publicUrl, /*webhooksArrive=*/false, seams},
                                            std::move(store)));
    holder->runtime_ = std::move(runtime);
    Runtime& parts = *holder->runtime_;
    holder->desk_ = std::make_unique<operate::Desk>(parts.store(), parts.checkouts(), parts.clock());
    holder->operators_ = operate::openDoor(options.store, *holder->desk_);
    holder->relays_ = openRelayDoor(options.store, configuration, parts.server());
    return holder;
  }

  const mcp::Server& server() const { return runtime_->server(); }

 private:
  Holder() = default;

  // In the order in which they depend on each other.
  std::unique_ptr<FrontDoor> door_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<operate::Desk> desk_;
  std::unique_ptr<transport::LocalSocket> operators_;
  std::unique_ptr<transport::LocalListener> relays_;
};

// A process of this command: it holds the store, or its client is served by the one that does.
class StdioProcess {
 public:
  StdioProcess(const Options& options, Config config, const StopSignal& stop, const Seams& seams)
      : options_(options),
        config_(std::move(config)),
        configuration_(fingerprint(config_)),
        stop_(stop),
        seams_(seams) {}

  Result<void> serve(int in, int out) {
    CHECKOUT_ASSIGN(link, holdOrJoin(kStartPatience));
    if (holder_) {
      transport::serveStdio(holder_->server(), in, out, stop_.descriptor());
      return {};
    }
    transport::RelaySession session(lostCall);
    return transport::relay(in, out, stop_.descriptor(), session,
                            [this, &link] { return connect(std::exchange(link, std::nullopt)); });
  }

 private:
  // Either holder_ is there afterwards, or the link leads to another process. Neither: told to stop.
  Result<std::optional<HolderLink>> holdOrJoin(Milliseconds patience) {
    const transport::Deadline deadline(patience);
    for (;;) {
      auto link = knockAtHolder(options_.store, configuration_, stop_.descriptor());
      if (link.ok() && link->has_value()) return link;
      if (isStoppedWithin(Milliseconds(0))) return std::optional<HolderLink>{};
      auto store = store::openStore(options_.store);
      if (store.ok()) {
        CHECKOUT_ASSIGN(holder, Holder::start(options_, config_, seams_, *std::move(store)));
        holder_ = std::move(holder);
        return std::optional<HolderLink>{};
      }
      if (!isLocked(store.error())) return std::move(store).error();
      if (!link.ok()) return std::move(link).error();
      if (deadline.left() == 0) return std::move(store).error();
      if (isStoppedWithin(kLookAgain)) return std::optional<HolderLink>{};
    }
  }

  bool isStoppedWithin(Milliseconds time) const {
    return transport::waitFor(stop_.descriptor(), POLLIN, transport::Deadline(time), -1);
  }

  static bool isLocked(const Error& error) {
    return error.details.is_object() && error.details.contains("lockedBy");
  }

  // For the relay: who serves the client now, this process itself once it has taken over.
  Result<std::optional<Descriptor>> connect(std::optional<HolderLink> link) {
    if (!link) {
      CHECKOUT_ASSIGN(found, holdOrJoin(kTakeOverPatience));
      link = std::move(found);
    }
    if (link) {
      log::info("relaying to process " + std::to_string(link->process), {{"release", link->version}});
      return std::optional<Descriptor>{std::move(link->connection)};
    }
    if (!holder_) return std::optional<Descriptor>{};
    log::info("took over the store");
    CHECKOUT_ASSIGN(own, knockAtHolder(options_.store, configuration_));
    if (own) return std::optional<Descriptor>{std::move(own->connection)};
    return Error(ErrorCode::ServiceUnavailable, "The store was taken over, but has no socket to serve from.");
  }

  // Sent twice, a call that says of itself that it only reads, or that once is as good as twice, does no
  // harm.
  static std::optional<Error> lostCall(std::string_view tool) {
    const auto files = embedded::toolSchemas();
    const auto file =
        std::find_if(files.begin(), files.end(), [&](const EmbeddedFile& each) { return each.name == tool; });
    if (file != files.end()) {
      const Json annotations = Json::parse(file->text).at("annotations");
      if (annotations.value("readOnlyHint", false) || annotations.value("idempotentHint", false))
        return std::nullopt;
    }
    return Error(ErrorCode::ServiceUnavailable,
                 "The server process ended while it worked on this call. The call may have taken effect, so "
                 "it was not made again. Look first: cart_view shows the cart, checkout_list and "
                 "checkout_status the checkouts, orders_list the orders. Repeat the call only if what it was "
                 "to do is not there.");
  }

  const Options& options_;
  const Config config_;
  const std::string configuration_;
  const StopSignal& stop_;
  const Seams& seams_;
  std::unique_ptr<Holder> holder_;
};

}  // namespace

int serveStdio(const Options& options, Config config, const StopSignal& stop, const Seams& seams) {
  const int out = takeStdout();
  if (out < 0) return failedToStart(Error(ErrorCode::ServiceUnavailable, "stdout is closed."));
  const auto served = StdioProcess(options, std::move(config), stop, seams).serve(STDIN_FILENO, out);
  ::close(out);
  return served.ok() ? 0 : failedToStart(served.error());
}

}  // namespace checkout::app
