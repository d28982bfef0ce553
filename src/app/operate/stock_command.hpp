// What an operator wants of the counted stock: the `stock` commands as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <checkout/ids.hpp>
#include <checkout/result.hpp>

namespace checkout::app::operate {

struct StockCommand {
  enum class Action { List, Set, Adjust };
  Action action = Action::List;
  TenantId tenant;
  ProductId productId;       // Set and Adjust
  std::int64_t pieces = 0;   // Set: as many are on the shelf; Adjust: so many more, or fewer
  std::string operatorName;  // Set and Adjust: for the log
  bool asJson = false;       // List
};

const char* nameOf(StockCommand::Action action);  // "stock set"

// ValidationFailed unless it is complete: ids and a name of one plain line each.
Result<void> checkCommand(const StockCommand& command);

// Set and Adjust, on their way to the process that has the store open.
std::string toLine(const StockCommand& command);
// nullopt: the line is no stock command, but perhaps another one.
std::optional<Result<StockCommand>> stockCommandFromLine(std::string_view line);

}  // namespace checkout::app::operate
