// Finds card numbers, however they are written, so that none is stored, logged or repeated.
#pragma once

#include <string_view>

namespace checkout {

// True if `text` contains what can only be a card number: as many digits as its network uses, its network's
// prefix, a valid check digit. No way of writing hides it: spaces, dashes, dots and the like between its groups,
// invisible characters, the digits of other scripts. International phone numbers (+49 …), IBANs, EANs, UUIDs and
// the digits inside of ids don't count.
bool containsCardNumber(std::string_view text);

// Where nothing else than a card can be meant, an argument called cardNumber say: any 12 to 19 digits with a
// valid check digit.
bool isBareCardNumber(std::string_view text);

}  // namespace checkout
