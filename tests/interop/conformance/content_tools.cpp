#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "interop/conformance/fixtures.hpp"

namespace checkout::conformance {
namespace {

class FunctionTool final : public Tool {
 public:
  FunctionTool(std::string name, Body body) : name_(std::move(name)), body_(std::move(body)) {}
  std::string_view name() const override { return name_; }
  Result<ToolOutcome> call(const Json& arguments, CallContext& context) const override {
    return body_(arguments, context);
  }

 private:
  std::string name_;
  Body body_;
};

ToolOutcome content(std::vector<Json> blocks) {
  return ToolContent{std::move(blocks), false};
}

Json image() {
  return {{"type", "image"}, {"data", kPng}, {"mimeType", "image/png"}};
}

Json embedded(const std::string& uri, const std::string& type, const std::string& text) {
  return {{"type", "resource"}, {"resource", {{"uri", uri}, {"mimeType", type}, {"text", text}}}};
}

Result<ToolOutcome> withLogging(const Json&, CallContext& context) {
  for (const char* message : {"Tool execution started", "Tool processing data", "Tool execution completed"}) {
    context.log(ClientLogLevel::Info, message);
  }
  return text("Tool with logging executed successfully");
}

Result<ToolOutcome> withProgress(const Json&, CallContext& context) {
  for (const int progress : {0, 50, 100}) {
    context.reportProgress(progress, 100, "");
  }
  return text("Tool with progress executed successfully");
}

std::atomic<int> cancelledCalls{0};

// Says that it has begun, and goes on until it is cancelled.
Result<ToolOutcome> untilCancelled(const Json&, CallContext& context) {
  context.reportProgress(1, std::nullopt, "begun");
  std::mutex mutex;
  std::condition_variable ended;
  std::unique_lock lock(mutex);
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!context.isCancelled() && std::chrono::steady_clock::now() < late)
    ended.wait_for(lock, std::chrono::milliseconds(5));
  if (context.isCancelled()) ++cancelledCalls;
  context.reportProgress(2, std::nullopt, "ended");
  return text("ended");
}

// Keywords of JSON Schema 2020-12 have to come through tools/list as they are.
constexpr const char* kModernSchemaTool = R"({
  "name": "json_schema_2020_12_tool",
  "description": "Tool with JSON Schema 2020-12 features",
  "inputSchema": {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
    "properties": {
      "name": {"type": "string"},
      "address": {"$ref": "#/$defs/address"},
      "contactMethod": {"type": "string", "enum": ["phone", "email"]},
      "phone": {"type": "string"},
      "email": {"type": "string"}
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": false
  }
})";

// A parameter that clients repeat as a header.
constexpr const char* kMirroredTool = R"({
  "name": "test_mirrored_parameter",
  "description": "Fixture of the conformance suite.",
  "inputSchema": {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}
})";

}  // namespace

ToolOutcome text(const std::string& text) {
  return content({{{"type", "text"}, {"text", text}}});
}

RegisteredTool tool(const std::string& name, const std::string& description, Body body,
                    const std::vector<std::string>& properties) {
  Json schema = {{"type", "object"}, {"properties", Json::object()}};
  for (const std::string& property : properties) schema["properties"][property] = {{"type", "string"}};
  if (!properties.empty()) schema["required"] = properties;
  const Json descriptor = {{"name", name}, {"description", description}, {"inputSchema", schema}};
  return {descriptor.dump(), std::make_unique<FunctionTool>(name, std::move(body))};
}

std::vector<RegisteredTool> contentTools() {
  std::vector<RegisteredTool> tools;
  const auto add = [&](const std::string& name, Body body) {
    tools.push_back(tool(name, "Fixture of the conformance suite.", std::move(body)));
  };
  const auto gives = [&](const std::string& name, const std::vector<Json>& blocks) {
    add(name, [blocks](const Json&, CallContext&) -> Result<ToolOutcome> { return content(blocks); });
  };
  gives("test_simple_text", {{{"type", "text"}, {"text", "This is a simple text response for testing."}}});
  gives("test_image_content", {image()});
  gives("test_audio_content", {{{"type", "audio"}, {"data", kWav}, {"mimeType", "audio/wav"}}});
  gives("test_embedded_resource",
        {embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")});
  gives("test_multiple_content_types",
        {{{"type", "text"}, {"text", "Multiple content types test:"}},
         image(),
         embedded("test://mixed-content-resource", "application/json", R"({"test":"data","value":123})")});
  add("test_error_handling", [](const Json&, CallContext&) -> Result<ToolOutcome> {
    return Error(ErrorCode::InvalidState, "This tool intentionally returns an error for testing");
  });
  add("test_tool_with_logging", withLogging);
  add("test_logging_tool", withLogging);
  add("test_tool_with_progress", withProgress);
  add("test_until_cancelled", untilCancelled);
  add("test_cancelled_calls",
      [](const Json&, CallContext&) -> Result<ToolOutcome> { return text(std::to_string(cancelledCalls)); });
  const auto ok = [](const Json&, CallContext&) -> Result<ToolOutcome> { return text("ok"); };
  tools.push_back({kModernSchemaTool, std::make_unique<FunctionTool>("json_schema_2020_12_tool", ok)});
  tools.push_back({kMirroredTool, std::make_unique<FunctionTool>("test_mirrored_parameter", ok)});
  return tools;
}

}  // namespace checkout::conformance
