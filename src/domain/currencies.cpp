#include "domain/currencies.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace checkout::domain {
namespace {

// Sorted by code. isk and ugx have no decimals in ISO 4217; Stripe keeps them at two for backwards
// compatibility and requires the decimals to be 00. huf and twd have none in payouts only. Three-decimal
// amounts must end in 0 (the card networks take two decimals), hence the step of 10.
constexpr CurrencyFacts kCurrencies[] = {
    {"aed", 2, 200, ""},    {"afn", 2, 0, ""},      {"all", 2, 0, ""},     {"amd", 2, 0, ""},
    {"ang", 2, 0, ""},      {"aoa", 2, 0, ""},      {"ars", 2, 0, ""},     {"aud", 2, 50, "A$"},
    {"awg", 2, 0, ""},      {"azn", 2, 0, ""},      {"bam", 2, 0, ""},     {"bbd", 2, 0, ""},
    {"bdt", 2, 0, ""},      {"bgn", 2, 100, ""},    {"bhd", 3, 0, "", 10}, {"bif", 0, 0, ""},
    {"bmd", 2, 0, ""},      {"bnd", 2, 0, ""},      {"bob", 2, 0, ""},     {"brl", 2, 50, "R$"},
    {"bsd", 2, 0, ""},      {"bwp", 2, 0, ""},      {"byn", 2, 0, ""},     {"bzd", 2, 0, ""},
    {"cad", 2, 50, "CA$"},  {"cdf", 2, 0, ""},      {"chf", 2, 50, ""},    {"clp", 0, 0, ""},
    {"cny", 2, 0, ""},      {"cop", 2, 0, ""},      {"crc", 2, 0, ""},     {"cve", 2, 0, ""},
    {"czk", 2, 1500, ""},   {"djf", 0, 0, ""},      {"dkk", 2, 250, ""},   {"dop", 2, 0, ""},
    {"dzd", 2, 0, ""},      {"egp", 2, 0, ""},      {"etb", 2, 0, ""},     {"eur", 2, 50, "€"},
    {"fjd", 2, 0, ""},      {"fkp", 2, 0, ""},      {"gbp", 2, 30, "£"},   {"gel", 2, 0, ""},
    {"gip", 2, 0, ""},      {"gmd", 2, 0, ""},      {"gnf", 0, 0, ""},     {"gtq", 2, 0, ""},
    {"gyd", 2, 0, ""},      {"hkd", 2, 400, "HK$"}, {"hnl", 2, 0, ""},     {"htg", 2, 0, ""},
    {"huf", 2, 17500, ""},  {"idr", 2, 0, ""},      {"ils", 2, 0, "₪"},    {"inr", 2, 50, "₹"},
    {"isk", 2, 0, "", 100}, {"jmd", 2, 0, ""},      {"jod", 3, 0, "", 10}, {"jpy", 0, 50, "¥"},
    {"kes", 2, 0, ""},      {"kgs", 2, 0, ""},      {"khr", 2, 0, ""},     {"kmf", 0, 0, ""},
    {"krw", 0, 0, "₩"},     {"kwd", 3, 0, "", 10},  {"kyd", 2, 0, ""},     {"kzt", 2, 0, ""},
    {"lak", 2, 0, ""},      {"lbp", 2, 0, ""},      {"lkr", 2, 0, ""},     {"lrd", 2, 0, ""},
    {"lsl", 2, 0, ""},      {"mad", 2, 0, ""},      {"mdl", 2, 0, ""},     {"mga", 0, 0, ""},
    {"mkd", 2, 0, ""},      {"mmk", 2, 0, ""},      {"mnt", 2, 0, ""},     {"mop", 2, 0, ""},
    {"mur", 2, 0, ""},      {"mvr", 2, 0, ""},      {"mwk", 2, 0, ""},     {"mxn", 2, 1000, "MX$"},
    {"myr", 2, 200, ""},    {"mzn", 2, 0, ""},      {"nad", 2, 0, ""},     {"ngn", 2, 0, "₦"},
    {"nio", 2, 0, ""},      {"nok", 2, 300, ""},    {"npr", 2, 0, ""},     {"nzd", 2, 50, "NZ$"},
    {"omr", 3, 0, "", 10},  {"pab", 2, 0, ""},      {"pen", 2, 0, ""},     {"pgk", 2, 0, ""},
    {"php", 2, 0, "₱"},     {"pkr", 2, 0, ""},      {"pln", 2, 200, ""},   {"pyg", 0, 0, ""},
    {"qar", 2, 0, ""},      {"ron", 2, 200, ""},    {"rsd", 2, 0, ""},     {"rub", 2, 0, ""},
    {"rwf", 0, 0, ""},      {"sar", 2, 0, ""},      {"sbd", 2, 0, ""},     {"scr", 2, 0, ""},
    {"sek", 2, 300, ""},    {"sgd", 2, 50, "S$"},   {"shp", 2, 0, ""},     {"sle", 2, 0, ""},
    {"sos", 2, 0, ""},      {"srd", 2, 0, ""},      {"std", 2, 0, ""},     {"szl", 2, 0, ""},
    {"thb", 2, 1000, ""},   {"tjs", 2, 0, ""},      {"tnd", 3, 0, "", 10}, {"top", 2, 0, ""},
    {"try", 2, 0, ""},      {"ttd", 2, 0, ""},      {"twd", 2, 0, ""},     {"tzs", 2, 0, ""},
    {"uah", 2, 0, ""},      {"ugx", 2, 0, "", 100}, {"usd", 2, 50, "$"},   {"uyu", 2, 0, ""},
    {"uzs", 2, 0, ""},      {"vnd", 0, 0, "₫"},     {"vuv", 0, 0, ""},     {"wst", 2, 0, ""},
    {"xaf", 0, 0, ""},      {"xcd", 2, 0, ""},      {"xcg", 2, 0, ""},     {"xof", 0, 0, ""},
    {"xpf", 0, 0, ""},      {"yer", 2, 0, ""},      {"zar", 2, 0, ""},     {"zmw", 2, 0, ""},
};

// Where Stripe takes more digits than eight: idr and inr always, the others with cards.
constexpr std::pair<std::string_view, std::int64_t> kLargestCharges[] = {
    {"cop", 9'999'999'999}, {"huf", 9'999'999'999}, {"idr", 999'999'999'999},
    {"inr", 999'999'999},   {"jpy", 9'999'999'999}, {"lbp", 99'999'999'999}};

}  // namespace

std::int64_t maximumCharge(std::string_view code) {
  for (const auto& [currency, largest] : kLargestCharges)
    if (currency == code) return largest;
  return 99'999'999;
}

const CurrencyFacts* findCurrency(std::string_view code) {
  const auto* at =
      std::lower_bound(std::begin(kCurrencies), std::end(kCurrencies), code,
                       [](const CurrencyFacts& row, std::string_view key) { return row.code < key; });
  return at != std::end(kCurrencies) && at->code == code ? at : nullptr;
}

}  // namespace checkout::domain
