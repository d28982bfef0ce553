#include "transport/streamable_http.hpp"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>

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

// The refusal of an MCP-Protocol-Version that names no revision. (A POST is refused with the message's own
// id.)
std::optional<HttpResponse> refusedVersion(const HttpRequest& request) {
  const auto version = joined(request, "MCP-Protocol-Version");
  auto reply = version ? mcp::Server::refuseVersion(*version) : std::nullopt;
  if (!reply) return std::nullopt;
  return messageResponse(reply->httpStatus, std::move(reply->body));
}

// One host may have all addresses of an IPv6 network (/64), and anybody can make up what is no address.
std::string networkOf(const std::string& address) {
  constexpr std::size_t kNetworkBytes = 8;
  in6_addr six{};
  in_addr four{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return address;
  if (::inet_pton(AF_INET6, address.c_str(), &six) != 1) return "unknown";
  if (IN6_IS_ADDR_V4MAPPED(&six)) return address;
  std::fill(std::begin(six.s6_addr) + kNetworkBytes, std::end(six.s6_addr), 0);
  char text[INET6_ADDRSTRLEN];
  return std::string(::inet_ntop(AF_INET6, &six, text, sizeof text)) + "/64";
}

// Whose limits a request counts for. Behind a reverse proxy on this machine every connection comes from
// loopback, and the proxy adds the address of its own peer to X-Forwarded-For, last. Nobody else is believed.
std::string clientOf(const HttpRequest& request) {
  const bool fromHere = request.peer.starts_with("127.") || request.peer == "::1";
  const auto forwarded = fromHere ? joined(request, "X-Forwarded-For") : std::nullopt;
  if (!forwarded) return networkOf(request.peer);
  const auto last = forwarded->rfind(',');
  return networkOf(
      std::string(trimmed(std::string_view(*forwarded).substr(last == std::string::npos ? 0 : last + 1))));
}

}  // namespace

// The answer to one POST: plain JSON unless something has to be said before the reply.
class StreamableHttp::PostSink final : public mcp::ReplySink {
 public:
  PostSink(std::shared_ptr<HttpSessions> sessions, std::shared_ptr<OpenStreams> streams,
           std::shared_ptr<HttpResponder> responder)
      : sessions_(std::move(sessions)), streams_(std::move(streams)), responder_(std::move(responder)) {}

  // Before it is used: whose request it answers.
  void of(const std::shared_ptr<mcp::Session>& negotiated) { negotiated_ = negotiated; }
  void of(const std::shared_ptr<HttpSession>& session) {  // its streams can be resumed
    session_ = session;
    negotiated_ = session->mcp();
  }
  void mayOpen(std::shared_ptr<HttpSession> session) {
    negotiated_ = session->mcp();
    opening_ = std::move(session);
  }

  void notify(std::string message) override { ask(std::move(message)); }

  bool ask(std::string message) override {
    bool began = false, sent = false;
    {
      std::lock_guard lock(mutex_);
      if (replied_) return false;
      if ((began = !stream_)) beginStream();
      sent = stream_->send(message);
    }
    if (began) streams_->watch(stream_, negotiated_.lock());
    return sent;
  }

  void reply(mcp::Reply reply) override {
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(replied_, true)) return;
    }
    // From here on nobody changes stream_.
    if (stream_) {
      if (!reply.body.empty()) stream_->send(reply.body);
      return stream_->end();
    }
    HttpResponse response = messageResponse(reply.httpStatus, std::move(reply.body));
    if (opening_ && mcp::Server::isOpen(*opening_->mcp()) && sessions_->adopt(opening_))
      response.headers.add("Mcp-Session-Id", opening_->id());
    responder_->respond(std::move(response));
  }

 private:
  void beginStream() {
    const auto session = session_.lock();
    stream_ = session ? session->newStream() : std::make_shared<SseStream>();
    stream_->carry(responder_, std::nullopt, session && session->primesStreams());
  }

  const std::shared_ptr<HttpSessions> sessions_;
  const std::shared_ptr<OpenStreams> streams_;
  const std::shared_ptr<HttpResponder> responder_;
  std::shared_ptr<HttpSession> opening_;
  std::weak_ptr<HttpSession> session_;
  std::weak_ptr<mcp::Session> negotiated_;
  std::mutex mutex_;  // keeps the order of one stream's events; the responder only queues
  std::shared_ptr<SseStream> stream_;
  bool replied_ = false;
};

StreamableHttp::StreamableHttp(const mcp::Server& server, StreamableHttpOptions options)
    : server_(server),
      options_(options),
      sessions_(std::make_shared<HttpSessions>(options.maxSessions, options.sessionIdle)),
      beating_([this] {
        tidy();
        return std::optional(options_.keepAlive);
      }) {}

StreamableHttp::~StreamableHttp() {
  beating_.stop();
  stop();
}

void StreamableHttp::post(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
  if (!accepts(request, kJson) || !accepts(request, kEventStream))
    return responder->respond(refusal(406, "Accept must list application/json and text/event-stream."));
  if (mediaType(request.headers.get("Content-Type").value_or("")) != kJson)
    return responder->respond(refusal(415, "Content-Type must be application/json."));

  mcp::RequestContext context;
  context.http = factsOf(request);
  const auto sink = std::make_shared<PostSink>(sessions_, streams_, responder);
  std::shared_ptr<mcp::Session> negotiated;
  const auto endWithConnection = [&] {
    responder->onDisconnect([negotiated] { mcp::Server::streamClosed(negotiated); });
  };
  if (isModern(request)) {  // which ignores session ids
    negotiated = server_.newSession({}, clientOf(request));
    sink->of(negotiated);
    endWithConnection();
  } else if (const auto id = joined(request, "Mcp-Session-Id")) {
    const auto session = sessions_->find(*id);
    if (!session) return responder->respond(unknownSession());
    negotiated = session->mcp();
    sink->of(session);
  } else {
    auto session = HttpSession::make(server_, clientOf(request));
    negotiated = session->mcp();
    sink->mayOpen(std::move(session));
    endWithConnection();
  }
  server_.handle(request.body, negotiated, context, sink);
}

void StreamableHttp::get(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
  const auto id = joined(request, "Mcp-Session-Id");
  if (isModern(request) || !id)
    return responder->respond(
        onlyPost("Only POST is served here; a GET needs the Mcp-Session-Id of a session."));
  if (auto refused = refusedVersion(request)) return responder->respond(*std::move(refused));
  if (!accepts(request, kEventStream))
    return responder->respond(refusal(406, "Accept must list text/event-stream."));
  const auto session = sessions_->find(*id);
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
  if (request.method == "HEAD") {  // which must not take the stream from whoever reads it
    HttpResponse head;
    head.headers.add("Content-Type", std::string(kEventStream));
    return responder->respond(std::move(head));
  }
  stream->carry(responder, after, session->primesStreams());
  streams_->watch(stream, session->mcp());
}

void StreamableHttp::remove(const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
  if (isModern(request)) return responder->respond(onlyPost("Only POST is served here."));
  if (auto refused = refusedVersion(request)) return responder->respond(*std::move(refused));
  const auto id = joined(request, "Mcp-Session-Id");
  if (!id) return responder->respond(refusal(400, "Mcp-Session-Id must say which session to end."));
  if (!sessions_->end(*id)) return responder->respond(unknownSession());
  HttpResponse done;
  done.status = 204;
  responder->respond(std::move(done));
}

void StreamableHttp::stop() {
  sessions_->endAll();
  streams_->endAll();
}

void StreamableHttp::tidy(HttpSession::Time now) {
  streams_->beat();
  for (const auto& session : sessions_->expire(now)) server_.expireQuestions(session->mcp());
}

StreamableHttp::Gauges StreamableHttp::gauges() const {
  return {static_cast<std::int64_t>(sessions_->size()), streams_->count()};
}

}  // namespace checkout::transport
