// Keeps card numbers out of this server: a call that carries one is refused before any tool sees it.
#pragma once

#include <string_view>

#include <checkout/result.hpp>

namespace checkout::tools {

// True if `text` contains what can only be a card number: as many digits as its network uses (13 to 19), its
// network's prefix, a valid check digit. Spaces and dashes between digits don't hide it; international phone
// numbers (+49 …) and digits inside ids and UUIDs don't count.
bool containsCardNumber(std::string_view text);

// CardNumberRejected if any string in `arguments`, however deep, contains a card number. The error names the
// place (JSON Pointer) and never repeats the number.
Result<void> refuseCardNumbers(const Json& arguments);

}  // namespace checkout::tools
