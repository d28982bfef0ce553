// What is done after the shopping, by every program here.
#pragma once

#include "chaos/checker.hpp"
#include "chaos/server.hpp"
#include "chaos/shopper.hpp"

namespace checkout::chaos {

// Asks how the checkouts stand whose end nobody has seen. How many of them can't stay like that. It asks
// checkout_list, which looks into the store only: whatever that shows has come about without help.
std::size_t survey(Town& town);

// Checks the invariants. The server must have stopped; since `calmSince` it was not killed.
Result<Verdict> examineAfter(Town& town, const Server& server, TimePoint calmSince);

}  // namespace checkout::chaos
