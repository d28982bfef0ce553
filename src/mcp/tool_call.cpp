#include "mcp/tool_call.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "mcp/era.hpp"
#include "mcp/header_value.hpp"

namespace checkout::mcp {
namespace {

std::optional<RpcError> checkNameHeader(const std::string& name, const RequestContext::HttpFacts& http) {
  if (!http.name) return headerMismatch("Header mismatch: the Mcp-Name header is missing.");
  if (decodeHeaderValue(*http.name) != name)
    return headerMismatch("Header mismatch: Mcp-Name is " + quoteShort(*http.name) + " but the body says " +
                          quoteShort(name) + ".");
  return std::nullopt;
}

std::optional<RpcError> checkParamHeaders(const ToolCall& call, const RequestContext::HttpFacts& http) {
  for (const MirroredParam& param : call.entry->mirrored) {
    const auto header = std::find_if(http.params.begin(), http.params.end(), [&](const auto& one) {
      return equalsIgnoringCase(one.first, param.header);
    });
    const bool given = call.arguments.contains(param.path) && !call.arguments.at(param.path).is_null();
    const std::string where = "the Mcp-Param-" + param.header + " header";
    if (header == http.params.end()) {
      if (given) return headerMismatch("Header mismatch: " + where + " is missing.");
      continue;
    }
    const auto value = decodeHeaderValue(header->second);
    if (!value) return headerMismatch("Header mismatch: " + where + " is malformed.");
    if (!given || !headerEquals(*value, call.arguments.at(param.path)))
      return headerMismatch("Header mismatch: " + where + " does not match arguments" +
                            param.path.to_string() + ".");
  }
  return std::nullopt;
}

RpcError unknownTool(const ToolSet& tools, const std::string& name) {
  std::string message = "Unknown tool: " + quoteShort(name) + ".";
  if (const auto meant = tools.closestTo(name)) message += " Did you mean \"" + *meant + "\"?";
  return {kInvalidParams, std::move(message), nullptr};
}

// W3C Trace Context: version-traceid-parentid-flags in lower-case hex.
bool isTraceparent(const std::string& text) {
  if (text.size() != 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Error internalError(const ToolCall& call, const std::string& problem, const FailureListener& onFailure) {
  const std::string name(call.entry->tool->name());
  log::error("a tool failed", {{"tool", name}, {"problem", problem}});
  onFailure("The tool " + name + " failed inside the server.");
  return {ErrorCode::Internal,
          "Something failed inside the server. Nothing is known to be wrong with your call."};
}

}  // namespace

std::variant<ToolCall, RpcError> readToolCall(const ToolSet& tools, const Json& params,
                                              const RequestContext::HttpFacts* http) {
  const auto name = params.find("name");
  if (name == params.end() || !name->is_string())
    return RpcError{kInvalidParams, "Invalid params: \"name\", a string, must say which tool to call.",
                    nullptr};
  const auto& wanted = name->get_ref<const std::string&>();
  if (http)
    if (auto mismatch = checkNameHeader(wanted, *http)) return *std::move(mismatch);
  ToolCall call{tools.find(wanted), Json::object()};
  if (!call.entry) return unknownTool(tools, wanted);
  if (const auto arguments = params.find("arguments"); arguments != params.end()) {
    if (!arguments->is_object())
      return RpcError{kInvalidParams, "Invalid params: \"arguments\" must be an object.", nullptr};
    call.arguments = *arguments;
  }
  if (http)
    if (auto mismatch = checkParamHeaders(call, *http)) return *std::move(mismatch);
  return call;
}

Result<Json> runTool(const ToolCall& call, ToolContext& context, const FailureListener& onFailure) {
  try {
    const auto violations = call.entry->input.violations(call.arguments);
    if (!violations.empty()) return validationError(violations);
    return call.entry->tool->call(call.arguments, context);
  } catch (const std::exception& problem) {
    return internalError(call, problem.what(), onFailure);
  } catch (...) {
    return internalError(call, "unknown exception", onFailure);
  }
}

ToolContext toolContext(const Json& params, const RequestContext& context,
                        const std::shared_ptr<RunningCall>& running, const std::shared_ptr<ReplySink>& sink) {
  ToolContext tool;
  tool.principal = context.principal;
  tool.isCancelled = [running] { return running->cancelled.load(); };
  tool.reportProgress = [](double, std::optional<double>, const std::string&) {};
  const auto meta = params.find("_meta");
  if (meta == params.end() || !meta->is_object()) return tool;
  if (const auto trace = meta->find("traceparent");
      trace != meta->end() && trace->is_string() && isTraceparent(trace->get_ref<const std::string&>()))
    tool.traceparent = trace->get<std::string>();
  const auto token = meta->find("progressToken");
  if (token == meta->end() || (!token->is_string() && !token->is_number_integer())) return tool;
  tool.reportProgress = [running, sink, token = *token, last = -std::numeric_limits<double>::infinity()](
                            double progress, std::optional<double> total,
                            const std::string& message) mutable {
    if (!(progress > last) || running->cancelled)
      return;  // each notification must be further than the one before
    last = progress;
    Json report = {{"progressToken", token}, {"progress", progress}};
    if (total) report["total"] = *total;
    if (!message.empty()) report["message"] = message;
    sink->notify(notificationMessage("notifications/progress", report));
  };
  return tool;
}

std::string toolResultMembers(const Result<Json>& outcome) {
  const std::string json = dumpJson(outcome.ok() ? *outcome : Json{{"error", toJson(outcome.error())}});
  std::string members = R"("content":[{"type":"text","text":)";
  members += dumpJson(json);
  members += R"(}],"structuredContent":)";
  members += json;
  if (!outcome.ok()) members += R"(,"isError":true)";
  return members;
}

}  // namespace checkout::mcp
