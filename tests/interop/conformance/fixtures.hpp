// What the MCP conformance suite wants a server to offer, so that it can look at the engine and the
// transports from outside. Names, texts and behaviour are those that its scenarios ask for.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "mcp/server.hpp"

namespace checkout::conformance {

// A 1×1 PNG and a WAV of one sample, in base64.
extern const char* const kPng;
extern const char* const kWav;

std::vector<RegisteredTool> contentTools();  // content_tools.cpp: what a result can hold
std::vector<RegisteredTool> askingTools();   // asking_tools.cpp: what needs the client's input
std::vector<std::unique_ptr<ResourceFamily>> resources();
std::vector<std::unique_ptr<Prompt>> prompts();

using Body = std::function<Result<ToolOutcome>(const Json& arguments, CallContext& context)>;
// `properties` of its input schema; those named are strings and required.
RegisteredTool tool(const std::string& name, const std::string& description, Body body,
                    const std::vector<std::string>& properties = {});
ToolOutcome text(const std::string& text);

}  // namespace checkout::conformance
