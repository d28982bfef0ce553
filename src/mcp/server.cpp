#include "mcp/server.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <variant>

#include "base/json_gate.hpp"
#include "base/log.hpp"
#include "mcp/envelope.hpp"
#include "mcp/era.hpp"
#include "mcp/revision.hpp"
#include "mcp/session.hpp"
#include "mcp/tool_call.hpp"
#include "mcp/tool_set.hpp"

namespace checkout::mcp {
namespace {

// Answers are larger than requests: without a bound, 256 KiB of tools/list would earn hundreds of megabytes.
constexpr std::size_t kLargestBatch = 32;

// A request once it is known which revision's rules it follows.
struct Request {
  Envelope envelope;
  Revision revision;
  RequestContext context;
  std::shared_ptr<Session> session;
  std::shared_ptr<ReplySink> sink;
  std::shared_ptr<RunningCall> running;  // null for what is answered at once

  const Json& params() const { return envelope.params; }
};

// The members of a result without braces, or a protocol error.
using Answer = std::variant<std::string, RpcError>;

// A reply that is ready, or the work that makes it.
using Outcome = std::variant<Reply, std::function<Reply()>>;

Reply errorReply(const Json& id, const RpcError& error) {
  return {errorMessage(id, error), error.httpStatus};
}

std::string members(const Json& object) {
  std::string text = dumpJson(object);
  text.pop_back();
  text.erase(0, 1);
  return text;
}

Json implementation(const ServerInfo& info) {
  Json json = {{"name", info.name}};
  if (!info.title.empty()) json["title"] = info.title;
  json["version"] = info.version;
  if (!info.websiteUrl.empty()) json["websiteUrl"] = info.websiteUrl;
  return json;
}

}  // namespace

struct Server::Parts {
  ServerInfo info;
  ToolSet tools;
  ServerOptions options;
  std::string modernMeta;  // "_meta":{…} of every modern result

  Parts(ServerInfo i, std::vector<RegisteredTool> t, ServerOptions o)
      : info(std::move(i)), tools(std::move(t), o.toolsPerPage), options(o) {
    modernMeta = members({{"_meta", {{kServerInfoKey, implementation(info)}}}});
  }

  // One line a method. A slow one is registered, and then runs where the transport likes.
  struct Method {
    std::string_view name;
    Answer (Parts::*answer)(const Request&) const;
    bool slow = false;
  };
  static const std::array<Method, 5> kHandshakeMethods;
  static const std::array<Method, 3> kModernMethods;

  static const Method* findMethod(const Request& request) {
    const auto in = [&](const auto& table) -> const Method* {
      for (const Method& method : table)
        if (method.name == request.envelope.method) return &method;
      return nullptr;
    };
    return isModern(request.revision) ? in(kModernMethods) : in(kHandshakeMethods);
  }

  // --- methods ---

  Answer initialize(const Request& request) const {
    const auto wanted = request.params().find("protocolVersion");
    if (wanted == request.params().end() || !wanted->is_string())
      return RpcError{kInvalidParams, "Invalid params: \"protocolVersion\", a string, is missing.", nullptr};
    for (const char* object : {"capabilities", "clientInfo"})
      if (request.params().contains(object) && !request.params()[object].is_object())
        return RpcError{kInvalidParams, std::string("Invalid params: \"") + object + "\" must be an object.",
                        nullptr};
    const auto known = revisionFromString(wanted->get<std::string>());
    const Revision revision = known && !isModern(*known) ? *known : kLatestHandshake;
    request.session->negotiate(revision);
    return members({{"protocolVersion", toString(revision)},
                    {"capabilities", {{"tools", Json::object()}, {"logging", Json::object()}}},
                    {"serverInfo", implementation(info)},
                    {"instructions", info.instructions}});
  }

  Answer discover(const Request&) const {
    return members({{"supportedVersions", modernRevisions()},
                    {"capabilities", {{"tools", Json::object()}}},
                    {"instructions", info.instructions},
                    {"ttlMs", options.listTtlMs},
                    {"cacheScope", "public"}});
  }

  Answer ping(const Request&) const { return std::string(); }

  Answer setLogLevel(const Request& request) const {
    const auto name = request.params().find("level");
    const auto level = name != request.params().end() && name->is_string()
                           ? logLevelFromString(name->get<std::string>())
                           : std::nullopt;
    if (!level)
      return RpcError{
          kInvalidParams,
          "Invalid params: \"level\" must be debug, info, notice, warning, error, critical, alert or "
          "emergency.",
          nullptr};
    request.session->setLogLevel(*level);
    return std::string();
  }

  Answer listTools(const Request& request) const {
    std::optional<std::string> cursor;
    if (const auto given = request.params().find("cursor"); given != request.params().end()) {
      if (!given->is_string())
        return RpcError{kInvalidParams, "Invalid params: \"cursor\" must be a string.", nullptr};
      cursor = given->get<std::string>();
    }
    const auto page = tools.page(cursor);
    if (!page)
      return RpcError{kInvalidParams, "Invalid params: unknown cursor. Start again without one.", nullptr};
    std::string text = R"("tools":)";
    text += page->tools;
    if (page->nextCursor) text.append(R"(,"nextCursor":)").append(dumpJson(*page->nextCursor));
    if (isModern(request.revision))
      text.append(",").append(members({{"ttlMs", options.listTtlMs}, {"cacheScope", "public"}}));
    return text;
  }

  Answer callTool(const Request& request) const {
    const bool checkHeaders = request.context.http && isModern(request.revision);
    auto read = readToolCall(tools, request.params(), checkHeaders ? &*request.context.http : nullptr);
    if (auto* mistake = std::get_if<RpcError>(&read)) return std::move(*mistake);
    ToolContext context = toolContext(request.params(), request.context, request.running, request.sink);
    return toolResultMembers(runTool(std::get<ToolCall>(read), context, [&](const std::string& message) {
      const auto level = request.session->logLevel();
      if (isModern(request.revision) || !level || *level > LogLevel::Error) return;
      request.sink->notify(notificationMessage("notifications/message",
                                               {{"level", "error"}, {"logger", "tools"}, {"data", message}}));
    }));
  }

  // --- dispatch ---

  Reply answer(const Request& request, const Method& method) const {
    try {
      Answer answer = (this->*method.answer)(request);
      if (request.running && request.running->cancelled) return {"", kAccepted};
      if (const auto* error = std::get_if<RpcError>(&answer)) return errorReply(request.envelope.id, *error);
      return {resultMessage(request.envelope.id, resultText(request.revision, std::get<std::string>(answer))),
              kOk};
    } catch (const std::exception& problem) {
      log::error("a request failed", {{"method", request.envelope.method}, {"problem", problem.what()}});
      return errorReply(request.envelope.id, {kInternalError, "Internal error.", nullptr});
    }
  }

  std::string resultText(Revision revision, const std::string& answer) const {
    if (!isModern(revision)) return "{" + answer + "}";
    return R"({"resultType":"complete",)" + answer + (answer.empty() ? "" : ",") + modernMeta + "}";
  }

  void takeNotification(const Envelope& envelope, const std::shared_ptr<Session>& session) const {
    if (envelope.method != "notifications/cancelled") return;
    if (const auto id = envelope.params.find("requestId"); id != envelope.params.end()) session->cancel(*id);
  }

  Outcome take(Json message, const std::shared_ptr<Session>& session, const RequestContext& context,
               const std::shared_ptr<ReplySink>& sink, bool inBatch) const {
    Envelope envelope = readEnvelope(std::move(message));
    if (envelope.kind == Envelope::Kind::Invalid) return errorReply(envelope.id, envelope.problem);
    if (envelope.kind != Envelope::Kind::Request) {
      if (const auto& http = context.http; http && http->protocolVersion)
        if (const auto named = handshakeRevision(context, *session);
            const auto* error = std::get_if<RpcError>(&named))
          return errorReply(nullptr, *error);
      // Nothing is asked of clients yet, so a response answers nothing.
      if (envelope.kind == Envelope::Kind::Notification) takeNotification(envelope, session);
      return Reply{"", kAccepted};
    }
    const auto revision = decideRevision(envelope, context, *session);
    if (const auto* error = std::get_if<RpcError>(&revision)) return errorReply(envelope.id, *error);
    if (inBatch && (envelope.method == "initialize" || isModern(std::get<Revision>(revision))))
      return errorReply(envelope.id,
                        {kInvalidRequest, "Invalid request: this must not be part of a batch.", nullptr});

    Request request{std::move(envelope), std::get<Revision>(revision), context, session, sink, nullptr};
    const Method* method = findMethod(request);
    if (!method)
      return errorReply(request.envelope.id,
                        {kMethodNotFound, "Method not found: " + quoteShort(request.envelope.method) + ".",
                         nullptr, isModern(request.revision) ? kNotFound : kOk});
    if (!method->slow) return answer(request, *method);
    request.running = Session::begin(session, request.envelope.id, request.revision);
    return [this, method, request = std::move(request)] { return answer(request, *method); };
  }

  Outcome takeBatch(Json batch, const std::shared_ptr<Session>& session, const RequestContext& context,
                    const std::shared_ptr<ReplySink>& sink) const {
    const auto refuse = [](std::string why) {
      return errorReply(nullptr,
                        {kInvalidRequest, "Invalid request: " + std::move(why), nullptr, kBadRequest});
    };
    const auto revision = handshakeRevision(context, *session);
    if (!std::holds_alternative<Revision>(revision) || std::get<Revision>(revision) != Revision::V2025_03_26)
      return refuse("batches belong to revision 2025-03-26 only; send one message at a time.");
    if (batch.empty()) return refuse("the batch is empty.");
    if (batch.size() > kLargestBatch)
      return refuse("a batch may hold at most " + std::to_string(kLargestBatch) + " messages.");
    std::vector<Outcome> outcomes;
    for (Json& message : batch) outcomes.push_back(take(std::move(message), session, context, sink, true));
    return [outcomes = std::move(outcomes)] {
      std::string bodies;
      for (const Outcome& outcome : outcomes) {
        const Reply reply = std::holds_alternative<Reply>(outcome)
                                ? std::get<Reply>(outcome)
                                : std::get<std::function<Reply()>>(outcome)();
        if (!reply.body.empty()) bodies += (bodies.empty() ? "" : ",") + reply.body;
      }
      return bodies.empty() ? Reply{"", kAccepted} : Reply{"[" + bodies + "]", kOk};
    };
  }
};

const std::array<Server::Parts::Method, 5> Server::Parts::kHandshakeMethods{{
    {"initialize", &Parts::initialize},
    {"ping", &Parts::ping},
    {"logging/setLevel", &Parts::setLogLevel},
    {"tools/list", &Parts::listTools},
    {"tools/call", &Parts::callTool, true},
}};
const std::array<Server::Parts::Method, 3> Server::Parts::kModernMethods{{
    {"server/discover", &Parts::discover},
    {"tools/list", &Parts::listTools},
    {"tools/call", &Parts::callTool, true},
}};

Server::Server(ServerInfo info, std::vector<RegisteredTool> tools, ServerOptions options)
    : parts_(std::make_unique<Parts>(std::move(info), std::move(tools), options)) {}
Server::~Server() = default;

std::shared_ptr<Session> Server::newSession() const {
  return std::make_shared<Session>();
}

Work Server::accept(std::string_view text, const std::shared_ptr<Session>& session,
                    const RequestContext& context, const std::shared_ptr<ReplySink>& sink) const {
  auto message = parseUntrustedJson(text);
  if (!message.ok()) {
    sink->reply(errorReply(nullptr, {kParseError, "Parse error: " + message.error().message,
                                     message.error().details, kBadRequest}));
    return {};
  }
  Outcome outcome = message->is_array() ? parts_->takeBatch(*std::move(message), session, context, sink)
                                        : parts_->take(*std::move(message), session, context, sink, false);
  if (auto* reply = std::get_if<Reply>(&outcome)) {
    sink->reply(std::move(*reply));
    return {};
  }
  return [work = std::get<std::function<Reply()>>(std::move(outcome)), sink] { sink->reply(work()); };
}

void Server::handle(std::string_view text, const std::shared_ptr<Session>& session,
                    const RequestContext& context, const std::shared_ptr<ReplySink>& sink) const {
  if (const Work work = accept(text, session, context, sink)) work();
}

void Server::streamClosed(const std::shared_ptr<Session>& session) const {
  session->cancelModern();
}

Reply Server::tooLarge(std::size_t limitBytes) {
  return errorReply(
      nullptr,
      {kParseError, "Parse error: a message may have at most " + std::to_string(limitBytes) + " bytes.",
       nullptr, kBadRequest});
}

}  // namespace checkout::mcp
