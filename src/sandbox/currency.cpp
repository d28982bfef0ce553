#include "sandbox/currency.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace checkout::sandbox {
namespace {

// docs.stripe.com/currencies, presentment currencies.
constexpr std::string_view kCurrencies =
    " usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd "
    "cad cdf "
    "chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg "
    "huf idr "
    "ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop "
    "mur mvr "
    "mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr "
    "sek sgd "
    "shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf "
    "yer zar "
    "zmw ";
constexpr std::string_view kNoDecimals = " bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf ";
constexpr std::string_view kThreeDecimals = " bhd jod kwd omr tnd ";

constexpr std::array<std::pair<std::string_view, std::int64_t>, 24> kSmallest = {{
    {"usd", 50},    {"aed", 200},  {"aud", 50},  {"bgn", 100},  {"brl", 50},  {"cad", 50},
    {"chf", 50},    {"czk", 1500}, {"dkk", 250}, {"eur", 50},   {"gbp", 30},  {"hkd", 400},
    {"huf", 17500}, {"inr", 50},   {"jpy", 50},  {"mxn", 1000}, {"myr", 200}, {"nok", 300},
    {"nzd", 50},    {"pln", 200},  {"ron", 200}, {"sek", 300},  {"sgd", 50},  {"thb", 1000},
}};

// docs.stripe.com/currencies, minimum and maximum charge amounts.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kLargest = {{
    {"cop", 9'999'999'999},
    {"huf", 9'999'999'999},
    {"idr", 999'999'999'999},
    {"inr", 999'999'999},
    {"jpy", 9'999'999'999},
    {"lbp", 99'999'999'999},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSigns = {
    {{"usd", "$"}, {"eur", "€"}, {"gbp", "£"}, {"jpy", "¥"}}};

bool listed(std::string_view list, std::string_view code) {
  return code.size() == 3 &&
         list.find(std::string(1, ' ').append(code).append(1, ' ')) != std::string_view::npos;
}

}  // namespace

bool isCurrency(std::string_view code) {
  return listed(kCurrencies, code);
}

int decimalsOf(std::string_view code) {
  return listed(kNoDecimals, code) ? 0 : listed(kThreeDecimals, code) ? 3 : 2;
}

std::int64_t smallestCharge(std::string_view code) {
  for (const auto& [currency, smallest] : kSmallest)
    if (currency == code) return smallest;
  return 1;
}

std::int64_t largestCharge(std::string_view code) {
  for (const auto& [currency, largest] : kLargest)
    if (currency == code) return largest;
  return 99'999'999;
}

std::string formatAmount(std::int64_t amount, std::string_view code) {
  const auto decimals = static_cast<std::size_t>(decimalsOf(code));
  std::string digits = std::to_string(amount < 0 ? -amount : amount);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  std::string number = digits.substr(0, digits.size() - decimals);
  for (auto i = static_cast<std::ptrdiff_t>(number.size()) - 3; i > 0; i -= 3)
    number.insert(static_cast<std::size_t>(i), 1, ',');
  if (decimals > 0) number.append(1, '.').append(digits, digits.size() - decimals);
  const std::string minus = amount < 0 ? "-" : "";
  for (const auto& [currency, sign] : kSigns)
    if (currency == code) return minus + std::string(sign) + number;
  std::string upper(code);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return static_cast<char>(c - 32); });
  return minus + number + " " + upper;
}

}  // namespace checkout::sandbox
