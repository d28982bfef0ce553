// Stripe's presentment currencies: how many decimals Stripe counts in, the smallest charge, the usual symbol.
// Sources: https://docs.stripe.com/currencies (presentment currencies, zero-decimal, three-decimal, special
// cases, minimum amounts) and ISO 4217 for the exponents.
#pragma once

#include <cstdint>
#include <string_view>

namespace checkout::domain {

struct CurrencyFacts {
  std::string_view code;
  int exponent;                // decimals of the smallest unit as Stripe's API counts them
  std::int64_t minimumCharge;  // smallest unit; 0: none documented
  std::string_view symbol;     // put before the number; empty: the code is put behind it
  int step = 1;                // amounts must be a multiple of this many smallest units
};

// The largest amount, by the number of digits that Stripe takes in this currency.
std::int64_t maximumCharge(std::string_view code);

const CurrencyFacts* findCurrency(std::string_view code);  // lower case; nullptr: not supported

}  // namespace checkout::domain
