// A tool as the protocol engine sees it: a descriptor that is served as written, and a function.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/result.hpp>

namespace checkout {

// Who calls. Anonymous where no credential was given.
struct Principal {
  std::string subject;  // empty: anonymous
};

// What a tool may know about the call that runs it. Lives as long as the call.
struct ToolContext {
  Principal principal;
  std::optional<std::string> traceparent;
  // Reports progress to the client, if it asked for it. progress grows; total may be unknown.
  std::function<void(double progress, std::optional<double> total, const std::string& message)>
      reportProgress;
  // True once the client cancelled or went away. Work that takes effect goes on; waiting may stop.
  std::function<bool()> isCancelled;
};

class Tool {
 public:
  virtual ~Tool() = default;
  virtual std::string_view name() const = 0;
  // `arguments` conform to the tool's inputSchema. The value becomes structuredContent and conforms to its
  // outputSchema; an Error becomes a result with isError. Called from many threads at once.
  virtual Result<Json> call(const Json& arguments, ToolContext& context) const = 0;
};

// A tool with its embedded descriptor (schemas/tools/<name>.json, byte for byte).
struct RegisteredTool {
  std::string_view descriptor;  // static storage
  std::unique_ptr<Tool> tool;
};

}  // namespace checkout
