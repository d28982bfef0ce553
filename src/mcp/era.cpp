#include "mcp/era.hpp"

#include <utility>

namespace checkout::mcp {

const Json* metaValue(const Json& params, const char* key) {
  const auto meta = params.find("_meta");
  if (meta == params.end() || !meta->is_object()) return nullptr;
  const auto value = meta->find(key);
  return value == meta->end() ? nullptr : &*value;
}

namespace {

RpcError malformedMeta(std::string message) {
  return {kInvalidParams, std::move(message), nullptr, kBadRequest};
}

bool claimsModern(const Envelope& request, const RequestContext& context) {
  for (const char* key : {kVersionKey, kClientInfoKey, kClientCapabilitiesKey})
    if (metaValue(request.params, key)) return true;
  if (!context.http || !context.http->protocolVersion) return false;
  const auto named = revisionFromString(*context.http->protocolVersion);
  return named && isModern(*named);
}

std::variant<Revision, RpcError> modernRevision(const Envelope& request, const RequestContext& context) {
  const Json* version = metaValue(request.params, kVersionKey);
  if (!version || !version->is_string())
    return malformedMeta(
        "Invalid params: _meta must name the protocol version, a string, as "
        "io.modelcontextprotocol/protocolVersion.");
  const auto& requested = version->get_ref<const std::string&>();
  if (context.http) {
    const auto& header = context.http->protocolVersion;
    if (!header) return headerMismatch("Header mismatch: the MCP-Protocol-Version header is missing.");
    if (*header != requested)
      return headerMismatch("Header mismatch: MCP-Protocol-Version is " + quoteShort(*header) +
                            " but the body says " + quoteShort(requested) + ".");
  }
  const auto revision = revisionFromString(requested);
  if (!revision || !isModern(*revision)) return unsupportedVersion(requested, modernRevisions());
  const Json* capabilities = metaValue(request.params, kClientCapabilitiesKey);
  if (!capabilities || !capabilities->is_object())
    return malformedMeta(
        "Invalid params: _meta must hold the client's capabilities, an object, as "
        "io.modelcontextprotocol/clientCapabilities.");
  if (context.http) {
    const auto& method = context.http->method;
    if (!method) return headerMismatch("Header mismatch: the Mcp-Method header is missing.");
    if (*method != request.method)
      return headerMismatch("Header mismatch: Mcp-Method is " + quoteShort(*method) + " but the body says " +
                            quoteShort(request.method) + ".");
  }
  return *revision;
}

}  // namespace

RpcError headerMismatch(std::string message) {
  return {kHeaderMismatch, std::move(message), nullptr, kBadRequest};
}

RpcError unsupportedVersion(const std::string& requested, Json supported) {
  return {kUnsupportedProtocolVersion, "Unsupported protocol version " + quoteShort(requested) + ".",
          Json{{"supported", std::move(supported)}, {"requested", requested}}, kBadRequest};
}

std::variant<Revision, RpcError> handshakeRevision(const RequestContext& context, const Session& session) {
  if (context.http && context.http->protocolVersion) {
    const auto revision = revisionFromString(*context.http->protocolVersion);
    if (!revision) return unsupportedVersion(*context.http->protocolVersion, allRevisions());
    return *revision;
  }
  if (const auto negotiated = session.revision()) return *negotiated;
  if (context.http) return kWithoutVersionHeader;
  return malformedMeta(
      "Invalid params: send `initialize` first, or put io.modelcontextprotocol/protocolVersion and "
      "io.modelcontextprotocol/clientCapabilities into _meta.");
}

std::variant<Revision, RpcError> decideRevision(const Envelope& request, const RequestContext& context,
                                                const Session& session) {
  if (const auto meta = request.params.find("_meta"); meta != request.params.end() && !meta->is_object())
    return malformedMeta("Invalid params: _meta must be an object.");
  if (claimsModern(request, context)) return modernRevision(request, context);
  auto revision = handshakeRevision(context, session);
  // The two requests that are in order before a handshake.
  const bool opening = request.method == "initialize" || request.method == "ping";
  if (opening && !context.http && std::holds_alternative<RpcError>(revision)) return kLatestHandshake;
  return revision;
}

}  // namespace checkout::mcp
