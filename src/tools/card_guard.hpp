// Keeps card numbers out of this server: a call that carries one is refused before anything looks at it.
#pragma once

#include <checkout/result.hpp>

namespace checkout::tools {

// CardNumberRejected if any string in `arguments`, however deep, or a member's name contains a card number.
// The error names the place (JSON Pointer) and never repeats the number.
Result<void> refuseCardNumbers(const Json& arguments);

}  // namespace checkout::tools
