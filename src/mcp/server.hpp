// The MCP engine: JSON-RPC messages in, JSON-RPC messages out. It knows the protocol revisions and what is
// registered with it, and neither HTTP nor stdio.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkout/clock.hpp>
#include <checkout/prompt.hpp>
#include <checkout/resource.hpp>
#include <checkout/secret.hpp>
#include <checkout/tool.hpp>

namespace checkout {
class Metrics;
}

namespace checkout::mcp {

struct ServerInfo {
  std::string name, title, version, websiteUrl;  // title and websiteUrl may be empty
  std::string instructions;                      // how to use this server, for the model
};

// What a server offers, listed in this order.
struct Features {
  std::vector<RegisteredTool> tools;
  std::vector<std::unique_ptr<ResourceFamily>> resources;
  std::vector<std::unique_ptr<Prompt>> prompts;
};

struct ServerOptions {
  std::size_t toolsPerPage = 100;
  std::int64_t listTtlMs = 60 * 60 * 1000;  // the lists of a running server never change
  // Seals what clients carry from one round of a request to the next. Empty: a random one, and such rounds do
  // not survive this process.
  Secret stateKey = {};
  Milliseconds stateLifetime{60 * 60 * 1000};
  const Clock* clock = nullptr;  // null: the system's
  std::size_t maxSubscriptions = 20'000;
  std::size_t maxSubscriptionsPerClient = 2'000;
  Milliseconds answerLifetime{60 * 60 * 1000};  // how long a client may take to answer what it was asked
  std::size_t providerCalls = 1'024;  // tool calls at once that may wait for the payment provider; see Lane
  Metrics* metrics = nullptr;         // where to count; must outlive the server
};

// What an engine holds at this moment.
struct EngineGauges {
  std::int64_t sessions = 0, runningCalls = 0, subscriptions = 0, openQuestions = 0;
};

// What one client has negotiated: one per stdio process; over HTTP one per Mcp-Session-Id, or a fresh one per
// request where none is kept. Thread-safe.
class Session;

// One answer. `httpStatus` is what Streamable HTTP sends with it (200, 202, 400, 404 …); stdio ignores it.
struct Reply {
  // A JSON-RPC message, or empty where nothing is answered (a notification, a cancelled call).
  std::string body;
  int httpStatus = 200;
};

// Where the messages of one request go. Thread-safe, and called with no lock of the engine's held. Owns what
// it writes to, shared or weakly (docs/decisions/0007): a call may come long after the connection has ended,
// and does nothing then. A body may hold line breaks between its tokens (descriptors are served as they were
// written), never inside a string.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  // Before the reply. Must not wait for the client.
  virtual void notify(std::string message) = 0;
  // Likewise, a request to the client. False: it will not get there, so that no answer can be expected.
  virtual bool ask(std::string message) = 0;
  virtual void reply(Reply reply) = 0;  // exactly once
};

// Where the messages of a session go that belong to no request. Thread-safe. Must not wait for the client,
// and owns what it writes to.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void send(std::string message) = 0;
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

// The rest of a message's work, to be run exactly once, on any thread but, if it may wait for the payment
// provider, in the provider's lane (Server::runInProviderLane). It replies, and never throws.
class Work {
 public:
  Work() = default;  // nothing is left to do
  Work(std::function<void()> run, bool inProviderLane)
      : run_(std::move(run)), inProviderLane_(inProviderLane) {}
  explicit operator bool() const { return static_cast<bool>(run_); }
  bool inProviderLane() const { return inProviderLane_; }
  void operator()() const { run_(); }

 private:
  std::function<void()> run_;
  bool inProviderLane_ = false;
};

// Thread-safe. Outlives its sessions' requests; its end waits for what runs in the provider's lane.
class Server {
 public:
  // A descriptor that is not valid, or whose name differs from its tool's, is a bug and aborts at start.
  Server(ServerInfo info, Features features, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // `outlet` is kept weakly. Without one, nothing can be subscribed to for the session, and the client can't
  // be asked for input. `client`: sessions of one name share the limits of one client; empty: this is its
  // only one.
  std::shared_ptr<Session> newSession(std::weak_ptr<Outlet> outlet = {}, std::string client = {}) const;
  // Has the client opened it with `initialize`, and not left?
  static bool isOpen(const Session& session);
  // Does its revision have event streams begin with an event that is only an id?
  static bool primesStreams(const Session& session);

  // Takes one raw message (object or, for 2025-03-26, batch). Whatever takes no time (the handshake, lists,
  // notifications, every refusal) is done and answered before it returns, so that messages accepted in order
  // take effect in order. A call is only registered, which makes it cancellable, and its work returned.
  // An empty Work: nothing is left to do. Never throws. Text that is no JSON is answered with -32700.
  [[nodiscard]] Work accept(std::string_view text, const std::shared_ptr<Session>& session,
                            const RequestContext& context, const std::shared_ptr<ReplySink>& sink) const;

  // Runs `task`, which runs such work, on a thread of the lane. False: no thread can be had, so run it
  // anywhere.
  bool runInProviderLane(std::function<void()> task) const;

  // accept() and its work: on the calling thread, or in the provider's lane.
  void handle(std::string_view text, const std::shared_ptr<Session>& session, const RequestContext& context,
              const std::shared_ptr<ReplySink>& sink) const;

  // Both ends of a session are final: whatever begins afterwards ends at once.
  //
  // The client is gone, and nobody takes this session's answers. For modern revisions that cancels its
  // requests; the handshake revisions say that it does not.
  static void streamClosed(const std::shared_ptr<Session>& session);
  // No more messages will come in: ends its subscriptions, each with a reply, and the calls that wait for the
  // client's input, without one. Calls that are running finish. Does not wait for the client.
  static void endSession(const std::shared_ptr<Session>& session);
  // The client has taken too long to answer what it was asked: those calls fail.
  void expireQuestions(const std::shared_ptr<Session>& session) const;

  // Tells those who watch it. Any thread; does not wait for clients.
  void announce(const ResourceChange& change) const;

  EngineGauges gauges() const;

  // What MCP-Protocol-Version must be told if it names no revision; nullopt: it does.
  static std::optional<Reply> refuseVersion(const std::string& header);
  // The reply to a message that was too large to be taken in.
  static Reply tooLarge(std::size_t limitBytes);

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace checkout::mcp
