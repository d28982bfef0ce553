#include "app/operate/stock_desk.hpp"

#include <optional>

#include "app/operate/printable.hpp"
#include "base/log.hpp"

namespace checkout::app::operate {
namespace {

std::string describeStock(const StockCommand& command, const StockLevel& level) {
  return command.productId.value + " (" + command.tenant.value + "): " + std::to_string(level.onShelf()) +
         " on the shelf, " + std::to_string(level.reserved) + " of them held by open payments, " +
         std::to_string(level.free()) + " free.";
}

}  // namespace

DeskAnswer perform(Store& store, const StockCommand& command) {
  std::optional<StockLevel> level;
  const auto done = store.write([&](Transaction& tx) -> Result<void> {
    CHECKOUT_ASSIGN(changed, command.action == StockCommand::Action::Set
                                 ? tx.stock().setOnShelf(command.tenant, command.productId, command.pieces)
                                 : tx.stock().adjust(command.tenant, command.productId, command.pieces));
    level = changed;
    return {};
  });
  if (!done.ok()) return {done.error(), {}};
  log::info("an operator's command", {{"command", nameOf(command.action)},
                                      {"tenant", command.tenant.value},
                                      {"product", command.productId.value},
                                      {"pieces", std::to_string(command.pieces)},
                                      {"operator", command.operatorName}});
  return {std::nullopt, {describeStock(command, *level)}};
}

std::string renderStock(const std::vector<ProductStock>& stock, const TenantId& tenant) {
  Page page;
  if (stock.empty()) page.line("No stock is counted for tenant " + tenant.value + ".");
  std::vector<std::vector<std::string>> rows = {{"PRODUCT", "ON SHELF", "HELD", "FREE", "SOLD"}};
  for (const auto& [productId, level] : stock)
    rows.push_back({productId.value, std::to_string(level.onShelf()), std::to_string(level.reserved),
                    std::to_string(level.free()), std::to_string(level.sold)});
  if (!stock.empty())
    for (const std::string& row : aligned(rows)) page.line(row);
  return page.text();
}

Json stockToJson(const std::vector<ProductStock>& stock, const TenantId& tenant) {
  Json products = Json::array();
  for (const auto& [productId, level] : stock)
    products.push_back({{"productId", productId.value},
                        {"onShelf", level.onShelf()},
                        {"held", level.reserved},
                        {"free", level.free()},
                        {"sold", level.sold}});
  return {{"tenantId", tenant.value}, {"products", std::move(products)}};
}

}  // namespace checkout::app::operate
