#include "app/operate/stock_flags.hpp"

#include <charconv>
#include <map>

#include <CLI/CLI.hpp>

#include "app/operate/operator_name.hpp"

namespace checkout::app::operate {
namespace {

using StockAction = StockCommand::Action;

constexpr const char* kStockFooter = R"(Examples:
  checkout-mcp stock list --tenant tea_house
  checkout-mcp stock set assam 40 --tenant tea_house            40 are on the shelf
  checkout-mcp stock adjust assam --by -2 --tenant tea_house    two broke; --by 25 for a delivery

Only products with `stock` in the configuration are counted. What open payments hold is on the shelf,
what is sold is not. set and adjust go through the server if it runs, and else open the store themselves.
Exit codes: 0 fine, 1 it failed, 2 bad usage.)";

Result<std::int64_t> readPieces(const std::string& what, std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t pieces = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), pieces);
  if (!text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size()) return pieces;
  return Error(ErrorCode::ValidationFailed, what + " is not a whole number");
}

}  // namespace

struct StockFlags::Parts {
  struct Given {
    std::string tenant, productId, pieces, operatorName, format = "text";
  };
  CLI::App *stock = nullptr, *list = nullptr, *set = nullptr, *adjust = nullptr;
  std::map<const CLI::App*, Given> given;  // its strings must not move: CLI11 writes into them
};

StockFlags::StockFlags(CLI::App& app, const std::function<void(CLI::App&)>& addCommon)
    : parts_(std::make_unique<Parts>()) {
  Parts& parts = *parts_;
  parts.stock = app.add_subcommand("stock", "for operators: count the stock, correct it");
  parts.stock->require_subcommand(1);
  parts.stock->footer(kStockFooter);
  parts.list = parts.stock->add_subcommand("list", "what is on the shelf, held, free and sold");
  parts.set = parts.stock->add_subcommand("set", "so many are on the shelf");
  parts.adjust = parts.stock->add_subcommand("adjust", "so many more, or fewer");
  for (CLI::App* command : {parts.list, parts.set, parts.adjust}) {
    Parts::Given& given = parts.given[command];
    if (command != parts.list)
      command->add_option("PRODUCT_ID", given.productId, "the product's id")->required()->option_text(" ");
    if (command == parts.set)
      command->add_option("COUNT", given.pieces, "how many are on the shelf")->required()->option_text(" ");
    if (command == parts.adjust)
      command->add_option("--by", given.pieces, "how many more; fewer with a minus")
          ->required()
          ->option_text("N");
    command->add_option("--tenant", given.tenant, "whose product it is")
        ->envname("CHECKOUT_MCP_TENANT")
        ->option_text("TENANT_ID")
        ->required();
    if (command == parts.list)
      command->add_option("--format", given.format, "text, or json: one object")
          ->check(CLI::IsMember({"text", "json"}))
          ->envname("CHECKOUT_MCP_FORMAT")
          ->option_text("FORMAT [text]");
    else
      command->add_option("--operator", given.operatorName, "who does this, for the log (default: you)")
          ->envname("CHECKOUT_MCP_OPERATOR")
          ->option_text("NAME");
    addCommon(*command);
  }
}

StockFlags::~StockFlags() = default;

bool StockFlags::parsed() const {
  return parts_->stock->parsed();
}

bool StockFlags::lacksCommand() const {
  return parsed() && parts_->stock->get_subcommands().empty();
}

Result<StockCommand> StockFlags::command(const Environment& environment) const {
  const bool sets = parts_->set->parsed(), lists = parts_->list->parsed();
  const CLI::App& chosen = lists ? *parts_->list : sets ? *parts_->set : *parts_->adjust;
  const Parts::Given& given = parts_->given.at(&chosen);
  StockCommand command;
  command.tenant.value = given.tenant;
  command.productId.value = given.productId;
  command.asJson = given.format == "json";
  if (!lists) {
    command.action = sets ? StockAction::Set : StockAction::Adjust;
    CHECKOUT_ASSIGN(pieces, readPieces(sets ? "COUNT" : "--by", given.pieces));
    command.pieces = pieces;
    command.operatorName =
        chosen.count("--operator") > 0 ? given.operatorName : operatorNameFrom(environment);
  }
  CHECKOUT_TRY(checkCommand(command));
  return command;
}

}  // namespace checkout::app::operate
