// What a Checkout Session costs: goods, less a discount, plus shipping and tax. The totals always add up.
#pragma once

#include <string_view>

#include "sandbox/account.hpp"

namespace checkout::sandbox {

// Recomputes every amount of the session and of its lines from what they cost, the chosen shipping rate, the
// discount, and the address where tax is automatic.
void priceSession(Account& account, Session& session);

// Automatic tax that still lacks the customer's address.
bool awaitsLocation(const Session& session);

// In hundredths of a percent; 0 for a country without a rate here. One standard rate for each country: enough
// to see totals change, not to file a tax return.
std::int64_t taxRateOf(std::string_view country);

}  // namespace checkout::sandbox
