// The lines of a Checkout Session.
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

struct Lines {
  std::string currency;
  Json items = Json::array();     // "item" objects
  Json products = Json::array();  // what each of them sells: {id, name, description, images, metadata …}
};
// line_items, each with price_data or the id of a price, all in one currency.
Result<Lines> readLines(Call& call);

Error totalTooLarge(const std::string& currency);

// After the session was added: products and prices that came with it are found by their ids.
void indexLines(Account& account, const Session& session);

}  // namespace checkout::sandbox
