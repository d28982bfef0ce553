// A request on its way through the engine, and what can become of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/lane.hpp"
#include "mcp/envelope.hpp"
#include "mcp/revision.hpp"
#include "mcp/server.hpp"
#include "mcp/session.hpp"

namespace checkout::mcp {

// It is known which revision's rules it follows.
struct Request {
  Envelope envelope;
  Revision revision = kLatest;
  RequestContext context;
  std::shared_ptr<Session> session;  // null while it waits for the client's input: the session holds it then
  std::shared_ptr<ReplySink> sink;
  std::shared_ptr<RunningCall> running;    // null for what is answered at once
  ClientFeatures client;                   // what it can be asked for during this request
  ClientInput input;                       // what it answered in this round
  std::optional<ClientLogLevel> logLevel;  // of a modern one; the others have their session's
  Lane::Place providerPlace = {};  // from when it was admitted to the provider's lane until it is answered
  bool mayAskProvider = true;      // false: there was no place

  const Json& params() const { return envelope.params; }
  // nullptr: a handshake revision's, or no HTTP. Otherwise the headers have to agree with the body.
  const RequestContext::HttpFacts* checkedHeaders() const {
    return context.http && isModern(revision) ? &*context.http : nullptr;
  }
};

// The members of a result, without braces.
struct Members {
  std::string text;
};
// Nothing is replied now; a reply comes through the request's sink later.
struct Deferred {};

using Answer = std::variant<Members, InputNeeded, Deferred, RpcError>;

inline RpcError invalidParams(const std::string& what, Json data = nullptr) {
  return {kInvalidParams, "Invalid params: " + what, std::move(data)};
}

// Mcp-Name, which has to repeat `value`, a member of the params.
std::optional<RpcError> checkNameHeader(const Request& request, const std::string& value);

}  // namespace checkout::mcp
