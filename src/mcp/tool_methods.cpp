// tools/list and tools/call: finds the tool, judges the arguments, runs it, and puts the outcome into words.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/trace.hpp"
#include "mcp/call_context.hpp"
#include "mcp/era.hpp"
#include "mcp/header_value.hpp"
#include "mcp/methods.hpp"
#include "mcp/paging.hpp"

namespace checkout::mcp {
namespace {

// Told to those who find no place in the provider's lane.
constexpr Milliseconds kRetryAfter{3'000};

struct ToolCall {
  const ToolEntry* entry = nullptr;
  Json arguments = Json::object();
};

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

// The tool and arguments that the params name, or the protocol mistake in them.
std::variant<ToolCall, RpcError> readCall(const ToolSet& tools, const Request& request) {
  const auto name = stringMember(request.params(), "name");
  if (!name) return invalidParams("\"name\", a string, must say which tool to call.");
  if (auto mismatch = checkNameHeader(request, *name)) return *std::move(mismatch);
  ToolCall call{tools.find(*name)};
  if (!call.entry) return unknownTool(tools, *name);
  if (const auto arguments = request.params().find("arguments"); arguments != request.params().end()) {
    if (!arguments->is_object()) return invalidParams("\"arguments\" must be an object.");
    call.arguments = *arguments;
  }
  if (const auto* headers = request.checkedHeaders())
    if (auto mismatch = checkParamHeaders(call, *headers)) return *std::move(mismatch);
  return call;
}

// The details are for our own log.
Error internalError(const ToolCall& call, const std::string& problem, const CallContext& context) {
  const std::string name(call.entry->tool->name());
  log::error("a tool failed", {{"tool", name}, {"problem", problem}});
  context.log(ClientLogLevel::Error, "The tool " + name + " failed inside the server.");
  return {ErrorCode::Internal,
          "Something failed inside the server. Nothing is known to be wrong with your call."};
}

Error tooManyWait() {
  return Error(ErrorCode::RateLimited,
               "The payment provider is slow, and too many of this shop's calls are waiting for it. Nothing "
               "was done.",
               {{"retryAfterMs", kRetryAfter.count()}})
      .withNext(NextActionType::Wait,
                "Wait a few seconds and repeat the same call. checkout_status shows the checkout meanwhile.");
}

// Breaks of the schema, errors and exceptions all become results.
Result<ToolOutcome> run(ToolCall& call, CallContext& context) {
  try {
    CHECKOUT_TRY(call.entry->tool->prepare(call.arguments));
    const auto violations = call.entry->input.violations(call.arguments);
    if (!violations.empty()) return validationError(violations);
    if (call.entry->provider == ProviderUse::Needed && !context.mayAskProvider) return tooManyWait();
    return call.entry->tool->call(call.arguments, context);
  } catch (const std::exception& problem) {
    return internalError(call, problem.what(), context);
  } catch (...) {
    return internalError(call, "unknown exception", context);
  }
}

std::string outcomeName(const Result<ToolOutcome>& outcome) {
  if (!outcome.ok()) return std::string(toString(outcome.error().code));
  return std::holds_alternative<InputNeeded>(*outcome) ? "input_needed" : "ok";
}

Result<ToolOutcome> runLogged(ToolCall& call, CallContext& context) {
  const auto start = std::chrono::steady_clock::now();
  auto outcome = run(call, context);
  const auto took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
  // Agents poll: what only reads, and could, is for whoever wants to know everything.
  const bool isRoutine = call.entry->onlyReads && outcome.ok();
  log::write(isRoutine ? log::Level::Debug : log::Level::Info, "tool call",
             {{"tool", std::string(call.entry->tool->name())},
              {"outcome", outcomeName(outcome)},
              {"ms", std::to_string(took.count())}});
  return outcome;
}

// The structured result, and the same as text for clients that know no other.
std::string structuredMembers(const Json& value, bool isError) {
  const std::string json = dumpJson(value);
  std::string members = R"("content":[{"type":"text","text":)";
  members += dumpJson(json);
  members += R"(}],"structuredContent":)";
  members += json;
  if (isError) members += R"(,"isError":true)";
  return members;
}

}  // namespace

Answer listTools(const Engine& engine, const Request& request) {
  const auto cursor = readCursor(request.params());
  if (const auto* mistake = std::get_if<RpcError>(&cursor)) return *mistake;
  const auto page = engine.tools.page(std::get<std::optional<std::string>>(cursor));
  if (!page) return unknownCursor();
  std::string text = R"("tools":)";
  text += page->tools;
  if (page->nextCursor) text.append(R"(,"nextCursor":)").append(dumpJson(*page->nextCursor));
  return Members{text + freshness(engine, request)};
}

ProviderUse providerUse(const Engine& engine, const Request& request) {
  const bool isCall = request.envelope.method == "tools/call";
  const auto name = isCall ? stringMember(request.params(), "name") : std::nullopt;
  const ToolEntry* entry = name ? engine.tools.find(*name) : nullptr;
  return entry ? entry->provider : ProviderUse::None;
}

Answer callTool(const Engine& engine, const Request& request) {
  auto read = readCall(engine.tools, request);
  if (auto* mistake = std::get_if<RpcError>(&read)) return std::move(*mistake);
  CallContext context = callContext(request);
  const TraceScope trace(context.traceparent.value_or(""));
  auto outcome = runLogged(std::get<ToolCall>(read), context);
  if (!outcome.ok()) return Members{structuredMembers({{"error", toJson(outcome.error())}}, true)};
  if (auto* needed = std::get_if<InputNeeded>(&*outcome)) return std::move(*needed);
  if (const auto* structured = std::get_if<Json>(&*outcome))
    return Members{structuredMembers(*structured, false)};
  const auto& content = std::get<ToolContent>(*outcome);
  Json result = {{"content", content.blocks}};
  if (content.isError) result["isError"] = true;
  return Members{membersOf(result)};
}

}  // namespace checkout::mcp
