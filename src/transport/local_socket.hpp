// Lines over a Unix socket, for other processes of the same user on this machine: one request line in, one
// answer line out, then the connection is closed.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <checkout/clock.hpp>
#include <checkout/result.hpp>

namespace checkout::transport {

struct LocalSocketOptions {
  std::size_t maxLineBytes = 64 * 1024;  // of a request
  std::size_t maxConnections = 64;       // each has a thread while it lasts; further ones are closed at once
  Milliseconds patience{5'000};          // for a whole request to come
  Milliseconds writeGrace{2'000};        // for its answer to be taken; as long may it hold up the end
};

// Answers until it is destroyed, which waits for the handlers that have begun, closes every other connection
// and removes the file. Only processes with this process's user id are served.
class LocalSocket {
 public:
  // Runs on the connection's thread, several at once. Neither line has an end; the answer must have none
  // inside.
  using Handler = std::function<std::string(std::string_view line)>;

  // Makes the file `path`, mode 0600. A socket that is there already is taken for a dead process's and
  // replaced, so the caller must be sure by a lock of its own that nobody else serves this path.
  //
  // ValidationFailed if the path is longer than the system's sockets may have, ServiceUnavailable if it can't
  // be used.
  static Result<std::unique_ptr<LocalSocket>> listen(const std::string& path, Handler handler,
                                                     const LocalSocketOptions& options = {});
  virtual ~LocalSocket() = default;
};

// Sends a line to whoever listens at `path`, and returns the answer; nullopt: nobody listens there.
// ServiceUnavailable if the answer does not come within `patience` or is larger than 4 MiB, Forbidden if the
// listener is another user's.
Result<std::optional<std::string>> askLocalSocket(const std::string& path, std::string_view line,
                                                  Milliseconds patience);

}  // namespace checkout::transport
