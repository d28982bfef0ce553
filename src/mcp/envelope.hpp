// JSON-RPC 2.0 as MCP narrows it: reading what came, and the text of what goes out.
#pragma once

#include <string>
#include <string_view>

#include <checkout/json.hpp>

namespace checkout::mcp {

inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kResourceNotFound = -32002;  // until 2025-11-25
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingClientCapability = -32021;
inline constexpr int kUnsupportedProtocolVersion = -32022;

// What Streamable HTTP answers with (basic/transports); stdio ignores them.
inline constexpr int kOk = 200, kAccepted = 202, kBadRequest = 400, kNotFound = 404;

// A protocol mistake. `httpStatus` is what Streamable HTTP sends with it.
struct RpcError {
  int code = kInternalError;
  std::string message;
  Json data;  // null: none
  int httpStatus = 200;
};

struct Envelope {
  enum class Kind { Request, Notification, Response, Invalid };
  Kind kind = Kind::Invalid;
  Json id;  // string or integer; null where there is none or it is unusable
  std::string method;
  Json params = Json::object();
  Json answer;          // of a Response: its result, or its error
  bool failed = false;  // of a Response: it is an error
  RpcError problem;     // of an Invalid one
};

Envelope readEnvelope(Json message);

// `resultText` is a JSON object that is put into the message as it stands.
std::string resultMessage(const Json& id, std::string_view resultText);
// An id of null: the request's own could not be read, so the message has none.
std::string errorMessage(const Json& id, const RpcError& error);
std::string notificationMessage(std::string_view method, const Json& params);
std::string requestMessage(const Json& id, std::string_view method, const Json& params);
// The members of an object as text, without its braces.
std::string membersOf(const Json& object);

// Compact text; never throws: bytes that are no UTF-8 become U+FFFD.
std::string dumpJson(const Json& value);
// Something a client sent, short and printable enough to be quoted back in an error message.
std::string quoteShort(std::string_view text);

}  // namespace checkout::mcp
