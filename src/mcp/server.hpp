// The MCP engine: JSON-RPC messages in, JSON-RPC messages out. It knows the protocol revisions and the
// registered tools, and neither HTTP nor stdio.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/tool.hpp>

namespace checkout::mcp {

struct ServerInfo {
  std::string name, title, version, websiteUrl;
  std::string instructions;  // how to use this server, for the model
};

// What one client has negotiated: one per stdio process, one per Mcp-Session-Id over HTTP for the handshake
// revisions; the modern revision needs none (a fresh one per request). Thread-safe.
class Session;

// One answer. `httpStatus` is what Streamable HTTP sends with it (200, 202, 400, 404 …); stdio ignores it.
struct Reply {
  std::string body;  // a JSON-RPC message, or empty where nothing is answered (a notification)
  int httpStatus = 200;
};

// Where the messages of one request go. Thread-safe.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void notify(std::string message) = 0;  // before the reply: progress, log messages
  virtual void reply(Reply reply) = 0;           // exactly once
};

// What the transport knows about a request besides its body.
struct RequestContext {
  Principal principal;
  // Set by Streamable HTTP: the values of these headers, for the checks of 2026-07-28 (basic/transports).
  struct HttpFacts {
    std::optional<std::string> protocolVersion;  // MCP-Protocol-Version
    std::optional<std::string> method;           // Mcp-Method
    std::optional<std::string> name;             // Mcp-Name
    std::vector<std::pair<std::string, std::string>> params;  // Mcp-Param-<Name>, name without the prefix
  };
  std::optional<HttpFacts> http;
};

class Server {
 public:
  // `tools` are listed in this order. A descriptor that is not valid JSON, or whose name differs from its
  // tool's, is a bug and aborts at start.
  Server(ServerInfo info, std::vector<RegisteredTool> tools);
  ~Server();

  std::shared_ptr<Session> newSession() const;

  // Handles one raw message (object or, for 2025-03-26, batch) on the calling thread and replies into `sink`.
  // Never throws. Text that is no JSON is answered with -32700.
  void handle(std::string_view text, const std::shared_ptr<Session>& session, const RequestContext& context,
              const std::shared_ptr<ReplySink>& sink);

  // The client went away or cancelled: ToolContext::isCancelled turns true for that session's request.
  void cancel(const std::shared_ptr<Session>& session, const std::string& requestIdJson);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace checkout::mcp
