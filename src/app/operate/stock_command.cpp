#include "app/operate/stock_command.hpp"

#include <checkout/json.hpp>

#include "app/operate/printable.hpp"
#include "base/json_gate.hpp"

namespace checkout::app::operate {
namespace {

using StockAction = StockCommand::Action;

constexpr std::size_t kLongestWord = 200;

Error badStockCommand(std::string message) {
  return {ErrorCode::ValidationFailed, std::move(message)};
}

Result<void> checkStockWord(const std::string& what, const std::string& text) {
  if (text.find_first_not_of(' ') == std::string::npos) return badStockCommand(what + " must not be empty");
  if (text.size() > kLongestWord) return badStockCommand(what + " has more than 200 bytes");
  if (printable(text) != text) return badStockCommand(what + " is not plain text of one line");
  return {};
}

std::string wordOfLine(const Json& json, const char* member) {
  const auto found = json.find(member);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<StockCommand> readStockCommand(const Json& json, StockAction action) {
  StockCommand command;
  command.action = action;
  command.tenant.value = wordOfLine(json, "tenant");
  command.productId.value = wordOfLine(json, "product");
  command.operatorName = wordOfLine(json, "operator");
  const auto pieces = json.find("pieces");
  if (pieces == json.end() || !pieces->is_number_integer()) return badStockCommand("pieces is no integer");
  command.pieces = pieces->get<std::int64_t>();
  CHECKOUT_TRY(checkCommand(command));
  return command;
}

}  // namespace

const char* nameOf(StockAction action) {
  switch (action) {
    case StockAction::Set:
      return "stock set";
    case StockAction::Adjust:
      return "stock adjust";
    case StockAction::List:
      break;
  }
  return "stock list";
}

Result<void> checkCommand(const StockCommand& command) {
  CHECKOUT_TRY(checkStockWord("--tenant", command.tenant.value));
  if (command.action == StockAction::List) return {};
  CHECKOUT_TRY(checkStockWord("PRODUCT_ID", command.productId.value));
  if (command.operatorName.empty())
    return badStockCommand("nobody is named who does this: set USER, or pass --operator NAME");
  return checkStockWord("--operator", command.operatorName);
}

std::string toLine(const StockCommand& command) {
  return Json{{"command", nameOf(command.action)},
              {"tenant", command.tenant.value},
              {"product", command.productId.value},
              {"pieces", command.pieces},
              {"operator", command.operatorName}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Result<StockCommand>> stockCommandFromLine(std::string_view line) {
  const auto json = parseUntrustedJson(line);
  if (!json.ok() || !json->is_object()) return std::nullopt;
  const std::string name = wordOfLine(*json, "command");
  for (const StockAction action : {StockAction::Set, StockAction::Adjust})
    if (name == nameOf(action)) return readStockCommand(*json, action);
  return std::nullopt;
}

}  // namespace checkout::app::operate
