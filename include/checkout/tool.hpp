// A tool as the protocol engine sees it: a descriptor that is served as written, and a function.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <checkout/client_input.hpp>
#include <checkout/result.hpp>

namespace checkout {

// Who calls. Anonymous where no credential was given.
struct Principal {
  std::string subject;  // empty: anonymous
};

// Levels of RFC 5424 as MCP names them, least severe first.
enum class ClientLogLevel { Debug, Info, Notice, Warning, Error, Critical, Alert, Emergency };

// What a tool or prompt may know about the call that runs it. Lives as long as the call.
struct CallContext {
  Principal principal;
  ClientFeatures client;
  ClientInput input;
  std::optional<std::string> traceparent;  // W3C Trace Context
  // Reports progress to the client, if it asked for it. progress grows; total may be unknown.
  std::function<void(double progress, std::optional<double> total, const std::string& message)>
      reportProgress = [](double, std::optional<double>, const std::string&) {};
  // A log message for the client, if it asked for that level. Never a secret.
  std::function<void(ClientLogLevel level, const Json& data)> log = [](ClientLogLevel, const Json&) {};
  // True once the client cancelled or went away. Work that takes effect goes on; waiting may stop.
  std::function<bool()> isCancelled = [] { return false; };
  // False: a tool whose ProviderUse is Optional answers from the store.
  bool mayAskProvider = true;
};

// Content blocks (MCP, server/tools): for what is not data. Needs no outputSchema.
struct ToolContent {
  std::vector<Json> blocks;
  bool isError = false;
};

// structuredContent, which conforms to the tool's outputSchema, or one of the others.
using ToolOutcome = std::variant<Json, ToolContent, InputNeeded>;

class Tool {
 public:
  virtual ~Tool() = default;
  virtual std::string_view name() const = 0;
  // Before the arguments, which are an object with anything in it, are judged by the schema: puts right what
  // is obviously meant, and refuses what must not be repeated, not even in a message about what is wrong with
  // it.
  virtual Result<void> prepare(Json& /*arguments*/) const { return {}; }
  // `arguments` conform to the tool's inputSchema. An Error becomes a result with isError. Called from many
  // threads at once, and again for each round of client input.
  virtual Result<ToolOutcome> call(const Json& arguments, CallContext& context) const = 0;
};

// Does a tool call the payment provider, which may take its time? Such calls run where they hold up no
// others, and so many at once for each tenant (kTenantArgument); beyond that they are refused or, where the
// provider is Optional, must not ask it.
enum class ProviderUse { None, Optional, Needed };

inline constexpr char kTenantArgument[] = "tenant_id";

// A tool with its descriptor, which is served byte for byte (schemas/tools/<name>.json).
struct RegisteredTool {
  std::string descriptor;
  std::unique_ptr<Tool> tool;
  ProviderUse provider = ProviderUse::None;
};

}  // namespace checkout
