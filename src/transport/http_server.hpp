// The front door: accepts, parses and limits HTTP/1.1 (Boost.Beast inside), and hands complete requests to a
// bounded pool of threads. Used for the product's own routes and for the sandbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <checkout/http.hpp>
#include <checkout/result.hpp>

namespace checkout::transport {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
  std::size_t maxHeaderBytes = 16 * 1024;
  std::size_t maxBodyBytes = 256 * 1024;
  Milliseconds headerDeadline{10'000};  // to receive a whole header; also how long an idle connection lives ×6
  Milliseconds bodyDeadline{20'000};
  Milliseconds writeDeadline{20'000};
  std::size_t maxConnections = 12'000;
  std::size_t workers = 64;       // threads that run handlers
  std::size_t maxQueued = 1'024;  // requests that wait for one; beyond it 503 + Retry-After
};

class HttpServer {
 public:
  // Binds and listens before it returns. The handler runs on pool threads.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler);
  virtual ~HttpServer() = default;  // stops
  virtual std::uint16_t port() const = 0;
  // Stops accepting, lets requests in flight finish for at most `grace`, then closes. Harmless to repeat.
  virtual void stop(Milliseconds grace) = 0;
};

}  // namespace checkout::transport
