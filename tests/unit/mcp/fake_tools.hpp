// Small tools and a client for tests of the engine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <checkout/tool.hpp>

#include "mcp/server.hpp"

namespace checkout::mcp::testing {

using Body = std::function<Result<Json>(const Json& arguments, CallContext& context)>;

class FakeTool final : public Tool {
 public:
  FakeTool(std::string name, Body body) : name_(std::move(name)), body_(std::move(body)) {}
  std::string_view name() const override { return name_; }
  Result<ToolOutcome> call(const Json& arguments, CallContext& context) const override {
    auto result = body_(arguments, context);
    if (!result.ok()) return std::move(result).error();
    return ToolOutcome(*std::move(result));
  }

 private:
  std::string name_;
  Body body_;
};

inline constexpr char kEchoDescriptor[] = R"({
  "name": "echo",
  "title": "Echo",
  "description": "Gives back what it got. 1.0 stays 1.0, \u00e9 stays escaped.",
  "inputSchema": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
      "text": {"type": "string", "maxLength": 10},
      "quantity": {"type": "integer", "minimum": 1, "maximum": 99}
    },
    "additionalProperties": false
  }
}
)";
inline constexpr char kRoutedDescriptor[] =
    R"({"name":"routed","inputSchema":{"type":"object","properties":{)"
    R"("tenant":{"type":"string","x-mcp-header":"Tenant"},"number":{"type":"integer","x-mcp-header":"Number"}}}})";
inline constexpr char kBusyDescriptor[] = R"({"name":"busy","inputSchema":{"type":"object"}})";

inline Result<Json> echo(const Json& arguments, CallContext&) {
  return Json{{"echo", arguments}};
}

inline RegisteredTool registered(std::string_view descriptor, std::string name, Body body) {
  return {std::string(descriptor), std::make_unique<FakeTool>(std::move(name), std::move(body))};
}

// echo, routed, and `busy`, which does what the test says.
inline std::vector<RegisteredTool> fakeTools(Body busy = echo) {
  std::vector<RegisteredTool> tools;
  tools.push_back(registered(kEchoDescriptor, "echo", echo));
  tools.push_back(registered(kRoutedDescriptor, "routed", echo));
  tools.push_back(registered(kBusyDescriptor, "busy", std::move(busy)));
  return tools;
}

inline Features fakeFeatures(Body busy = echo) {
  Features features;
  features.tools = fakeTools(std::move(busy));
  return features;
}

inline ServerInfo fakeInfo() {
  return {"fake", "Fake server", "1.2.3", "", "Be kind."};
}

struct Sink final : ReplySink {
  std::vector<Json> notifications;
  std::vector<Reply> replies;
  bool reads = true;  // else it is too slow to be asked anything
  void notify(std::string message) override { notifications.push_back(Json::parse(message)); }
  bool ask(std::string message) override {
    if (reads) notify(std::move(message));
    return reads;
  }
  // Nothing was said to the client, and nothing will be.
  bool endedInSilence() const { return replies.size() == 1 && replies[0].body.empty(); }
  void reply(Reply reply) override { replies.push_back(std::move(reply)); }
  Json body() const { return Json::parse(replies.at(0).body); }
};

// One client of one server, with one session.
class Client {
 public:
  explicit Client(const Server& server) : server_(server), session_(server.newSession()) {}

  std::shared_ptr<Sink> send(const std::string& text) {
    auto sink = std::make_shared<Sink>();
    server_.handle(text, session_, context, sink);
    return sink;
  }
  std::shared_ptr<Sink> send(const Json& message) { return send(message.dump()); }
  Json exchange(const Json& message) { return send(message)->body(); }
  Json ask(const std::string& method, Json params = Json::object()) {
    return exchange({{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}});
  }
  Json call(const std::string& tool, Json arguments) {
    return ask("tools/call", {{"name", tool}, {"arguments", std::move(arguments)}});
  }
  Json initialize(const std::string& revision) {
    return ask("initialize", {{"protocolVersion", revision},
                              {"capabilities", Json::object()},
                              {"clientInfo", {{"name", "test"}, {"version", "0"}}}});
  }
  const std::shared_ptr<Session>& session() const { return session_; }

  RequestContext context;

 private:
  const Server& server_;
  std::shared_ptr<Session> session_;
};

inline Json modernMeta(const std::string& revision = "2026-07-28") {
  return {{"io.modelcontextprotocol/protocolVersion", revision},
          {"io.modelcontextprotocol/clientCapabilities", Json::object()}};
}

inline Json modern(const std::string& method, Json params = Json::object()) {
  params["_meta"] = modernMeta();
  return {{"jsonrpc", "2.0"}, {"id", 7}, {"method", method}, {"params", std::move(params)}};
}

inline RequestContext overHttp(std::optional<std::string> version, std::optional<std::string> method = {},
                               std::optional<std::string> name = {}) {
  RequestContext context;
  context.http = RequestContext::HttpFacts{std::move(version), std::move(method), std::move(name), {}};
  return context;
}

}  // namespace checkout::mcp::testing
