// MCP over HTTP: POST, GET and DELETE of the one MCP endpoint. Where the endpoint is, and who may reach it
// (Origin, Host), is the router's affair.
#pragma once

#include <memory>

#include <checkout/http.hpp>

#include "mcp/server.hpp"

namespace checkout::transport {

// Handlers of the endpoint, for the router. Thread-safe; `server` outlives them and every request.
class StreamableHttp {
 public:
  explicit StreamableHttp(const mcp::Server& server) : server_(server) {}

  // Runs the request on the calling thread. The answer is one JSON body, or an event stream if the tool
  // reports progress before it is done.
  void post(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) const;
  // GET and DELETE belong to sessions, of which this endpoint keeps none: 405.
  void refuseMethod(const std::shared_ptr<HttpResponder>& responder) const;

 private:
  const mcp::Server& server_;
};

}  // namespace checkout::transport
