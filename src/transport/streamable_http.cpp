#include "transport/streamable_http.hpp"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.hpp"

namespace checkout::transport {
namespace {

constexpr std::string_view kParamPrefix = "mcp-param-";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEventStream = "text/event-stream";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The media type of a Content-Type or of one item of Accept, lower case, without parameters.
std::string mediaType(std::string_view field) {
  return asciiLower(trimmed(field.substr(0, field.find(';'))));
}

bool accepts(const HttpRequest& request, std::string_view type) {
  const auto fields = request.headers.all("Accept");
  if (fields.empty()) return true;  // RFC 9110 section 12.5.1: no preference
  const std::string family = std::string(type.substr(0, type.find('/'))) + "/*";
  for (const std::string& field : fields) {
    std::string_view rest = field;
    while (true) {
      const auto comma = rest.find(',');
      const std::string item = mediaType(rest.substr(0, comma));
      if (item == type || item == family || item == "*/*") return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

std::optional<std::string> joined(const HttpRequest& request, std::string_view name) {
  std::optional<std::string> value;
  for (const std::string& field : request.headers.all(name))
    value = (value ? *value + ", " : "") + std::string(trimmed(field));
  return value;
}

mcp::RequestContext::HttpFacts factsOf(const HttpRequest& request) {
  mcp::RequestContext::HttpFacts facts;
  facts.protocolVersion = joined(request, "MCP-Protocol-Version");
  facts.method = joined(request, "Mcp-Method");
  facts.name = joined(request, "Mcp-Name");
  for (const auto& [name, value] : request.headers.fields()) {
    const std::string key = asciiLower(name);
    if (!key.starts_with(kParamPrefix)) continue;
    const std::string param = key.substr(kParamPrefix.size());
    const auto known = std::find_if(facts.params.begin(), facts.params.end(),
                                    [&](const auto& one) { return one.first == param; });
    if (known == facts.params.end()) facts.params.emplace_back(param, *joined(request, name));
  }
  return facts;
}

HttpResponse messageResponse(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  if (!body.empty()) response.headers.add("Content-Type", std::string(kJson));
  response.body = std::move(body);
  return response;
}

// A refusal before any message was read; an error without a request, so its id is null.
HttpResponse refusal(int status, const std::string& message) {
  return messageResponse(
      status, R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":")" + message + "\"}}");
}

// One server-sent event; every line of the message becomes a data line, which the client joins again.
std::string sseEvent(std::string_view message) {
  std::string event = "event: message\n";
  while (true) {
    const auto end = message.find_first_of("\r\n");
    event += "data: ";
    event += message.substr(0, end);
    event += '\n';
    if (end == std::string_view::npos) break;
    message.remove_prefix(end + 1);
  }
  return event += '\n';
}

// The answer to one POST: plain JSON unless something has to be said before the reply.
class PostSink final : public mcp::ReplySink {
 public:
  explicit PostSink(std::shared_ptr<HttpResponder> responder) : responder_(std::move(responder)) {}

  void notify(std::string message) override {
    std::lock_guard lock(mutex_);
    if (replied_) return;
    if (!streaming_) {
      HttpHeaders headers;
      headers.add("Content-Type", std::string(kEventStream));
      headers.add("Cache-Control", "no-store");
      headers.add("X-Accel-Buffering", "no");
      responder_->begin(200, std::move(headers));
      streaming_ = true;
    }
    responder_->write(sseEvent(message));
  }

  void reply(mcp::Reply reply) override {
    std::lock_guard lock(mutex_);
    replied_ = true;
    if (!streaming_) return responder_->respond(messageResponse(reply.httpStatus, std::move(reply.body)));
    if (!reply.body.empty()) responder_->write(sseEvent(reply.body));
    responder_->finish();
  }

 private:
  std::shared_ptr<HttpResponder> responder_;
  std::mutex mutex_;  // keeps the order of one stream's events; the responder only queues
  bool streaming_ = false;
  bool replied_ = false;
};

}  // namespace

void StreamableHttp::post(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) const {
  if (!accepts(request, kJson) || !accepts(request, kEventStream))
    return responder->respond(refusal(406, "Accept must list application/json and text/event-stream."));
  if (mediaType(request.headers.get("Content-Type").value_or("")) != kJson)
    return responder->respond(refusal(415, "Content-Type must be application/json."));

  mcp::RequestContext context;
  context.http = factsOf(request);
  const auto session = server_.newSession();
  responder->onDisconnect([server = &server_, session] { server->streamClosed(session); });
  server_.handle(request.body, session, context, std::make_shared<PostSink>(responder));
}

void StreamableHttp::refuseMethod(const std::shared_ptr<HttpResponder>& responder) const {
  HttpResponse response = refusal(405, "Only POST is served here.");
  response.headers.add("Allow", "POST");
  responder->respond(std::move(response));
}

}  // namespace checkout::transport
