#include <algorithm>

#include <checkout/money.hpp>

#include "domain/currencies.hpp"

namespace checkout {

Result<int> exponentOf(const Currency& currency) {
  const domain::CurrencyFacts* facts = domain::findCurrency(currency.code);
  if (facts == nullptr)
    return Error(ErrorCode::ValidationFailed,
                 "Expected a currency that Stripe can charge, as a three-letter ISO 4217 code in lower case "
                 "(for example usd), got \"" +
                     currency.code + "\".");
  return facts->exponent;
}

std::int64_t minimumCharge(const Currency& currency) {
  const domain::CurrencyFacts* facts = domain::findCurrency(currency.code);
  return facts == nullptr ? 0 : facts->minimumCharge;
}

std::int64_t maximumCharge(const Currency& currency) {
  return domain::maximumCharge(currency.code);
}

std::string display(const Money& money) {
  const domain::CurrencyFacts* facts = domain::findCurrency(money.currency.code);
  const int exponent = facts == nullptr ? 0 : facts->exponent;
  const bool negative = money.amount < 0;
  // Negating in unsigned arithmetic is defined for the smallest int64 too.
  const auto magnitude =
      negative ? 0 - static_cast<std::uint64_t>(money.amount) : static_cast<std::uint64_t>(money.amount);
  const auto decimals = static_cast<std::size_t>(exponent);
  std::string digits = std::to_string(magnitude);
  if (digits.size() <= decimals) digits = std::string(decimals + 1 - digits.size(), '0').append(digits);
  const std::size_t whole = digits.size() - decimals;
  std::string text;
  for (std::size_t i = 0; i < whole; ++i) {
    if (i > 0 && (whole - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  if (decimals > 0) text.append(1, '.').append(digits, whole);

  std::string code = money.currency.code;
  std::transform(code.begin(), code.end(), code.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string shown(negative ? "-" : "");
  if (facts != nullptr && !facts->symbol.empty()) return shown.append(facts->symbol).append(text);
  return shown.append(text).append(1, ' ').append(code);
}

Result<Money> add(const Money& a, const Money& b) {
  if (a.currency != b.currency)
    return Error(ErrorCode::Internal, "amounts of different currencies cannot be added");
  Money sum{0, a.currency};
  if (__builtin_add_overflow(a.amount, b.amount, &sum.amount))
    return Error(ErrorCode::Internal, "the sum of the amounts is too large");
  return sum;
}

Result<Money> multiply(const Money& unit, std::int64_t quantity) {
  Money product{0, unit.currency};
  if (__builtin_mul_overflow(unit.amount, quantity, &product.amount))
    return Error(ErrorCode::Internal, "the amount is too large");
  return product;
}

Json toJson(const Money& money) {
  return {{"amount", money.amount}, {"currency", money.currency.code}, {"display", display(money)}};
}

}  // namespace checkout
