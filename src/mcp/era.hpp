// By which revision's rules is this request served? Decided for each request on its own.
#pragma once

#include <variant>

#include "mcp/envelope.hpp"
#include "mcp/revision.hpp"
#include "mcp/server.hpp"
#include "mcp/session.hpp"

namespace checkout::mcp {

inline constexpr char kVersionKey[] = "io.modelcontextprotocol/protocolVersion";
inline constexpr char kClientInfoKey[] = "io.modelcontextprotocol/clientInfo";
inline constexpr char kClientCapabilitiesKey[] = "io.modelcontextprotocol/clientCapabilities";
inline constexpr char kLogLevelKey[] = "io.modelcontextprotocol/logLevel";
inline constexpr char kSubscriptionIdKey[] = "io.modelcontextprotocol/subscriptionId";
inline constexpr char kServerInfoKey[] = "io.modelcontextprotocol/serverInfo";

// The revision, or why the request cannot be served by any. A request with modern _meta is checked for what
// 2026-07-28 demands of it, its version and method headers included.
std::variant<Revision, RpcError> decideRevision(const Envelope& request, const RequestContext& context,
                                                const Session& session);

// The handshake revision of a message that may be a batch or a notification.
std::variant<Revision, RpcError> handshakeRevision(const RequestContext& context, const Session& session);

// A member of params._meta; nullptr: it is not there.
const Json* metaValue(const Json& params, const char* key);

// The answer to a version that is none of `supported` (-32022, HTTP 400).
RpcError unsupportedVersion(const std::string& requested, Json supported);

// A header that disagrees with the body, for a modern request (-32020, HTTP 400).
RpcError headerMismatch(std::string message);

}  // namespace checkout::mcp
