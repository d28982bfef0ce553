#include "app/relay_door.hpp"

#include <poll.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/json_gate.hpp"
#include "base/log.hpp"
#include "store/open_store.hpp"
#include "transport/line_io.hpp"
#include "transport/stdio.hpp"

namespace checkout::app {
namespace {

// Grows when what stands between the introduction and MCP changes.
constexpr int kRelayProtocol = 1;
constexpr std::size_t kMaxClients = 128;
constexpr std::size_t kMaxIntroduction = 4096;
constexpr Milliseconds kPatience{5'000};

struct Introduction {
  std::int64_t protocol = 0;
  std::string version, configuration;
  std::int64_t process = 0;
};

Introduction mine(const std::string& configuration) {
  return {kRelayProtocol, CHECKOUT_VERSION, configuration, ::getpid()};
}

std::string toLine(const Introduction& self) {
  return Json{{"relay", self.protocol},
              {"version", self.version},
              {"configuration", self.configuration},
              {"process", self.process}}
      .dump();
}

std::optional<Introduction> fromLine(const std::string& line) {
  const auto json = parseUntrustedJson(line);
  if (!json.ok() || !json->is_object()) return std::nullopt;
  const auto number = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
  };
  const auto text = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return Introduction{number("relay"), text("version"), text("configuration"), number("process")};
}

Result<void> checkHolder(const Introduction& holder, const Introduction& self) {
  const std::string who = "Process " + std::to_string(holder.process) + " has this store open";
  if (holder.protocol != self.protocol)
    return Error(ErrorCode::ServiceUnavailable,
                 who + " and is of release " + holder.version + ", which can't serve clients of release " +
                     self.version + ". End it, or give this process its own store with --store sqlite:PATH.");
  if (holder.configuration != self.configuration)
    return Error(ErrorCode::ValidationFailed,
                 who +
                     " with another configuration. Start both with the same --config and keys, end that "
                     "process, or give this one its own store with --store sqlite:PATH.");
  return {};
}

Result<std::string> socketBeside(const std::string& storeUrl) {
  CHECKOUT_ASSIGN(file, store::fileOfStore(storeUrl));
  return file + ".mcp.sock";
}

void serveClient(const mcp::Server& server, const Introduction& self, int connection, int stopFd) {
  const transport::Deadline deadline(kPatience);
  std::string line;
  if (!transport::readLine(connection, line, kMaxIntroduction, deadline, stopFd)) return;
  const auto guest = fromLine(line);
  if (!guest || !transport::writeLine(connection, toLine(self), deadline, stopFd)) return;
  // The other side has heard it too, and says what is to be done.
  if (!checkHolder(self, *guest).ok()) return;
  log::debug("serving another process", {{"process", std::to_string(guest->process)}});
  transport::serveStdio(server, connection, connection);
}

}  // namespace

std::string fingerprint(const Config& config) {
  std::string all = config.digest;
  for (const Tenant& tenant : config.tenants) {
    all.append("\n").append(tenant.catalog->version());  // it may lie in a file of its own
    if (tenant.stripe.sandbox) continue;                 // its keys are drawn anew in each process
    all.append("\n").append(tenant.stripe.apiBase).append("\n").append(tenant.stripe.secretKey.reveal());
  }
  return sha256Hex(all);
}

std::unique_ptr<transport::LocalListener> openRelayDoor(const std::string& storeUrl,
                                                        const std::string& configuration,
                                                        const mcp::Server& server) {
  const auto path = socketBeside(storeUrl);
  if (!path.ok()) return nullptr;  // no store of a file, so nothing is beside it
  auto listener = transport::LocalListener::listen(
      *path, kMaxClients, [&server, self = mine(configuration)](int connection, int stopFd) {
        serveClient(server, self, connection, stopFd);
      });
  if (listener.ok()) return *std::move(listener);
  log::warn("no socket for further stdio processes: each needs a store of its own",
            {{"reason", listener.error().message}});
  return nullptr;
}

Result<std::optional<HolderLink>> knockAtHolder(const std::string& storeUrl, const std::string& configuration,
                                                int stopFd) {
  CHECKOUT_ASSIGN(path, socketBeside(storeUrl));
  CHECKOUT_ASSIGN(connection, transport::connectLocally(path, kPatience, stopFd));
  if (!connection) return std::optional<HolderLink>{};
  const Introduction self = mine(configuration);
  const transport::Deadline deadline(kPatience);
  std::string line;
  const bool heard = transport::writeLine(connection->fd(), toLine(self), deadline, stopFd) &&
                     transport::readLine(connection->fd(), line, kMaxIntroduction, deadline, stopFd);
  const bool isStopped = transport::waitFor(stopFd, POLLIN, transport::Deadline(Milliseconds(0)), -1);
  if (!heard && deadline.left() > 0 && !isStopped)
    return std::optional<HolderLink>{};  // it is ending, or has just ended
  const auto holder = fromLine(line);
  if (!holder)
    return Error(ErrorCode::ServiceUnavailable,
                 "Another process has this store open and does not answer at " + path + ".");
  CHECKOUT_TRY(checkHolder(*holder, self));
  return std::optional<HolderLink>{
      HolderLink{*std::move(connection), static_cast<long>(holder->process), holder->version}};
}

}  // namespace checkout::app
