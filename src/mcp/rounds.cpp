#include "mcp/rounds.hpp"

#include <utility>

#include "base/random.hpp"
#include "mcp/paging.hpp"

namespace checkout::mcp {
namespace {

constexpr std::size_t kIdBytes = 16;

// What differs between the revisions that send requests: modes came with 2025-11-25.
InputRequest asRequest(InputRequest request, Revision revision) {
  if (request.method != "elicitation/create") return request;
  if (revision < Revision::V2025_11_25) {
    request.params.erase("mode");
  } else if (request.params.value("mode", "form") == "url") {
    request.params["elicitationId"] = randomHex(kIdBytes);
  }
  return request;
}

}  // namespace

std::optional<RpcError> readInput(const Engine& engine, Request& request) {
  const Json& params = request.params();
  if (const auto responses = params.find("inputResponses"); responses != params.end()) {
    if (!responses->is_object()) return invalidParams("\"inputResponses\" must be an object.");
    for (const auto& response : responses->items())
      if (!response.value().is_object())
        return invalidParams("the input response " + quoteShort(response.key()) + " must be an object.");
    request.input.responses = *responses;
  }
  if (!params.contains("requestState")) return std::nullopt;
  const auto text = stringMember(params, "requestState");
  auto state = text ? engine.state.read(request, *text) : std::nullopt;
  if (!state)
    return invalidParams(
        "\"requestState\" is not the one of this request, or too old. Send the request again without "
        "\"requestState\" and \"inputResponses\".");
  request.input.state = *std::move(state);
  return std::nullopt;
}

Members inputRequired(const Engine& engine, const Request& request, const InputNeeded& needed) {
  Json result = Json::object();
  for (const InputRequest& asked : needed.requests)
    result["inputRequests"][asked.key] = {{"method", asked.method}, {"params", asked.params}};
  // At least one of the two has to be there.
  if (!needed.state.is_null() || needed.requests.empty())
    result["requestState"] = engine.state.write(request, needed.state);
  return {membersOf(result)};
}

std::optional<RpcError> askByRequests(const Engine& engine, const std::shared_ptr<Session>& session,
                                      const Request& request, const InputNeeded& needed,
                                      Questions::Waiting waiting) {
  std::vector<InputRequest> requests;
  for (const InputRequest& asked : needed.requests) requests.push_back(asRequest(asked, request.revision));
  const RpcError cannot{
      kInternalError, "The client can't be asked: it has too many questions to answer already, or has left.",
      nullptr};
  if (!session->takesWhatLasts()) return cannot;
  const auto until = engine.clock().now() + engine.options.answerLifetime;
  const auto asked = session->questions().ask(requests, until, std::move(waiting));
  if (asked.messages.empty()) return cannot;
  // From here on another thread may settle the request: only what is our own is used.
  const std::weak_ptr weak = session;
  request.running->onEnd([weak, round = asked.round](RunningCall::End) {
    if (const auto alive = weak.lock()) alive->questions().forget(round);
  });
  for (const std::string& message : asked.messages) {
    if (request.sink->ask(message)) continue;
    session->questions().forget(
        asked.round, RpcError{kInternalError, "The client reads too slowly to be asked anything.", nullptr});
    break;
  }
  return std::nullopt;
}

}  // namespace checkout::mcp
