// The socket beside a store's file, over which further stdio processes have their clients served by the
// process that has the store open (the holder).
//
// Each side introduces itself with one line, then MCP follows. The releases may differ: what is spoken behind
// the introduction is MCP. The configurations may not: a client must not shop at other tenants, or pay into
// another account, than its own process was started for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <checkout/clock.hpp>
#include <checkout/result.hpp>

#include "app/config.hpp"
#include "mcp/server.hpp"
#include "transport/local_listener.hpp"

namespace checkout::app {

// Stands for what tenants are served with which keys; equal for equal configurations.
std::string fingerprint(const Config& config);

// For a process that has the store open; `configuration` is its fingerprint. Its end lets relayed clients
// finish what they have asked. nullptr, with a line in the log, if there can be no socket: serving goes on
// without. `server` must outlive it.
std::unique_ptr<transport::LocalListener> openRelayDoor(const std::string& storeUrl,
                                                        const std::string& configuration,
                                                        const mcp::Server& server);

// A connection on which the holder now takes MCP.
struct HolderLink {
  Descriptor connection;
  long process = 0;     // the holder's
  std::string version;  // of its release
};

// nullopt: nobody listens. ValidationFailed if the holder serves another configuration, ServiceUnavailable if
// it is of a release that can't be relayed to, does not answer, or `stopFd` (-1: none) becomes readable
// meanwhile.
Result<std::optional<HolderLink>> knockAtHolder(const std::string& storeUrl, const std::string& configuration,
                                                int stopFd = -1);

}  // namespace checkout::app
