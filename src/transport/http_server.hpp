// The front door: accepts, parses and limits HTTP/1.1 (Boost.Beast inside), and hands complete requests to a
// bounded pool of threads. Used for the product's own routes and for the sandbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <checkout/http.hpp>
#include <checkout/result.hpp>

namespace checkout {
class Metrics;
}

namespace checkout::transport {

struct HttpServerOptions {
  std::string host = "127.0.0.1";  // an address, or "localhost"
  std::uint16_t port = 0;          // 0: a free one
  std::size_t maxHeaderBytes = 16 * 1024;
  std::size_t maxBodyBytes = 256 * 1024;
  Milliseconds headerDeadline{
      10'000};  // to receive a whole header; also how long an idle connection lives ×6
  Milliseconds bodyDeadline{20'000};
  Milliseconds writeDeadline{20'000};  // to hand an answer, or what a stream has queued, to the client
  Milliseconds probeDelay{1'000};      // until a client that sends no more is asked whether it still waits
  std::size_t maxConnections = 12'000;
  std::size_t workers = 64;       // threads that run handlers
  std::size_t maxQueued = 1'024;  // requests that wait for one; beyond it 503 + Retry-After
  // Requests that are not to wait for a worker while others keep all of them busy; they have a few of their
  // own. Thread-safe, and quick.
  std::function<bool(const HttpRequest&)> isUrgent = [](const HttpRequest&) { return false; };
  Metrics* metrics = nullptr;  // where to count; must outlive the server
};

class HttpServer {
 public:
  // Binds and listens before it returns. The handler runs on pool threads, and may answer from any thread and
  // later. Callbacks given to HttpResponder::onDisconnect run on the I/O thread: they must not block.
  // ValidationFailed for a host that is no address, ServiceUnavailable if the address can't be bound.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler);
  virtual ~HttpServer() = default;  // stops, with no grace
  virtual std::uint16_t port() const = 0;
  // Stops accepting, closes idle connections, lets requests in flight finish for at most `grace`, then cuts
  // what is left (an open stream counts as in flight) and waits for running handlers. Harmless to repeat.
  // Not from a handler.
  virtual void stop(Milliseconds grace) = 0;
};

}  // namespace checkout::transport
