#include "base/base64.hpp"
#include "interop/conformance/fixtures.hpp"

namespace checkout::conformance {

const char* const kPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const char* const kWav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==";

namespace {

class FixtureResource final : public ResourceFamily {
 public:
  using Contents = std::function<ResourceContents(const NamedValues&)>;
  FixtureResource(ResourceDescriptor about, bool watchable, Contents contents)
      : about_(std::move(about)), watchable_(watchable), contents_(std::move(contents)) {}
  const ResourceDescriptor& descriptor() const override { return about_; }
  Result<std::optional<ResourceContents>> read(const NamedValues& names, const Principal&) const override {
    return std::optional(contents_(names));
  }
  Result<bool> isWatchable(const NamedValues&, const Principal&) const override { return watchable_; }

 private:
  ResourceDescriptor about_;
  bool watchable_;
  Contents contents_;
};

class FixturePrompt final : public Prompt {
 public:
  using Get = std::function<Result<PromptOutcome>(const NamedValues&, CallContext&)>;
  FixturePrompt(PromptDescriptor about, Get get) : about_(std::move(about)), get_(std::move(get)) {}
  const PromptDescriptor& descriptor() const override { return about_; }
  Result<PromptOutcome> get(const NamedValues& arguments, CallContext& context) const override {
    return get_(arguments, context);
  }
  Result<Completions> complete(const CompletionQuery& query, const Principal&) const override {
    Completions found;
    for (const char* const value : {"paris", "park", "party"})
      if (std::string_view(value).starts_with(query.typed)) found.values.emplace_back(value);
    return found;
  }

 private:
  PromptDescriptor about_;
  Get get_;
};

PromptMessage says(Json content) {
  return {PromptMessage::Role::User, std::move(content)};
}
PromptMessage saysText(const std::string& text) {
  return says(Json{{"type", "text"}, {"text", text}});
}

std::unique_ptr<Prompt> prompt(const std::string& name, const std::vector<std::string>& arguments,
                               FixturePrompt::Get get) {
  PromptDescriptor about{name, name, "Fixture of the conformance suite.", {}};
  for (const std::string& argument : arguments)
    about.arguments.push_back({argument, "", "A test argument", true});
  return std::make_unique<FixturePrompt>(std::move(about), std::move(get));
}

}  // namespace

std::vector<std::unique_ptr<ResourceFamily>> resources() {
  std::vector<std::unique_ptr<ResourceFamily>> all;
  const auto add = [&](const std::string& uri, const std::string& name, const std::string& type,
                       bool watchable, FixtureResource::Contents contents) {
    all.push_back(std::make_unique<FixtureResource>(
        ResourceDescriptor{uri, name, name, "Fixture of the conformance suite.", type}, watchable,
        std::move(contents)));
  };
  add("test://static-text", "Static text", "text/plain", false, [](const NamedValues&) {
    return ResourceContents{"text/plain", "This is the content of the static text resource."};
  });
  add("test://static-binary", "Static binary", "image/png", false, [](const NamedValues&) {
    return ResourceContents{"image/png", fromBase64(kPng).value(), /*isText=*/false};
  });
  add("test://watched-resource", "Watched", "text/plain", true, [](const NamedValues&) {
    return ResourceContents{"text/plain", "Watch me."};
  });
  add("test://template/{id}/data", "Template", "application/json", false, [](const NamedValues& names) {
    const std::string& id = names.at("id");
    return ResourceContents{"application/json",
                            Json{{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}}.dump()};
  });
  return all;
}

std::vector<std::unique_ptr<Prompt>> prompts() {
  std::vector<std::unique_ptr<Prompt>> all;
  all.push_back(
      prompt("test_simple_prompt", {}, [](const NamedValues&, CallContext&) -> Result<PromptOutcome> {
        return PromptOutcome(PromptText{"", {saysText("This is a simple prompt for testing.")}});
      }));
  all.push_back(prompt("test_prompt_with_arguments", {"arg1", "arg2"},
                       [](const NamedValues& given, CallContext&) -> Result<PromptOutcome> {
                         return PromptOutcome(
                             PromptText{"",
                                        {saysText("Prompt with arguments: arg1='" + given.at("arg1") +
                                                  "', arg2='" + given.at("arg2") + "'")}});
                       }));
  all.push_back(prompt("test_prompt_with_embedded_resource", {"resourceUri"},
                       [](const NamedValues& given, CallContext&) -> Result<PromptOutcome> {
                         return PromptOutcome(
                             PromptText{"",
                                        {says(Json{{"type", "resource"},
                                                   {"resource",
                                                    {{"uri", given.at("resourceUri")},
                                                     {"mimeType", "text/plain"},
                                                     {"text", "Embedded resource content for testing."}}}}),
                                         saysText("Please process the embedded resource above.")}});
                       }));
  all.push_back(
      prompt("test_prompt_with_image", {}, [](const NamedValues&, CallContext&) -> Result<PromptOutcome> {
        return PromptOutcome(
            PromptText{"",
                       {says(Json{{"type", "image"}, {"data", kPng}, {"mimeType", "image/png"}}),
                        saysText("Please analyze the image above.")}});
      }));
  all.push_back(prompt("test_input_required_result_prompt", {},
                       [](const NamedValues&, CallContext& context) -> Result<PromptOutcome> {
                         const auto answer = context.input.elicited("user_context");
                         if (!answer)
                           return PromptOutcome(
                               InputNeeded{{elicitForm("user_context", "What context should the prompt use?",
                                                       {{"type", "object"},
                                                        {"properties", {{"context", {{"type", "string"}}}}},
                                                        {"required", {"context"}}})},
                                           {}});
                         return PromptOutcome(PromptText{
                             "", {saysText("The context: " + answer->content.value("context", "none"))}});
                       }));
  return all;
}

}  // namespace checkout::conformance
