// The methods of the protocol, by revision. One function each, in the file of its area.
#pragma once

#include <string_view>

#include "mcp/engine.hpp"
#include "mcp/request.hpp"

namespace checkout::mcp {

struct Method {
  std::string_view name;
  Answer (*answer)(const Engine&, const Request&);
  // Slow: only registered when it is accepted; its work runs where the transport likes.
  enum class Pace { AtOnce, Slow } pace = Pace::AtOnce;
  bool mayAsk = false;  // may answer InputNeeded (2026-07-28, basic/patterns/mrtr, "Supported Requests")
};

// nullptr: there is none, or the server has nothing of that kind.
const Method* findMethod(const Engine& engine, Revision revision, std::string_view name);

// lifecycle_methods.cpp
Answer initialize(const Engine& engine, const Request& request);
Answer discover(const Engine& engine, const Request& request);
Answer ping(const Engine& engine, const Request& request);
Answer setLogLevel(const Engine& engine, const Request& request);
// tool_methods.cpp
Answer listTools(const Engine& engine, const Request& request);
Answer callTool(const Engine& engine, const Request& request);
// Of the tool that the request calls, if it is a tools/call.
ProviderUse providerUse(const Engine& engine, const Request& request);
// resource_methods.cpp
Answer listResources(const Engine& engine, const Request& request);
Answer listResourceTemplates(const Engine& engine, const Request& request);
Answer readResource(const Engine& engine, const Request& request);
// subscription_methods.cpp
Answer subscribeResource(const Engine& engine, const Request& request);
Answer unsubscribeResource(const Engine& engine, const Request& request);
Answer listen(const Engine& engine, const Request& request);
// prompt_methods.cpp
Answer listPrompts(const Engine& engine, const Request& request);
Answer getPrompt(const Engine& engine, const Request& request);
Answer complete(const Engine& engine, const Request& request);

}  // namespace checkout::mcp
