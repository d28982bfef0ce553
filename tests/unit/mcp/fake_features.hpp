// Resources, prompts and tools that ask, for tests of the engine.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <checkout/prompt.hpp>
#include <checkout/resource.hpp>

#include "unit/mcp/fake_tools.hpp"

namespace checkout::mcp::testing {

// "memo://{box}/{name}": one memo, "memo://inbox/a b", which can be watched.
class FakeMemos final : public ResourceFamily {
 public:
  const ResourceDescriptor& descriptor() const override { return about_; }
  Result<std::optional<ResourceContents>> read(const NamedValues& names, const Principal&) const override {
    if (names.at("name") == "broken") return Error(ErrorCode::ServiceUnavailable, "The disk is gone.");
    if (!exists(names)) return std::optional<ResourceContents>();
    return std::optional(ResourceContents{"text/plain", "Buy milk."});
  }
  Result<bool> isWatchable(const NamedValues& names, const Principal&) const override {
    return exists(names);
  }
  Result<Completions> complete(const CompletionQuery& query, const Principal&) const override {
    Completions found;
    for (int i = 0; i < 150; ++i) found.values.push_back(query.typed + std::to_string(i));
    found.total = 1'000;
    return found;
  }

 private:
  static bool exists(const NamedValues& names) {
    return names.at("box") == "inbox" && names.at("name") == "a b";
  }
  const ResourceDescriptor about_{"memo://{box}/{name}", "memo", "Memo", "A memo.", "text/plain"};
};

class FakeLogo final : public ResourceFamily {
 public:
  const ResourceDescriptor& descriptor() const override { return about_; }
  Result<std::optional<ResourceContents>> read(const NamedValues&, const Principal&) const override {
    return std::optional(ResourceContents{"image/png", std::string("\x89PNG\0", 5), false, 60'000, false});
  }

 private:
  const ResourceDescriptor about_{"memo://logo", "logo", "", "A picture.", "image/png"};
};

class FakeGreeting final : public Prompt {
 public:
  const PromptDescriptor& descriptor() const override { return about_; }
  Result<PromptOutcome> get(const NamedValues& arguments, CallContext& context) const override {
    if (arguments.at("who") == "nobody") return Error(ErrorCode::InvalidState, "Nobody is there.");
    if (arguments.at("who") != "ask")
      return PromptOutcome(PromptText{
          "A greeting",
          {{PromptMessage::Role::User, {{"type", "text"}, {"text", "Hello " + arguments.at("who")}}}}});
    const auto answer = context.input.elicited("name");
    if (!answer) return PromptOutcome(InputNeeded{{elicitForm("name", "Who?", {{"type", "object"}})}, {}});
    return PromptOutcome(PromptText{"", {{PromptMessage::Role::Assistant, answer->content}}});
  }
  Result<Completions> complete(const CompletionQuery& query, const Principal&) const override {
    return Completions{{query.resolved.contains("who") ? query.resolved.at("who") : "world"}, 1};
  }

 private:
  const PromptDescriptor about_{
      "greet", "Greet", "Says hello.", {{"who", "Who", "Whom to greet", true}, {"how", "", "How to", false}}};
};

// Does what the test says with the answers of the client.
class AskingTool final : public Tool {
 public:
  using Ask = std::function<Result<ToolOutcome>(CallContext&)>;
  AskingTool(std::string name, Ask ask) : name_(std::move(name)), ask_(std::move(ask)) {}
  std::string_view name() const override { return name_; }
  Result<ToolOutcome> call(const Json&, CallContext& context) const override { return ask_(context); }

 private:
  std::string name_;
  Ask ask_;
};

inline constexpr char kAskDescriptor[] = R"({"name":"ask","inputSchema":{"type":"object"}})";

inline Features askingFeatures(AskingTool::Ask ask) {
  Features features = fakeFeatures();
  features.tools.push_back({kAskDescriptor, std::make_unique<AskingTool>("ask", std::move(ask))});
  features.resources.push_back(std::make_unique<FakeLogo>());
  features.resources.push_back(std::make_unique<FakeMemos>());
  features.prompts.push_back(std::make_unique<FakeGreeting>());
  return features;
}
inline Features allFeatures() {
  return askingFeatures([](CallContext&) -> Result<ToolOutcome> { return ToolOutcome(Json::object()); });
}

struct RecordingOutlet final : Outlet {
  std::vector<Json> messages;
  void send(std::string message) override { messages.push_back(Json::parse(message)); }
};

}  // namespace checkout::mcp::testing
