#include "mcp/envelope.hpp"

#include <utility>

#include "base/card_number.hpp"

namespace checkout::mcp {
namespace {

constexpr std::size_t kQuotedBytes = 64;

bool isId(const Json& value) {
  return value.is_string() || value.is_number_integer();
}

Envelope invalid(Json id, int code, std::string message) {
  Envelope envelope;
  envelope.id = std::move(id);
  envelope.problem = {code, std::move(message), nullptr, kBadRequest};
  return envelope;
}

}  // namespace

Envelope readEnvelope(Json message) {
  if (!message.is_object())
    return invalid(nullptr, kInvalidRequest, "Invalid request: a message must be a JSON object.");
  const auto idAt = message.find("id");
  const bool hasId = idAt != message.end();
  const Json id = hasId && isId(*idAt) ? *idAt : Json();
  if (const auto version = message.find("jsonrpc"); version == message.end() || *version != "2.0")
    return invalid(id, kInvalidRequest, "Invalid request: \"jsonrpc\" must be \"2.0\".");
  if (hasId && id.is_null())
    return invalid(nullptr, kInvalidRequest, "Invalid request: \"id\" must be a string or an integer.");

  const auto method = message.find("method");
  if (method == message.end()) {
    if (!message.contains("result") && !message.contains("error"))
      return invalid(id, kInvalidRequest, "Invalid request: \"method\" is missing.");
    Envelope response;
    response.kind = Envelope::Kind::Response;
    response.id = id;
    response.failed = message.contains("error");
    response.answer = std::move(message[response.failed ? "error" : "result"]);
    return response;
  }
  if (!method->is_string())
    return invalid(id, kInvalidRequest, "Invalid request: \"method\" must be a string.");

  Envelope envelope;
  envelope.kind = hasId ? Envelope::Kind::Request : Envelope::Kind::Notification;
  envelope.id = id;
  envelope.method = method->get<std::string>();
  if (const auto params = message.find("params"); params != message.end()) {
    if (params->is_array())
      return invalid(id, kInvalidParams,
                     "Invalid params: \"params\" must be an object; MCP has no positional ones.");
    if (!params->is_object())
      return invalid(id, kInvalidRequest, "Invalid request: \"params\" must be an object.");
    envelope.params = std::move(*params);
  }
  return envelope;
}

std::string resultMessage(const Json& id, std::string_view resultText) {
  std::string text = R"({"jsonrpc":"2.0","id":)";
  text += dumpJson(id);
  text += R"(,"result":)";
  text += resultText;
  text += '}';
  return text;
}

std::string errorMessage(const Json& id, const RpcError& error) {
  Json message = {{"jsonrpc", "2.0"}};
  if (!id.is_null()) message["id"] = id;
  message["error"] = {{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) message["error"]["data"] = error.data;
  return dumpJson(message);
}

std::string notificationMessage(std::string_view method, const Json& params) {
  return dumpJson({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
}

std::string requestMessage(const Json& id, std::string_view method, const Json& params) {
  return dumpJson({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
}

std::string membersOf(const Json& object) {
  std::string text = dumpJson(object);
  text.pop_back();
  text.erase(0, 1);
  return text;
}

std::string dumpJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string quoteShort(std::string_view text) {
  if (containsCardNumber(text)) return "\"(a card number)\"";
  if (text.size() <= kQuotedBytes) return dumpJson(text);
  // A cut may fall inside a character: what is left of it is dropped rather than shown as U+FFFD.
  std::size_t end = kQuotedBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return dumpJson(std::string(text.substr(0, end)) + "…");
}

}  // namespace checkout::mcp
