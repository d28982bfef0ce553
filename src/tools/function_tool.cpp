#include "tools/function_tool.hpp"

#include "base/embedded.hpp"
#include "tools/card_guard.hpp"
#include "tools/leniency.hpp"
#include "tools/tenants.hpp"
#include "tools/unsupported_arguments.hpp"

namespace checkout::tools {
namespace {

Result<void> refuseCredentials(const Arguments& arguments) {
  if (!arguments.has("auth_token")) return {};
  return Error(ErrorCode::Unauthenticated,
               "This server has no logins configured, so it can't check an auth_token. Call without "
               "auth_token.")
      .withNext(NextActionType::Retry, "Repeat the call without auth_token.");
}

Json inputSchemaOf(std::string_view tool) {
  for (const EmbeddedFile& file : embedded::toolSchemas())
    if (file.name == tool) return Json::parse(file.text).at("inputSchema");
  std::abort();  // a tool without a schema was built
}

template <class Function>
class FunctionTool final : public Tool {
 public:
  FunctionTool(std::string_view name, const ToolServices& services, Function run, Reading reading)
      : name_(name), services_(services), run_(run), reading_(reading), schema_(inputSchemaOf(name)) {}

  std::string_view name() const override { return name_; }

  Result<void> prepare(Json& arguments) const override {
    CHECKOUT_TRY(refuseCardNumbers(arguments));
    if (reading_ == Reading::Literal) return {};
    accommodate(arguments, schema_);
    const bool needsTenant =
        schema_.at("properties").contains("tenant_id") && !arguments.contains("tenant_id");
    if (needsTenant) {
      CHECKOUT_ASSIGN(only, onlyTenantOf(services_));
      arguments["tenant_id"] = only->id.value;
    }
    return refuseUnsupported(arguments, schema_, services_);
  }

  Result<ToolOutcome> call(const Json& json, CallContext& context) const override {
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
  Reading reading_;
  Json schema_;  // of the arguments
};

}  // namespace

std::unique_ptr<Tool> makeTool(std::string_view name, const ToolServices& services, ToolFunction run,
                               Reading reading) {
  return std::make_unique<FunctionTool<ToolFunction>>(name, services, run, reading);
}

std::unique_ptr<Tool> makeTool(std::string_view name, const ToolServices& services, AskingToolFunction run) {
  return std::make_unique<FunctionTool<AskingToolFunction>>(name, services, run, Reading::Lenient);
}

}  // namespace checkout::tools
