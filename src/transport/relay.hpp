// Serves one client by way of another process: lines from the client go to that process's socket, its lines
// come back. When that process goes, the next one takes over (relay_session.hpp says what that means).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include <checkout/clock.hpp>
#include <checkout/result.hpp>

#include "base/descriptor.hpp"
#include "transport/relay_session.hpp"

namespace checkout::transport {

struct RelayOptions {
  std::size_t maxLineBytes = 256 * 1024;  // of a client; longer lines are skipped and answered with -32700
  Milliseconds writeGrace{2'000};         // how long a side that does not read may hold up the end
  Milliseconds stopGrace{3'000};          // how long answers are waited for after a stop
  Milliseconds endPatience{180'000};      // and after the end of the client's input
};

// A connection to whoever serves now, waiting for one if need be; nullopt: the process is told to stop.
using ConnectToHolder = std::function<Result<std::optional<Descriptor>>()>;

// Returns when the client's input has ended or `stopFd` has become readable, and everything that was asked
// has been answered or was waited for as long as the options say; when the client no longer takes answers; or
// with the error of `connect`. While a new holder is looked for after a stop, calls without an answer are not
// waited for any more. `connect` is to return when `stopFd` becomes readable.
//
// Everything runs on the calling thread, `connect` too. `in`, `out` and `stopFd` belong to the caller.
// SIGPIPE must be ignored.
Result<void> relay(int in, int out, int stopFd, RelaySession& session, const ConnectToHolder& connect,
                   const RelayOptions& options = {});

}  // namespace checkout::transport
