// What the simulator knows of currencies. Deliberately its own table: a mistake in the product's must show up
// as a disagreement, not be shared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace checkout::sandbox {

bool isCurrency(std::string_view code);              // lower case, one that Stripe can charge in
int decimalsOf(std::string_view code);               // 0, 2 or 3
std::int64_t smallestCharge(std::string_view code);  // 1 where Stripe documents no minimum
std::int64_t largestCharge(std::string_view code);   // eight digits, or what Stripe documents
std::string formatAmount(std::int64_t amount, std::string_view code);  // "$42.00", "¥500", "1.234 KWD"

}  // namespace checkout::sandbox
