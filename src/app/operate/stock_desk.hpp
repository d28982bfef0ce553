// The counted stock, for an operator's eye and by an operator's hand.
#pragma once

#include <string>
#include <vector>

#include <checkout/store.hpp>

#include "app/operate/desk.hpp"
#include "app/operate/stock_command.hpp"

namespace checkout::app::operate {

// Set or Adjust. The line of the answer tells the stock that it came to; who did it is in the log.
DeskAnswer perform(Store& store, const StockCommand& command);

std::string renderStock(const std::vector<ProductStock>& stock, const TenantId& tenant);  // lines of text
Json stockToJson(const std::vector<ProductStock>& stock, const TenantId& tenant);

}  // namespace checkout::app::operate
