// An MCP client as small as a demonstration needs: over a child's pipes, or over HTTP.
#pragma once

#include <memory>
#include <string>

#include <checkout/http.hpp>
#include <checkout/result.hpp>

#include "app/demo/child.hpp"

namespace checkout::app::demo {

class McpClient {
 public:
  virtual ~McpClient() = default;
  // Says hello where the protocol has a handshake; returns what the server says of itself.
  virtual Result<Json> open() = 0;
  // The result of a request; a JSON-RPC error, or none in time, is an Error that shows what came.
  virtual Result<Json> request(const std::string& method, Json params) = 0;
};

// Revision 2025-11-25, with its handshake. `server` must outlive the client.
std::unique_ptr<McpClient> makePipeClient(Child& server);
// Revision 2026-07-28, where each request stands alone. `origin` is http://127.0.0.1:PORT; `capabilities` are
// the client's, whose caller then answers what a result asks for.
std::unique_ptr<McpClient> makeWebClient(HttpClient& http, std::string origin,
                                         Json capabilities = Json::object());

}  // namespace checkout::app::demo
