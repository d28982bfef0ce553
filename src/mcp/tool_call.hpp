// tools/call: finds the tool, judges the arguments, runs it, and puts the outcome into words.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "mcp/envelope.hpp"
#include "mcp/server.hpp"
#include "mcp/session.hpp"
#include "mcp/tool_set.hpp"

namespace checkout::mcp {

struct ToolCall {
  const ToolEntry* entry = nullptr;
  Json arguments;
};

// The tool and arguments that `params` name, or the protocol mistake in them. `http` is set where a modern
// request's headers have to agree with its body.
std::variant<ToolCall, RpcError> readToolCall(const ToolSet& tools, const Json& params,
                                              const RequestContext::HttpFacts* http);

// What a tool failed with inside; sent to clients that asked for log messages. The details are in our own
// log.
using FailureListener = std::function<void(const std::string& message)>;

// Breaks of the schema, errors and exceptions all become results. Never throws.
Result<Json> runTool(const ToolCall& call, ToolContext& context, const FailureListener& onFailure);

// A ToolContext that reports into `sink` as the client asked in params._meta. Outlive it with `running` and
// `sink`.
ToolContext toolContext(const Json& params, const RequestContext& context,
                        const std::shared_ptr<RunningCall>& running, const std::shared_ptr<ReplySink>& sink);

// The members of a CallToolResult, without braces: the one place that decides what a tool's outcome looks
// like.
std::string toolResultMembers(const Result<Json>& outcome);

}  // namespace checkout::mcp
