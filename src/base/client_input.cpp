#include <checkout/client_input.hpp>

namespace checkout {

std::optional<ElicitAnswer> ClientInput::elicited(const std::string& key) const {
  const Json* given = answer(key);
  if (given == nullptr) return std::nullopt;
  ElicitAnswer read;
  if (!given->is_object()) return read;
  const auto action = given->find("action");
  if (action == given->end()) return read;
  if (*action == "accept")
    read.action = ElicitAction::Accept;
  else if (*action == "decline")
    read.action = ElicitAction::Decline;
  if (const auto content = given->find("content"); content != given->end() && content->is_object())
    read.content = *content;
  return read;
}

}  // namespace checkout
