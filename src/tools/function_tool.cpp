#include "tools/function_tool.hpp"

#include "tools/card_guard.hpp"

namespace checkout::tools {
namespace {

Result<void> refuseCredentials(const Arguments& arguments) {
  if (!arguments.has("auth_token")) return {};
  return Error(ErrorCode::Unauthenticated,
               "This server has no logins configured, so it can't check an auth_token. Call without "
               "auth_token.")
      .withNext(NextActionType::Retry, "Repeat the call without auth_token.");
}

template <class Function>
class FunctionTool final : public Tool {
 public:
  FunctionTool(std::string_view name, const ToolServices& services, Function run)
      : name_(name), services_(services), run_(run) {}

  std::string_view name() const override { return name_; }

  Result<ToolOutcome> call(const Json& json, CallContext& context) const override {
    CHECKOUT_TRY(refuseCardNumbers(json));
    const Arguments arguments(json);
    CHECKOUT_TRY(refuseCredentials(arguments));
    try {
      auto result = run_(services_, arguments, context);
      if (!result.ok()) return std::move(result).error();
      return ToolOutcome(*std::move(result));
    } catch (const ArgumentMismatch& mismatch) {
      return Error(ErrorCode::ValidationFailed,
                   "Argument \"" + mismatch.name + "\" of " + std::string(name_) + " must be " +
                       mismatch.expected + ". See the tool's inputSchema.",
                   {{"argument", mismatch.name}, {"expected", mismatch.expected}});
    }
  }

 private:
  std::string_view name_;
  ToolServices services_;
  Function run_;
};

}  // namespace

std::unique_ptr<Tool> makeTool(std::string_view name, const ToolServices& services, ToolFunction run) {
  return std::make_unique<FunctionTool<ToolFunction>>(name, services, run);
}

std::unique_ptr<Tool> makeTool(std::string_view name, const ToolServices& services, AskingToolFunction run) {
  return std::make_unique<FunctionTool<AskingToolFunction>>(name, services, run);
}

}  // namespace checkout::tools
