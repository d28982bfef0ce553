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

// Sends the client requests of our own; `resume` gets what it answers. The mistake if that can't be done.
std::optional<RpcError> askByRequests(const Request& request, const InputNeeded& needed,
                                      Questions::Resume resume);

}  // namespace checkout::mcp
