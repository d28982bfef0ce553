#include "domain/page_totals.hpp"

#include <cstdint>
#include <string>

namespace checkout::domain {
namespace {

// The smallest-unit sums below can't overflow: Stripe's amounts have at most twelve digits, and others are
// refused.
constexpr std::int64_t kLargest = 1'000'000'000'000;

class Differences {
 public:
  void unless(bool fits, const std::string& what) {
    if (!fits) text_.append(text_.empty() ? "" : "; ").append(what);
  }
  bool none() const { return text_.empty(); }
  Error error() const {
    return {ErrorCode::OrderServiceError, "The payment page does not match the order: " + text_ +
                                              ". The money is returned and nothing is delivered."};
  }

 private:
  std::string text_;
};

// amount * part / whole, rounded half up.
std::int64_t share(std::int64_t amount, std::int64_t part, std::int64_t whole) {
  __extension__ using Wide = __int128;
  const Wide product = static_cast<Wide>(amount) * part;
  return static_cast<std::int64_t>((product + whole / 2) / whole);
}

std::string butGot(const Money& expected, const Money& got) {
  return " should be " + display(expected) + ", is " + display(got);
}

}  // namespace

Result<AgreedTotals> agreeOnTotals(const Totals& frozen, const PageChoices& choices, const PageTotals& page) {
  const Totals& sums = page.sums;
  Differences differences;
  for (const Money* money : {&sums.subtotal, &sums.shipping, &sums.tax, &sums.discount, &sums.total}) {
    differences.unless(
        money->currency == frozen.total.currency,
        "the currency should be " + frozen.total.currency.code + ", is " + money->currency.code);
    differences.unless(money->amount >= 0 && money->amount < kLargest, "a sum is out of range");
    if (!differences.none()) return differences.error();
  }

  AgreedTotals agreed{frozen, std::nullopt};
  const Money none{0, frozen.total.currency};
  const bool choosesShipping = !choices.shipping.empty();
  if (choosesShipping) {
    if (!page.shippingOption || *page.shippingOption >= choices.shipping.size()) {
      differences.unless(false, "none of the offered shipping services was chosen");
      return differences.error();
    }
    agreed.shipping = choices.shipping[*page.shippingOption];
    agreed.totals.shipping = agreed.shipping->price;
  }
  const Money shipping = choosesShipping ? agreed.shipping->price : none;
  const Money lines{frozen.total.amount - (choosesShipping ? frozen.shipping.amount : 0), none.currency};
  differences.unless(sums.subtotal == lines, "the lines" + butGot(lines, sums.subtotal));
  differences.unless(sums.shipping == shipping, "shipping" + butGot(shipping, sums.shipping));
  differences.unless(choices.automaticTax || sums.tax == none, "tax" + butGot(none, sums.tax));
  differences.unless(choices.promotionCodes || sums.discount == none,
                     "discount" + butGot(none, sums.discount));
  const Money total{sums.subtotal.amount + sums.shipping.amount + sums.tax.amount - sums.discount.amount,
                    none.currency};
  differences.unless(sums.total == total, "the total" + butGot(total, sums.total));
  if (!differences.none()) return differences.error();

  // A promotion code takes its share off every line of the page, the one for our own tax among them: that tax
  // is of the discounted price, and only the rest of the code's value is a discount.
  const std::int64_t offTax =
      sums.subtotal.amount == 0 ? 0 : share(sums.discount.amount, frozen.tax.amount, sums.subtotal.amount);
  agreed.totals.tax.amount += sums.tax.amount - offTax;
  agreed.totals.discount.amount += sums.discount.amount - offTax;
  agreed.totals.total = sums.total;
  return agreed;
}

}  // namespace checkout::domain
