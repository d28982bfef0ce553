// The MCP engine: JSON-RPC messages in, JSON-RPC messages out. It knows the protocol revisions and the
// registered tools, and neither HTTP nor stdio.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkout/tool.hpp>

namespace checkout::mcp {

struct ServerInfo {
  std::string name, title, version, websiteUrl;  // title and websiteUrl may be empty
  std::string instructions;                      // how to use this server, for the model
};

struct ServerOptions {
  std::size_t toolsPerPage = 100;
  std::int64_t listTtlMs = 60 * 60 * 1000;  // the lists of a running server never change
};

// What one client has negotiated: one per stdio process; over HTTP one per Mcp-Session-Id, or a fresh one per
// request where none is kept. Thread-safe.
class Session;

// One answer. `httpStatus` is what Streamable HTTP sends with it (200, 202, 400, 404 …); stdio ignores it.
struct Reply {
  std::string
      body;  // a JSON-RPC message, or empty where nothing is answered (a notification, a cancelled call)
  int httpStatus = 200;
};

// Where the messages of one request go. Thread-safe. A body may hold line breaks between its tokens
// (descriptors are served as they were written), never inside a string.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void notify(std::string message) = 0;  // before the reply: progress, log messages
  virtual void reply(Reply reply) = 0;           // exactly once
};

// What the transport knows about a request besides its body.
struct RequestContext {
  Principal principal;
  // Set by Streamable HTTP: the values of these headers, blanks around them removed. A header sent twice is
  // joined by ", " as RFC 9110 has it, and so matches nothing.
  struct HttpFacts {
    std::optional<std::string> protocolVersion;               // MCP-Protocol-Version
    std::optional<std::string> method;                        // Mcp-Method
    std::optional<std::string> name;                          // Mcp-Name
    std::vector<std::pair<std::string, std::string>> params;  // Mcp-Param-<Name>, name without the prefix
  };
  std::optional<HttpFacts> http;
};

// The rest of a request's work, to be run exactly once, on any thread. It replies, and never throws.
using Work = std::function<void()>;

// Thread-safe. Outlives its sessions' requests.
class Server {
 public:
  // `tools` are listed in this order. A descriptor that is not valid JSON, or whose name differs from its
  // tool's, is a bug and aborts at start.
  Server(ServerInfo info, std::vector<RegisteredTool> tools, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::shared_ptr<Session> newSession() const;

  // Takes one raw message (object or, for 2025-03-26, batch). Whatever takes no time (the handshake, lists,
  // notifications, every refusal) is done and answered before it returns, so that messages accepted in order
  // take effect in order. A tool call is only registered, which makes it cancellable, and its work returned.
  // An empty Work: nothing is left to do. Never throws. Text that is no JSON is answered with -32700.
  [[nodiscard]] Work accept(std::string_view text, const std::shared_ptr<Session>& session,
                            const RequestContext& context, const std::shared_ptr<ReplySink>& sink) const;

  // accept() and its work, on the calling thread.
  void handle(std::string_view text, const std::shared_ptr<Session>& session, const RequestContext& context,
              const std::shared_ptr<ReplySink>& sink) const;

  // The stream that would carry this session's answers is gone. For modern revisions that cancels its calls;
  // the handshake revisions say that it does not.
  void streamClosed(const std::shared_ptr<Session>& session) const;

  // The reply to a message that was too large to be taken in.
  static Reply tooLarge(std::size_t limitBytes);

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace checkout::mcp
