#include "sandbox/pricing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sandbox/parameters.hpp"

namespace checkout::sandbox {
namespace {

__extension__ using Wide = __int128;     // two amounts, multiplied
constexpr std::int64_t kWhole = 10'000;  // 100 % in hundredths of a percent

constexpr std::array<std::pair<std::string_view, std::int64_t>, 24> kRates = {{
    {"AT", 2000}, {"AU", 1000}, {"BE", 2100}, {"CA", 500},  {"CH", 810},  {"DE", 1900},
    {"DK", 2500}, {"ES", 2100}, {"FI", 2550}, {"FR", 2000}, {"GB", 2000}, {"IE", 2300},
    {"IT", 2200}, {"JP", 1000}, {"LU", 1700}, {"MX", 1600}, {"NL", 2100}, {"NO", 2500},
    {"NZ", 1500}, {"PL", 2300}, {"PT", 2300}, {"SE", 2500}, {"KW", 0},    {"US", 725},
}};

std::int64_t rounded(std::int64_t numerator, std::int64_t denominator) {
  return (numerator + denominator / 2) / denominator;
}

// As Stripe decides by default: prices in dollars of the US and Canada come without tax, all others with it.
bool isInclusive(const Json& priced, const std::string& currency) {
  const std::string behaviour = textOr(priced, "tax_behavior", "unspecified");
  if (behaviour != "unspecified") return behaviour == "inclusive";
  return currency != "usd" && currency != "cad";
}

struct Amounts {
  std::int64_t subtotal = 0, discount = 0, tax = 0;
  bool inclusive = false;
  std::int64_t total() const { return subtotal - discount + (inclusive ? 0 : tax); }
};

void addTax(Amounts& amounts, std::int64_t rate) {
  const std::int64_t net = amounts.subtotal - amounts.discount;
  amounts.tax = amounts.inclusive ? net - rounded(net * kWhole, kWhole + rate) : rounded(net * rate, kWhole);
}

// What `coupon` takes off each of the lines; together never more than they cost.
void addDiscount(const Json& coupon, std::vector<Amounts>& lines) {
  if (coupon["percent_off"].is_number()) {
    const std::int64_t share = std::llround(coupon["percent_off"].get<double>() * 100);
    for (Amounts& line : lines) line.discount = rounded(line.subtotal * share, kWhole);
    return;
  }
  std::int64_t left = coupon["amount_off"];
  std::int64_t goods = 0;
  for (const Amounts& line : lines) goods += line.subtotal;
  left = std::min(left, goods);
  // In proportion, the rounding falling on the later lines.
  for (Amounts& line : lines) {
    line.discount = goods == 0 ? 0 : static_cast<std::int64_t>(Wide(left) * line.subtotal / goods);
    left -= line.discount;
    goods -= line.subtotal;
  }
}

const Record* couponOf(Account& account, const Session& session) {
  const Json& discounts = session.object["discounts"];
  return discounts.empty() ? nullptr : account.coupons.find(discounts[0]["coupon"].get<std::string>());
}

}  // namespace

std::int64_t taxRateOf(std::string_view country) {
  for (const auto& [code, rate] : kRates)
    if (code == country) return rate;
  return 0;
}

bool awaitsLocation(const Session& session) {
  return session.object["automatic_tax"]["enabled"] == true && session.address.is_null();
}

void priceSession(Account& account, Session& session) {
  Json& object = session.object;
  const std::string currency = object["currency"];
  const bool taxed = object["automatic_tax"]["enabled"] == true;
  const std::int64_t rate = taxed ? taxRateOf(textOr(session.address, "country", "")) : 0;
  if (taxed)
    object["automatic_tax"]["status"] = session.address.is_null() ? "requires_location_inputs" : "complete";

  std::vector<Amounts> lines;
  for (const Json& item : session.lineItems) {
    Amounts line;
    line.subtotal = item["amount_subtotal"];
    line.inclusive = taxed && isInclusive(item["price"], currency);
    lines.push_back(line);
  }
  if (const Record* coupon = couponOf(account, session)) addDiscount(coupon->object, lines);

  Amounts shipping;
  if (object["shipping_cost"].is_object()) {
    Json& cost = object["shipping_cost"];
    const Json& chosen = account.shippingRates.find(cost["shipping_rate"].get<std::string>())->object;
    shipping.subtotal = chosen["fixed_amount"]["amount"];
    shipping.inclusive = taxed && isInclusive(chosen, currency);
    addTax(shipping, rate);
    cost["amount_subtotal"] = shipping.subtotal;
    cost["amount_tax"] = shipping.tax;
    cost["amount_total"] = shipping.total();
  }

  std::int64_t subtotal = 0, discount = 0, tax = shipping.tax, total = shipping.total();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    addTax(lines[i], rate);
    Json& item = session.lineItems[i];
    item["amount_discount"] = lines[i].discount;
    item["amount_tax"] = lines[i].tax;
    item["amount_total"] = lines[i].total();
    subtotal += lines[i].subtotal;
    discount += lines[i].discount;
    tax += lines[i].tax;
    total += lines[i].total();
  }
  object["amount_subtotal"] = subtotal;
  object["amount_total"] = total;
  object["total_details"] = {
      {"amount_discount", discount}, {"amount_shipping", shipping.subtotal}, {"amount_tax", tax}};
}

}  // namespace checkout::sandbox
