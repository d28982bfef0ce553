// Prompts as the protocol engine sees them: a ready-made beginning of a conversation, which a person picks.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <checkout/completion.hpp>
#include <checkout/tool.hpp>

namespace checkout {

struct PromptArgument {
  std::string name, title, description;
  bool required = false;
};

struct PromptDescriptor {
  std::string name, title, description;
  std::vector<PromptArgument> arguments;
};

struct PromptMessage {
  enum class Role { User, Assistant } role = Role::User;
  Json content;  // a content block (MCP, server/prompts)
};

struct PromptText {
  std::string description;
  std::vector<PromptMessage> messages;
};

using PromptOutcome = std::variant<PromptText, InputNeeded>;

// Thread-safe.
class Prompt {
 public:
  virtual ~Prompt() = default;
  virtual const PromptDescriptor& descriptor() const = 0;
  // Every required argument is there, and none that is unknown. An Error becomes -32602 with its message.
  virtual Result<PromptOutcome> get(const NamedValues& arguments, CallContext& context) const = 0;
  virtual Result<Completions> complete(const CompletionQuery&, const Principal&) const {
    return Completions{};
  }
};

}  // namespace checkout
