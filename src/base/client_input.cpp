#include <checkout/client_input.hpp>

namespace checkout {

std::optional<ElicitAnswer> ClientInput::elicited(const std::string& key) const {
  const Json* given = answer(key);
  if (given == nullptr || !given->is_object()) return std::nullopt;
  const auto action = given->find("action");
  if (action == given->end()) return std::nullopt;
  ElicitAnswer read;
  if (*action == "accept") {
    read.action = ElicitAction::Accept;
  } else if (*action == "decline") {
    read.action = ElicitAction::Decline;
  } else if (*action != "cancel") {
    return std::nullopt;
  }
  if (const auto content = given->find("content"); content != given->end() && content->is_object())
    read.content = *content;
  return read;
}

}  // namespace checkout
