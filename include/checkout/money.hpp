// Money is an integer count of a currency's smallest unit. No float exists anywhere in this program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <checkout/result.hpp>

namespace checkout {

// A three-letter ISO 4217 code in lower case, as Stripe writes it ("usd").
struct Currency {
  std::string code;
  auto operator<=>(const Currency&) const = default;
};

struct Money {
  std::int64_t amount = 0;  // smallest unit: cents for usd, yen for jpy, fils for kwd
  Currency currency;
  bool operator==(const Money&) const = default;
};

// Decimals of a currency's smallest unit (0, 2 or 3) as Stripe counts them; an error for an unknown currency.
// Source: ISO 4217, and https://docs.stripe.com/currencies (zero-decimal, three-decimal, special cases).
Result<int> exponentOf(const Currency& currency);

// The smallest amount Stripe charges in this currency, in the smallest unit; 0 where it documents none.
std::int64_t minimumCharge(const Currency& currency);

// The largest amount Stripe charges in this currency, in the smallest unit.
std::int64_t maximumCharge(const Currency& currency);

// "$42.00", "¥500", "1.234 KWD".
std::string display(const Money& money);

// Sums and products that refuse to overflow or mix currencies (code Internal: a caller's bug or absurd
// prices).
Result<Money> add(const Money& a, const Money& b);
Result<Money> multiply(const Money& unit, std::int64_t quantity);

Json toJson(const Money& money);  // {amount, currency, display}

}  // namespace checkout
