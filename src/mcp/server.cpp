#include "mcp/server.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "base/json_gate.hpp"
#include "base/log.hpp"
#include "base/seal.hpp"
#include "mcp/client_features.hpp"
#include "mcp/era.hpp"
#include "mcp/header_value.hpp"
#include "mcp/methods.hpp"
#include "mcp/paging.hpp"
#include "mcp/resource_lookup.hpp"
#include "mcp/rounds.hpp"

namespace checkout::mcp {
namespace {

// Answers are larger than requests: without a bound, 256 KiB of tools/list would earn hundreds of megabytes.
constexpr std::size_t kLargestBatch = 32, kLargestBatchAnswer = 1024 * 1024;

// The work that makes a reply; without one, it comes later and on its own.
struct Making {
  std::function<std::optional<Reply>()> make;
  bool inProviderLane = false;
};
using Outcome = std::variant<Reply, Making>;

Reply errorReply(const Json& id, const RpcError& error) {
  return {errorMessage(id, error), error.httpStatus};
}

std::vector<ResourceEntry> entriesOf(std::vector<std::unique_ptr<ResourceFamily>> families) {
  std::vector<ResourceEntry> entries;
  for (auto& family : families) {
    UriTemplate uri(family->descriptor().uriTemplate);
    entries.push_back({std::move(uri), std::move(family)});
  }
  return entries;
}

const Clock& clockOf(const ServerOptions& options) {
  static const SystemClock kSystem;
  return options.clock ? *options.clock : kSystem;
}

Engine makeEngine(ServerInfo info, Features features, const ServerOptions& options) {
  return {std::move(info),
          options,
          ToolSet(std::move(features.tools), options.toolsPerPage),
          entriesOf(std::move(features.resources)),
          std::move(features.prompts),
          RequestState(options.stateKey.empty() ? newSealKey() : options.stateKey, options.stateLifetime,
                       clockOf(options)),
          Subscriptions(options.maxSubscriptions, options.maxSubscriptionsPerClient),
          std::make_shared<Gauges>(),
          std::make_unique<Lane>("provider", options.providerCalls, options.metrics)};
}

// Answers a message in one go, for a batch: what would come later can't be part of it.
Reply replyOf(const Outcome& outcome) {
  if (const auto* ready = std::get_if<Reply>(&outcome)) return *ready;
  return std::get<Making>(outcome).make().value_or(Reply{"", kAccepted});
}

}  // namespace

const Clock& Engine::clock() const {
  return clockOf(options);
}

std::optional<RpcError> checkNameHeader(const Request& request, const std::string& value) {
  const auto* headers = request.checkedHeaders();
  if (!headers) return std::nullopt;
  if (!headers->name) return headerMismatch("Header mismatch: the Mcp-Name header is missing.");
  if (decodeHeaderValue(*headers->name) != value)
    return headerMismatch("Header mismatch: Mcp-Name is " + quoteShort(*headers->name) +
                          " but the body says " + quoteShort(value) + ".");
  return std::nullopt;
}

struct Server::Parts {
  Engine engine;
  std::string modernMeta;  // "_meta":{…} of every modern result

  Parts(ServerInfo info, Features features, const ServerOptions& options)
      : engine(makeEngine(std::move(info), std::move(features), options)),
        modernMeta(membersOf({{"_meta", {{kServerInfoKey, implementation(engine.info)}}}})) {}

  Reply resultReply(const Request& request, const std::string& members, const char* type = "complete") const {
    std::string text = "{";
    if (isModern(request.revision)) {
      text.append(R"("resultType":")").append(type).append("\",");
      text.append(members).append(members.empty() ? "" : ",").append(modernMeta);
    } else {
      text += members;
    }
    return {resultMessage(request.envelope.id, text + "}"), kOk};
  }

  // Takes a place for a request that may wait for the payment provider. True: it has one, and runs in that
  // lane.
  bool enterProviderLane(Request& request) const {
    if (providerUse(engine, request) == ProviderUse::None) return false;
    const auto arguments = request.params().find("arguments");
    const bool given = arguments != request.params().end() && arguments->is_object();
    const auto tenant = given ? stringMember(*arguments, kTenantArgument) : std::nullopt;
    request.providerPlace = engine.providerLane->enter(tenant.value_or(""));
    request.mayAskProvider = request.providerPlace != nullptr;
    return request.mayAskProvider;
  }

  // nullopt: the reply comes later.
  std::optional<Reply> answer(const std::shared_ptr<Request>& request, const Method& method) const {
    const Lane::Place place = std::exchange(request->providerPlace, nullptr);
    try {
      const auto isCancelled = [&] { return request->running && request->running->isCancelled(); };
      if (isCancelled()) return Reply{"", kAccepted};
      Answer answer = method.answer(engine, *request);
      if (std::holds_alternative<Deferred>(answer)) return std::nullopt;  // its reply is another's, even now
      if (isCancelled()) return Reply{"", kAccepted};
      if (const auto* error = std::get_if<RpcError>(&answer)) return errorReply(request->envelope.id, *error);
      if (const auto* needed = std::get_if<InputNeeded>(&answer)) return ask(request, method, *needed);
      return resultReply(*request, std::get<Members>(answer).text);
    } catch (const std::exception& problem) {
      log::error("a request failed", {{"method", request->envelope.method}, {"problem", problem.what()}});
      return errorReply(request->envelope.id, {kInternalError, "Internal error.", nullptr});
    }
  }

  std::optional<Reply> ask(const std::shared_ptr<Request>& request, const Method& method,
                           const InputNeeded& needed) const {
    const auto fail = [&](const RpcError& error) { return errorReply(request->envelope.id, error); };
    if (const auto missing = missingFeatures(needed, request->client, request->revision))
      return fail(*missing);
    if (isModern(request->revision))
      return resultReply(*request, inputRequired(engine, *request, needed).text, "input_required");
    // The session is to own the waiting request, and not the other way round as well.
    const std::shared_ptr<Session> session = std::exchange(request->session, nullptr);
    Questions::Waiting waiting;
    waiting.enterProviderLane = [this, request] { return enterProviderLane(*request); };
    waiting.resume = [this, request, &method, state = needed.state,
                      weak = std::weak_ptr(session)](Json answers) {
      request->session = weak.lock();
      request->input = {std::move(answers), state};
      if (auto reply = request->session ? answer(request, method) : Reply{"", kAccepted})
        request->sink->reply(*std::move(reply));
    };
    waiting.giveUp = [request](const std::optional<RpcError>& why) {
      request->sink->reply(why ? errorReply(request->envelope.id, *why) : Reply{"", kAccepted});
    };
    if (const auto mistake = askByRequests(engine, session, *request, needed, std::move(waiting)))
      return fail(*mistake);
    return std::nullopt;
  }

  // Whom a request can be answered with questions.
  static ClientFeatures clientOf(const Request& request, bool inBatch) {
    if (isModern(request.revision))
      return featuresOf(*metaValue(request.params(), kClientCapabilitiesKey), request.revision);
    // Its answers need a way back to this request.
    if (inBatch || !request.session->outlet()) return {};
    return request.session->client();
  }

  Outcome takeRequest(Envelope envelope, const std::shared_ptr<Session>& session,
                      const RequestContext& context, const std::shared_ptr<ReplySink>& sink,
                      bool inBatch) const {
    const auto revision = decideRevision(envelope, context, *session);
    if (const auto* error = std::get_if<RpcError>(&revision)) return errorReply(envelope.id, *error);
    if (inBatch && (envelope.method == "initialize" || isModern(std::get<Revision>(revision))))
      return errorReply(envelope.id,
                        {kInvalidRequest, "Invalid request: this must not be part of a batch.", nullptr});

    const auto request = std::make_shared<Request>(Request{
        std::move(envelope), std::get<Revision>(revision), context, session, sink, nullptr, {}, {}, {}});
    const Json& id = request->envelope.id;
    const Method* method = findMethod(engine, request->revision, request->envelope.method);
    if (!method)
      return errorReply(
          id, {kMethodNotFound, "Method not found: " + quoteShort(request->envelope.method) + ".", nullptr,
               isModern(request->revision) ? kNotFound : kOk});
    request->client = clientOf(*request, inBatch);
    if (const auto mistake = readModernParams(*request, *method)) return errorReply(id, *mistake);
    if (method->pace == Method::Pace::AtOnce) return *answer(request, *method);
    request->running = session->begin(id, request->revision);
    const bool inProviderLane = enterProviderLane(*request);
    return Making{[this, method, request] { return answer(request, *method); }, inProviderLane};
  }

  std::optional<RpcError> readModernParams(Request& request, const Method& method) const {
    if (!isModern(request.revision)) return std::nullopt;
    if (const Json* level = metaValue(request.params(), kLogLevelKey)) {
      request.logLevel = level->is_string() ? logLevelFromString(level->get<std::string>()) : std::nullopt;
      if (!request.logLevel) return invalidParams(std::string(kLogLevelKey) + " is no level of RFC 5424.");
    }
    return method.mayAsk ? readInput(engine, request) : std::nullopt;
  }

  Outcome take(Json message, const std::shared_ptr<Session>& session, const RequestContext& context,
               const std::shared_ptr<ReplySink>& sink, bool inBatch) const {
    Envelope envelope = readEnvelope(std::move(message));
    if (envelope.kind == Envelope::Kind::Invalid) return errorReply(envelope.id, envelope.problem);
    if (envelope.kind == Envelope::Kind::Request)
      return takeRequest(std::move(envelope), session, context, sink, inBatch);
    if (context.http && context.http->protocolVersion)
      if (const auto named = handshakeRevision(context, *session);
          const auto* error = std::get_if<RpcError>(&named))
        return errorReply(nullptr, *error);
    if (envelope.kind == Envelope::Kind::Response) return takeResponse(envelope, *session, sink, inBatch);
    if (envelope.method == "notifications/cancelled")
      if (const auto id = envelope.params.find("requestId"); id != envelope.params.end())
        session->cancel(*id);
    return Reply{"", kAccepted};
  }

  // What was waiting for it goes on, with a sink of its own; the response itself is only acknowledged.
  static Outcome takeResponse(const Envelope& response, Session& session,
                              const std::shared_ptr<ReplySink>& sink, bool inBatch) {
    auto answered = session.questions().answer(response);
    if (!answered) return Reply{"", kAccepted};
    if (!inBatch) sink->reply({"", kAccepted});
    const bool inProviderLane = answered->waiting.enterProviderLane();
    const auto resume = [answered = *std::move(answered), inBatch]() -> std::optional<Reply> {
      answered.waiting.resume(answered.answers);
      return inBatch ? std::optional(Reply{"", kAccepted}) : std::nullopt;
    };
    return Making{resume, inProviderLane};
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
    const auto tooLarge = [](const Json& id) {
      return Reply{
          errorMessage(id, {kInvalidRequest,
                            "Invalid request: the answers to this batch are too large together; this "
                            "one was not carried out. Send it on its own.",
                            nullptr})};
    };
    std::vector<std::pair<Json, Outcome>> outcomes;
    std::size_t ready = 0;
    for (Json& message : batch) {
      const bool isRequest = message.is_object() && message.contains("id") && message.contains("method");
      Json id = isRequest ? message["id"] : Json();
      Outcome outcome = isRequest && ready > kLargestBatchAnswer
                            ? Outcome(tooLarge(id))
                            : take(std::move(message), session, context, sink, true);
      if (const auto* reply = std::get_if<Reply>(&outcome)) ready += reply->body.size();
      outcomes.emplace_back(std::move(id), std::move(outcome));
    }
    const bool inProviderLane = std::any_of(outcomes.begin(), outcomes.end(), [](const auto& one) {
      const auto* making = std::get_if<Making>(&one.second);
      return making && making->inProviderLane;
    });
    const auto answerAll = [outcomes = std::move(outcomes), tooLarge]() -> std::optional<Reply> {
      std::string bodies;
      for (const auto& [id, outcome] : outcomes) {
        const bool isLate = bodies.size() > kLargestBatchAnswer && std::holds_alternative<Making>(outcome);
        if (const Reply reply = isLate && !id.is_null() ? tooLarge(id) : replyOf(outcome);
            !reply.body.empty())
          bodies.append(bodies.empty() ? "" : ",").append(reply.body);
      }
      return bodies.empty() ? Reply{"", kAccepted} : Reply{"[" + bodies + "]", kOk};
    };
    return Making{answerAll, inProviderLane};
  }
};

Server::Server(ServerInfo info, Features features, ServerOptions options)
    : parts_(std::make_unique<Parts>(std::move(info), std::move(features), options)) {}

Server::~Server() {
  parts_->engine.providerLane->stop();
}

std::shared_ptr<Session> Server::newSession(std::weak_ptr<Outlet> outlet, std::string client) const {
  return std::make_shared<Session>(std::move(outlet), std::move(client), parts_->engine.gauges);
}

bool Server::isOpen(const Session& session) {
  return session.phase() == Session::Phase::Serving;
}

bool Server::primesStreams(const Session& session) {
  return session.revision() >= Revision::V2025_11_25;
}

Work Server::accept(std::string_view text, const std::shared_ptr<Session>& session,
                    const RequestContext& context, const std::shared_ptr<ReplySink>& sink) const {
  expireQuestions(session);
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
  auto& making = std::get<Making>(outcome);
  auto run = [make = std::move(making.make), sink] {
    if (auto reply = make()) sink->reply(*std::move(reply));
  };
  return {std::move(run), making.inProviderLane};
}

bool Server::runInProviderLane(std::function<void()> task) const {
  return parts_->engine.providerLane->trySubmit(std::move(task));
}

void Server::handle(std::string_view text, const std::shared_ptr<Session>& session,
                    const RequestContext& context, const std::shared_ptr<ReplySink>& sink) const {
  const Work work = accept(text, session, context, sink);
  if (!work || (work.inProviderLane() && runInProviderLane(work))) return;
  work();
}

void Server::streamClosed(const std::shared_ptr<Session>& session) {
  session->end();
}

void Server::endSession(const std::shared_ptr<Session>& session) {
  session->drain();
}

void Server::expireQuestions(const std::shared_ptr<Session>& session) const {
  session->questions().expire(parts_->engine.clock().now());
}

EngineGauges Server::gauges() const {
  const Engine& engine = parts_->engine;
  return {engine.gauges->sessions, engine.gauges->runningCalls,
          static_cast<std::int64_t>(engine.subscriptions.size()), engine.gauges->openQuestions};
}

std::optional<Reply> Server::refuseVersion(const std::string& header) {
  if (revisionFromString(header)) return std::nullopt;
  return errorReply(nullptr, unsupportedVersion(header, allRevisions()));
}

void Server::announce(const ResourceChange& change) const {
  const Engine& engine = parts_->engine;
  const auto found = findResource(engine, change.uri);
  engine.subscriptions.announce(found ? found->resource : change.uri, change);
}

Reply Server::tooLarge(std::size_t limitBytes) {
  return errorReply(
      nullptr,
      {kParseError, "Parse error: a message may have at most " + std::to_string(limitBytes) + " bytes.",
       nullptr, kBadRequest});
}

}  // namespace checkout::mcp
