// MCP over a pair of byte streams, one JSON-RPC message a line: the standard streams, or any socket.
#pragma once

#include <cstddef>

#include <checkout/clock.hpp>

#include "mcp/server.hpp"

namespace checkout::transport {

struct StdioOptions {
  std::size_t maxLineBytes = 256 * 1024;  // longer lines are skipped and answered with -32700
  std::size_t workers = 8;                // threads that run calls, but those in the provider's lane
  std::size_t maxQueued = 64;             // calls that wait for one; reading pauses while there are as many
  Milliseconds writeGrace{2'000};         // how long a client that does not read may hold up the end
};

// Serves one client until its input ends, it closes its end of `out`, or `stopFd` becomes readable (-1:
// never). Calls in flight are finished and answered before it returns; answers come in the order in which
// calls finish. Both descriptors stay open and belong to the caller. Ignores SIGPIPE for the whole process
// from then on.
//
// A client that does not read its answers is not read either, and so holds up nobody but itself. Once its
// input has ended its answers are waited for `writeGrace`, however slowly it takes them.
void serveStdio(const mcp::Server& server, int in, int out, int stopFd = -1,
                const StdioOptions& options = {});

}  // namespace checkout::transport
