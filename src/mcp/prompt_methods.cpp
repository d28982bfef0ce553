// prompts/list, prompts/get and completion/complete.
#include <algorithm>

#include "base/log.hpp"
#include "mcp/call_context.hpp"
#include "mcp/closest.hpp"
#include "mcp/methods.hpp"
#include "mcp/paging.hpp"

namespace checkout::mcp {
namespace {

constexpr std::size_t kMostSuggestions = 100;

Json describe(const PromptDescriptor& about) {
  Json json = {{"name", about.name}, {"title", about.title}, {"description", about.description}};
  if (about.arguments.empty()) return json;
  for (const PromptArgument& argument : about.arguments) {
    Json one = {{"name", argument.name}};
    if (!argument.title.empty()) one["title"] = argument.title;
    one["description"] = argument.description;
    one["required"] = argument.required;
    json["arguments"].push_back(std::move(one));
  }
  return json;
}

const Prompt* findPrompt(const Engine& engine, const std::string& name) {
  for (const auto& prompt : engine.prompts)
    if (prompt->descriptor().name == name) return prompt.get();
  return nullptr;
}

RpcError unknownPrompt(const Engine& engine, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& prompt : engine.prompts) names.push_back(prompt->descriptor().name);
  std::string message = "Unknown prompt: " + quoteShort(name) + ".";
  if (const auto meant = closest(name, names)) message += " Did you mean \"" + *meant + "\"?";
  return {kInvalidParams, std::move(message), nullptr};
}

// An object of strings; absent: none.
std::variant<NamedValues, RpcError> readValues(const Json& object, const char* member) {
  NamedValues values;
  const auto given = object.find(member);
  if (given == object.end()) return values;
  if (!given->is_object())
    return invalidParams(std::string("\"").append(member).append("\" must be an object."));
  for (const auto& [name, value] : given->items()) {
    if (!value.is_string()) return invalidParams(quoteShort(name) + " must be a string.");
    values.emplace(name, value.get<std::string>());
  }
  return values;
}

std::optional<RpcError> checkArguments(const PromptDescriptor& about, const NamedValues& given) {
  const auto known = [&](const std::string& name) {
    return std::any_of(about.arguments.begin(), about.arguments.end(),
                       [&](const PromptArgument& argument) { return argument.name == name; });
  };
  for (const auto& value : given)
    if (!known(value.first))
      return invalidParams("this prompt has no argument " + quoteShort(value.first) + ".");
  for (const PromptArgument& argument : about.arguments)
    if (argument.required && !given.contains(argument.name))
      return invalidParams("the argument \"" + argument.name + "\" is missing: " + argument.description);
  return std::nullopt;
}

Json toJson(const PromptText& text) {
  Json messages = Json::array();
  for (const PromptMessage& message : text.messages)
    messages.push_back({{"role", message.role == PromptMessage::Role::User ? "user" : "assistant"},
                        {"content", message.content}});
  Json json = Json::object();
  if (!text.description.empty()) json["description"] = text.description;
  json["messages"] = std::move(messages);
  return json;
}

// Who suggests, given what is being completed.
using Suggest = std::function<Result<Completions>(const CompletionQuery&, const Principal&)>;

std::variant<Suggest, RpcError> suggesterFor(const Engine& engine, const Json& ref,
                                             const std::string& argument) {
  const auto type = stringMember(ref, "type");
  const auto unknownArgument = [&] {
    return invalidParams("there is no argument " + quoteShort(argument) + ".");
  };
  if (type == "ref/prompt") {
    const auto name = stringMember(ref, "name");
    if (!name) return invalidParams("\"ref.name\", a string, must name a prompt.");
    const Prompt* prompt = findPrompt(engine, *name);
    if (!prompt) return unknownPrompt(engine, *name);
    const auto& arguments = prompt->descriptor().arguments;
    if (std::none_of(arguments.begin(), arguments.end(),
                     [&](const PromptArgument& one) { return one.name == argument; }))
      return unknownArgument();
    return [prompt](const CompletionQuery& query, const Principal& caller) {
      return prompt->complete(query, caller);
    };
  }
  if (type == "ref/resource") {
    const auto uri = stringMember(ref, "uri");
    for (const ResourceEntry& entry : engine.resources) {
      if (!uri || entry.uri.text() != *uri) continue;
      const auto& names = entry.uri.names();
      if (std::find(names.begin(), names.end(), argument) == names.end()) return unknownArgument();
      return [family = entry.family.get()](const CompletionQuery& query, const Principal& caller) {
        return family->complete(query, caller);
      };
    }
    return invalidParams("\"ref.uri\" must be one of the templates in resources/templates/list.");
  }
  return invalidParams("\"ref.type\" must be \"ref/prompt\" or \"ref/resource\".");
}

}  // namespace

Answer listPrompts(const Engine& engine, const Request& request) {
  if (auto mistake = refuseCursor(request.params())) return *std::move(mistake);
  Json all = Json::array();
  for (const auto& prompt : engine.prompts) all.push_back(describe(prompt->descriptor()));
  return Members{membersOf({{"prompts", std::move(all)}}) + freshness(engine, request)};
}

Answer getPrompt(const Engine& engine, const Request& request) {
  const auto name = stringMember(request.params(), "name");
  if (!name) return invalidParams("\"name\", a string, must say which prompt to get.");
  if (auto mismatch = checkNameHeader(request, *name)) return *std::move(mismatch);
  const Prompt* prompt = findPrompt(engine, *name);
  if (!prompt) return unknownPrompt(engine, *name);
  const auto arguments = readValues(request.params(), "arguments");
  if (const auto* mistake = std::get_if<RpcError>(&arguments)) return *mistake;
  if (auto mistake = checkArguments(prompt->descriptor(), std::get<NamedValues>(arguments)))
    return *std::move(mistake);
  CallContext context = callContext(request);
  auto outcome = prompt->get(std::get<NamedValues>(arguments), context);
  if (!outcome.ok())
    return RpcError{kInvalidParams, outcome.error().message, {{"error", checkout::toJson(outcome.error())}}};
  if (auto* needed = std::get_if<InputNeeded>(&*outcome)) return std::move(*needed);
  return Members{membersOf(toJson(std::get<PromptText>(*outcome)))};
}

Answer complete(const Engine& engine, const Request& request) {
  const Json& params = request.params();
  for (const char* member : {"ref", "argument"})
    if (!params.contains(member) || !params[member].is_object())
      return invalidParams(std::string("\"").append(member).append("\", an object, is missing."));
  const auto name = stringMember(params["argument"], "name"),
             typed = stringMember(params["argument"], "value");
  if (!name || !typed) return invalidParams("\"argument\" needs \"name\" and \"value\", both strings.");
  const auto suggest = suggesterFor(engine, params["ref"], *name);
  if (const auto* mistake = std::get_if<RpcError>(&suggest)) return *mistake;
  const Json context = params.value("context", Json::object());
  if (!context.is_object()) return invalidParams("\"context\" must be an object.");
  auto resolved = readValues(context, "arguments");
  if (auto* mistake = std::get_if<RpcError>(&resolved)) return std::move(*mistake);

  auto found = std::get<Suggest>(suggest)({*name, *typed, std::get<NamedValues>(std::move(resolved))},
                                          request.context.principal);
  if (!found.ok()) {
    log::warn("an argument could not be completed", {{"problem", found.error().message}});
    return RpcError{kInternalError, "Internal error: " + found.error().message, nullptr};
  }
  const std::size_t total = std::max(found->total, found->values.size());
  if (found->values.size() > kMostSuggestions) found->values.resize(kMostSuggestions);
  return Members{membersOf(
      {{"completion",
        {{"values", found->values}, {"total", total}, {"hasMore", total > found->values.size()}}}})};
}

}  // namespace checkout::mcp
