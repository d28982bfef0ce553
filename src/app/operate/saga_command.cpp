#include "app/operate/saga_command.hpp"

#include <algorithm>
#include <array>

#include <checkout/json.hpp>

#include "app/operate/printable.hpp"
#include "base/card_number.hpp"
#include "base/json_gate.hpp"

namespace checkout::app::operate {
namespace {

using Action = SagaCommand::Action;

constexpr std::array kActions{Action::Show, Action::List, Action::Retry, Action::Refund, Action::Resolve};
constexpr std::size_t kLongestName = 64, kLongestReason = 500, kLongestId = 100;

bool isBlank(const std::string& text) {
  return text.find_first_not_of(' ') == std::string::npos;
}

Error wrong(std::string message) {
  return {ErrorCode::ValidationFailed, std::move(message)};
}

Result<void> checkText(const std::string& what, const std::string& text, std::size_t longest) {
  if (isBlank(text)) return wrong(what + " must not be empty");
  if (text.size() > longest) return wrong(what + " has more than " + std::to_string(longest) + " bytes");
  if (printable(text) != text) return wrong(what + " is not plain text of one line");
  if (containsCardNumber(text)) return wrong(what + " contains a card number, which is never stored");
  return {};
}

bool isId(const std::string& text) {
  return !text.empty() && text.size() <= kLongestId && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string wordIn(const Json& json, const char* member) {
  const auto found = json.find(member);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

const char* nameOf(Action action) {
  switch (action) {
    case Action::Show:
      return "show";
    case Action::List:
      return "list";
    case Action::Retry:
      return "retry";
    case Action::Refund:
      return "refund";
    case Action::Resolve:
      break;
  }
  return "resolve";
}

Result<void> checkCommand(const SagaCommand& command) {
  const Action action = command.action;
  if (action == Action::List) return {};
  if (!isId(command.sagaId.value))
    return wrong("SAGA_ID is no checkout's id; expected one like saga_ and 32 hexadecimal digits");
  if (action == Action::Show) return {};
  if (isBlank(command.operatorName))
    return wrong("nobody is named who does this: set USER, or pass --operator NAME");
  CHECKOUT_TRY(checkText("--operator", command.operatorName, kLongestName));
  if (action != Action::Retry) CHECKOUT_TRY(checkText("--reason", command.reason, kLongestReason));
  if (!command.about.empty()) CHECKOUT_TRY(checkText("--about", command.about, kLongestReason));
  if (command.amount && *command.amount <= 0)
    return wrong("--amount must be at least 1, in the currency's smallest unit");
  return {};
}

std::string toLine(const SagaCommand& command) {
  Json json = {{"command", nameOf(command.action)}, {"sagaId", command.sagaId.value}};
  if (!command.operatorName.empty()) json["operator"] = command.operatorName;
  if (command.amount) json["amount"] = *command.amount;
  if (command.again) json["again"] = true;
  if (!command.reason.empty()) json["reason"] = command.reason;
  if (!command.about.empty()) json["about"] = command.about;
  return json.dump();
}

Result<SagaCommand> commandFromLine(std::string_view line) {
  CHECKOUT_ASSIGN(json, parseUntrustedJson(line));
  if (!json.is_object()) return wrong("expected an object with the member command");
  SagaCommand command;
  const std::string name = wordIn(json, "command");
  const auto action = std::find_if(kActions.begin(), kActions.end(),
                                   [&](Action candidate) { return name == nameOf(candidate); });
  if (action == kActions.end() || *action == Action::List)
    return wrong("this process knows the commands show, retry, refund and resolve, and not \"" + name + "\"");
  command.action = *action;
  command.withPage = *action == Action::Show;  // whatever else it shows is read from the store
  command.sagaId.value = wordIn(json, "sagaId");
  command.operatorName = wordIn(json, "operator");
  command.reason = wordIn(json, "reason");
  command.about = wordIn(json, "about");
  if (const auto amount = json.find("amount"); amount != json.end()) {
    if (!amount->is_number_integer()) return wrong("amount is no integer");
    command.amount = amount->get<std::int64_t>();
  }
  if (const auto again = json.find("again"); again != json.end()) {
    if (!again->is_boolean()) return wrong("again is neither true nor false");
    command.again = again->get<bool>();
  }
  CHECKOUT_TRY(checkCommand(command));
  return command;
}

}  // namespace checkout::app::operate
