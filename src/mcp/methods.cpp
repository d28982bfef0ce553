#include "mcp/methods.hpp"

namespace checkout::mcp {
namespace {

using Pace = Method::Pace;

constexpr Method kHandshakeMethods[] = {
    {"initialize", initialize},
    {"ping", ping},
    {"logging/setLevel", setLogLevel},
    {"tools/list", listTools},
    {"tools/call", callTool, Pace::Slow, true},
    {"resources/list", listResources},
    {"resources/templates/list", listResourceTemplates},
    {"resources/read", readResource, Pace::Slow},
    {"resources/subscribe", subscribeResource, Pace::Slow},
    {"resources/unsubscribe", unsubscribeResource},
    {"prompts/list", listPrompts},
    {"prompts/get", getPrompt, Pace::Slow, true},
    {"completion/complete", complete, Pace::Slow},
};

constexpr Method kModernMethods[] = {
    {"server/discover", discover},
    {"tools/list", listTools},
    {"tools/call", callTool, Pace::Slow, true},
    {"resources/list", listResources},
    {"resources/templates/list", listResourceTemplates},
    {"resources/read", readResource, Pace::Slow},
    {"prompts/list", listPrompts},
    {"prompts/get", getPrompt, Pace::Slow, true},
    {"completion/complete", complete, Pace::Slow},
    {"subscriptions/listen", listen, Pace::Slow},
};

// What a server does not offer it does not answer either.
bool isOffered(const Engine& engine, std::string_view name) {
  const bool resources = !engine.resources.empty(), prompts = !engine.prompts.empty();
  if (name.starts_with("resources/")) return resources;
  if (name.starts_with("prompts/")) return prompts;
  return !name.starts_with("completion/") || resources || prompts;
}

}  // namespace

const Method* findMethod(const Engine& engine, Revision revision, std::string_view name) {
  if (!isOffered(engine, name)) return nullptr;
  const auto in = [&](const auto& table) -> const Method* {
    for (const Method& method : table)
      if (method.name == name) return &method;
    return nullptr;
  };
  return isModern(revision) ? in(kModernMethods) : in(kHandshakeMethods);
}

}  // namespace checkout::mcp
