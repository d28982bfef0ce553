// What a request brings along from the round before, and how the client is asked for the next one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "mcp/engine.hpp"
#include "mcp/request.hpp"

namespace checkout::mcp {

// Reads inputResponses and requestState into request.input. The protocol mistake in them, if there is one.
std::optional<RpcError> readInput(const Engine& engine, Request& request);

// The members of an InputRequiredResult.
Members inputRequired(const Engine& engine, const Request& request, const InputNeeded& needed);

// Sends the client requests of our own, and lets the request wait for the answers. The mistake, and `waiting`
// is not called, if that can't be done.
std::optional<RpcError> askByRequests(const Engine& engine, const std::shared_ptr<Session>& session,
                                      const Request& request, const InputNeeded& needed,
                                      Questions::Waiting waiting);

}  // namespace checkout::mcp
