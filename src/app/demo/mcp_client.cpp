#include "app/demo/mcp_client.hpp"

#include "base/json_gate.hpp"

namespace checkout::app::demo {
namespace {

constexpr Milliseconds kPatience{10'000};
constexpr JsonLimits kAnswerLimits{.maxBytes = 4 * 1024 * 1024, .maxDepth = 64, .maxNodes = 100'000};

const Json kClientInfo = {{"name", "checkout-mcp demo"}, {"version", CHECKOUT_VERSION}};

Result<Json> resultOf(const Json& answer) {
  if (answer.is_object() && answer.contains("result")) return Json(answer["result"]);
  return Error(ErrorCode::Internal, "a JSON-RPC result was expected, this came: " + answer.dump());
}

class PipeClient final : public McpClient {
 public:
  explicit PipeClient(Child& server) : server_(server) {}

  Result<Json> open() override {
    CHECKOUT_ASSIGN(hello, request("initialize", {{"protocolVersion", "2025-11-25"},
                                                  {"capabilities", Json::object()},
                                                  {"clientInfo", kClientInfo}}));
    CHECKOUT_TRY(server_.writeLine(Json{{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}}.dump()));
    return hello;
  }

  Result<Json> request(const std::string& method, Json params) override {
    const int id = ++lastId_;
    CHECKOUT_TRY(server_.writeLine(
        Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}.dump()));
    for (;;) {
      CHECKOUT_ASSIGN(line, server_.readLine(kPatience));
      CHECKOUT_ASSIGN(message, parseUntrustedJson(line, kAnswerLimits));
      if (message.contains("id") && message["id"] == id)
        return resultOf(message);  // others are notifications
    }
  }

 private:
  Child& server_;
  int lastId_ = 0;
};

class WebClient final : public McpClient {
 public:
  WebClient(HttpClient& http, std::string origin, Json capabilities)
      : http_(http), origin_(std::move(origin)), capabilities_(std::move(capabilities)) {}

  Result<Json> open() override { return request("server/discover", Json::object()); }

  Result<Json> request(const std::string& method, Json params) override {
    params["_meta"] = {{"io.modelcontextprotocol/protocolVersion", kRevision},
                       {"io.modelcontextprotocol/clientInfo", kClientInfo},
                       {"io.modelcontextprotocol/clientCapabilities", capabilities_}};
    HttpRequest post;
    post.method = "POST";
    post.target = "/mcp";
    post.headers.add("Content-Type", "application/json");
    post.headers.add("Accept", "application/json, text/event-stream");
    post.headers.add("MCP-Protocol-Version", kRevision);
    post.headers.add("Mcp-Method", method);
    if (params.contains("name")) post.headers.add("Mcp-Name", params["name"].get<std::string>());
    post.body =
        Json{{"jsonrpc", "2.0"}, {"id", ++lastId_}, {"method", method}, {"params", std::move(params)}}.dump();
    const HttpExchange exchange = http_.send(origin_, post, kPatience);
    if (exchange.failure) return Error(ErrorCode::ServiceUnavailable, exchange.failure->message);
    auto answer = parseUntrustedJson(exchange.response->body, kAnswerLimits);
    if (answer.ok()) return resultOf(*answer);
    return Error(ErrorCode::Internal, "JSON was expected, HTTP " + std::to_string(exchange.response->status) +
                                          " came: " + exchange.response->body.substr(0, 500));
  }

 private:
  static constexpr const char* kRevision = "2026-07-28";

  HttpClient& http_;
  const std::string origin_;
  const Json capabilities_;
  int lastId_ = 0;
};

}  // namespace

std::unique_ptr<McpClient> makePipeClient(Child& server) {
  return std::make_unique<PipeClient>(server);
}

std::unique_ptr<McpClient> makeWebClient(HttpClient& http, std::string origin, Json capabilities) {
  return std::make_unique<WebClient>(http, std::move(origin), std::move(capabilities));
}

}  // namespace checkout::app::demo
