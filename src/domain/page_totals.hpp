// What the customer owes after choosing on the payment page.
#pragma once

#include <optional>

#include <checkout/saga.hpp>

namespace checkout::domain {

struct AgreedTotals {
  Totals totals;
  std::optional<ShippingSelection> shipping;  // set: the customer chose this one on the page
};

// `frozen` with what the page added or took away. OrderServiceError, with each difference named, if the page
// came to something that `choices` did not allow, or if its sums do not add up.
Result<AgreedTotals> agreeOnTotals(const Totals& frozen, const PageChoices& choices, const PageTotals& page);

}  // namespace checkout::domain
