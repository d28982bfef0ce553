// MCP over HTTP: POST, GET and DELETE of the one MCP endpoint, by the rules of every revision. Where the
// endpoint is, and who may reach it (Origin, Host), is the router's affair.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <checkout/http.hpp>

#include "base/wakeable_loop.hpp"
#include "mcp/server.hpp"
#include "transport/http_sessions.hpp"
#include "transport/open_streams.hpp"

namespace checkout::transport {

struct StreamableHttpOptions {
  Milliseconds keepAlive{15'000};            // between comments on a quiet stream
  std::size_t maxSessions = 10'000;          // of handshake clients
  Milliseconds sessionIdle{60 * 60 * 1000};  // after which an unused one ends
};

// Handlers of the endpoint, for the router. Thread-safe; `server` outlives it and every request, and it
// outlives every request. Owns one thread, which keeps quiet streams alive.
class StreamableHttp {
 public:
  explicit StreamableHttp(const mcp::Server& server, StreamableHttpOptions options = {});
  ~StreamableHttp();

  // Runs the request on the calling thread, or in the provider's lane. The answer is one JSON body, or an
  // event stream if something is to be said before it.
  void post(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder);
  // The stream of a session's unsolicited messages, or, with Last-Event-ID, what was missed of any stream.
  void get(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder);
  // Ends a session.
  void remove(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder);

  // Ends every subscription and session that came in here, and whatever begins from now on: their streams
  // would hold up the end of the server. Does not wait for any client.
  void stop();

  // What the thread does now and then: keeps quiet streams alive, ends what was left alone for too long.
  void tidy(HttpSession::Time now = std::chrono::steady_clock::now());

  struct Gauges {
    std::int64_t sessions = 0, streams = 0;
  };
  Gauges gauges() const;

 private:
  class PostSink;

  const mcp::Server& server_;
  const StreamableHttpOptions options_;
  // Shared with the sinks of requests, which may be told something at any time.
  const std::shared_ptr<HttpSessions> sessions_;
  const std::shared_ptr<OpenStreams> streams_ = std::make_shared<OpenStreams>();
  WakeableLoop beating_;
};

}  // namespace checkout::transport
