// Beginnings of a conversation that a person can pick, in the order in which prompts/list shows them.
#pragma once

#include <memory>
#include <vector>

#include <checkout/prompt.hpp>

#include "tools/catalog_of_tools.hpp"

namespace checkout::prompts {

// What `services` holds outlives them.
std::vector<std::unique_ptr<Prompt>> allPrompts(const tools::ToolServices& services);

std::unique_ptr<Prompt> makeBuy(const tools::ToolServices& services);
std::unique_ptr<Prompt> makeTrackOrder(const tools::ToolServices& services);

// A message of the person who picked the prompt.
PromptText says(const std::string& description, const std::string& text);

}  // namespace checkout::prompts
