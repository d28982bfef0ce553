// Connections over a Unix socket, from other processes of the same user on this machine.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <checkout/clock.hpp>
#include <checkout/result.hpp>

#include "base/descriptor.hpp"

namespace checkout::transport {

// Accepts until it is destroyed. Its end removes the file, accepts nobody any more and then closes the
// reading side of every connection: its handler still reads whatever a peer had sent, and then the end of the
// stream, while the peer cannot send more. The handlers may still answer; the end waits for them.
class LocalListener {
 public:
  // Runs on the connection's thread, several at once. `stopFd` becomes readable when the listener ends. The
  // connection is closed when the handler returns.
  using Handler = std::function<void(int connection, int stopFd)>;

  // Makes the file `path`, mode 0600. A socket that is there already is taken for a dead process's and
  // replaced, so the caller must be sure by a lock of its own that nobody else serves this path. Each
  // connection has a thread while it lasts; beyond `maxConnections` they are closed at once.
  //
  // ValidationFailed if the path is longer than the system's sockets may have, ServiceUnavailable if it can't
  // be used.
  static Result<std::unique_ptr<LocalListener>> listen(const std::string& path, std::size_t maxConnections,
                                                       Handler handler);
  virtual ~LocalListener() = default;
};

// A connection to whoever listens at `path`; nullopt: nobody does. ServiceUnavailable if it can't be had
// within `patience`, or `stopFd` (-1: none) becomes readable meanwhile; Forbidden if the process that listens
// is another user's.
Result<std::optional<Descriptor>> connectLocally(const std::string& path, Milliseconds patience,
                                                 int stopFd = -1);

}  // namespace checkout::transport
