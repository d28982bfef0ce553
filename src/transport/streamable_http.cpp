#include "transport/streamable_http.hpp"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.hpp"
#include "mcp/revision.hpp"

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

// A refusal before any message was read: an error without an id.
HttpResponse refusal(int status, const std::string& message) {
  return messageResponse(status, R"({"jsonrpc":"2.0","error":{"code":-32600,"message":")" + message + "\"}}");
}

HttpResponse unknownSession() {
  return refusal(404, "There is no such session, or it has ended. Begin a new one with initialize.");
}

HttpResponse onlyPost(const std::string& why) {
  HttpResponse response = refusal(405, why);
  response.headers.add("Allow", "POST");
  return response;
}

bool isModern(const HttpRequest& request) {
  const auto version = mcp::revisionFromString(joined(request, "MCP-Protocol-Version").value_or(""));
  return version && mcp::isModern(*version);
}

}  // namespace

// The answer to one POST: plain JSON unless something has to be said before the reply.
class StreamableHttp::PostSink final : public mcp::ReplySink {
 public:
  // `session`: whose streams can be resumed; null if there is none. `opens`: the request may be the first of
  // it.
  PostSink(StreamableHttp& endpoint, std::shared_ptr<HttpResponder> responder,
           std::shared_ptr<HttpSession> session, bool opens)
      : endpoint_(endpoint), responder_(std::move(responder)), session_(std::move(session)), opens_(opens) {}

  void notify(std::string message) override {
    std::lock_guard lock(mutex_);
    if (replied_) return;
    if (!stream_) startStream();
    stream_->send(message);
  }

  void reply(mcp::Reply reply) override {
    std::lock_guard lock(mutex_);
    replied_ = true;
    if (stream_) {
      if (!reply.body.empty()) stream_->send(reply.body);
      return stream_->end();
    }
    HttpResponse response = messageResponse(reply.httpStatus, std::move(reply.body));
    if (opens_ && mcp::Server::isOpen(*session_->mcp())) {
      endpoint_.sessions_.adopt(session_);
      response.headers.add("Mcp-Session-Id", session_->id());
    }
    responder_->respond(std::move(response));
  }

 private:
  void startStream() {
    const bool resumable = session_ && !opens_;
    stream_ = resumable ? session_->newStream() : std::make_shared<SseStream>();
    stream_->carry(responder_, std::nullopt, resumable && session_->primesStreams());
    endpoint_.watch(stream_);
  }

  StreamableHttp& endpoint_;
  const std::shared_ptr<HttpResponder> responder_;
  const std::shared_ptr<HttpSession> session_;
  const bool opens_;
  std::mutex mutex_;  // keeps the order of one stream's events; the responder only queues
  std::shared_ptr<SseStream> stream_;
  bool replied_ = false;
};

StreamableHttp::StreamableHttp(const mcp::Server& server, StreamableHttpOptions options)
    : server_(server),
      options_(options),
      sessions_(server, options.maxSessions, options.sessionIdle),
      beating_([this] { return keepAlive(); }) {}

StreamableHttp::~StreamableHttp() {
  beating_.stop();
  sessions_.endAll();
}

void StreamableHttp::post(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
  if (!accepts(request, kJson) || !accepts(request, kEventStream))
    return responder->respond(refusal(406, "Accept must list application/json and text/event-stream."));
  if (mediaType(request.headers.get("Content-Type").value_or("")) != kJson)
    return responder->respond(refusal(415, "Content-Type must be application/json."));

  mcp::RequestContext context;
  context.http = factsOf(request);
  std::shared_ptr<HttpSession> session;
  bool opens = false;
  if (!isModern(request)) {  // the modern revision ignores session ids
    if (const auto id = joined(request, "Mcp-Session-Id")) {
      session = sessions_.find(*id);
      if (!session) return responder->respond(unknownSession());
    } else {
      session = HttpSession::make(server_);
      opens = true;
    }
  }
  const auto negotiated = session ? session->mcp() : server_.newSession();
  responder->onDisconnect([server = &server_, negotiated] { server->streamClosed(negotiated); });
  server_.handle(request.body, negotiated, context,
                 std::make_shared<PostSink>(*this, responder, session, opens));
}

void StreamableHttp::get(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
  const auto id = joined(request, "Mcp-Session-Id");
  if (isModern(request) || !id)
    return responder->respond(
        onlyPost("Only POST is served here; a GET needs the Mcp-Session-Id of a session."));
  if (!accepts(request, kEventStream))
    return responder->respond(refusal(406, "Accept must list text/event-stream."));
  const auto session = sessions_.find(*id);
  if (!session) return responder->respond(unknownSession());
  auto stream = session->listening();
  std::optional<std::uint64_t> after;
  if (const auto last = joined(request, "Last-Event-ID")) {
    const auto event = SseStream::parseEventId(*last);
    stream = event ? session->findStream(event->stream) : nullptr;
    if (!stream)
      return responder->respond(refusal(400, "Last-Event-ID is of no stream that can still be resumed."));
    after = event->number;
  }
  stream->carry(responder, after, session->primesStreams());
  watch(stream);
}

void StreamableHttp::remove(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
  if (isModern(request)) return responder->respond(onlyPost("Only POST is served here."));
  const auto id = joined(request, "Mcp-Session-Id");
  if (!id) return responder->respond(refusal(400, "Mcp-Session-Id must say which session to end."));
  if (!sessions_.end(*id)) return responder->respond(unknownSession());
  HttpResponse done;
  done.status = 204;
  responder->respond(std::move(done));
}

void StreamableHttp::stop() {
  server_.endSubscriptions();
  sessions_.endAll();
}

void StreamableHttp::watch(const std::shared_ptr<SseStream>& stream) {
  std::lock_guard lock(mutex_);
  // What has ended is forgotten before the list grows, so that it costs by what is open at a time.
  if (streams_.size() == streams_.capacity()) {
    std::erase_if(streams_, [](const auto& one) { return one.expired(); });
    streams_.reserve(2 * streams_.size() + 64);
  }
  streams_.push_back(stream);
}

std::optional<Milliseconds> StreamableHttp::keepAlive() {
  std::vector<std::shared_ptr<SseStream>> open;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(streams_, [&](const auto& one) {
      auto stream = one.lock();
      if (!stream || !stream->isCarried()) return true;
      open.push_back(std::move(stream));
      return false;
    });
  }
  for (const auto& stream : open) stream->beat();
  sessions_.endIdle();
  return options_.keepAlive;
}

}  // namespace checkout::transport
