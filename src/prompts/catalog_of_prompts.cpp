#include "prompts/catalog_of_prompts.hpp"

namespace checkout::prompts {

std::vector<std::unique_ptr<Prompt>> allPrompts(const tools::ToolServices& services) {
  std::vector<std::unique_ptr<Prompt>> all;
  all.push_back(makeBuy(services));
  all.push_back(makeTrackOrder(services));
  return all;
}

PromptText says(const std::string& description, const std::string& text) {
  return {description, {{PromptMessage::Role::User, {{"type", "text"}, {"text", text}}}}};
}

}  // namespace checkout::prompts
