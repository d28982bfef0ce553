// The ledger of money that went back or is contested, and what it means for the saga and its order. Every
// refund is recorded here, whoever made it: an undo, an operator, or the merchant at the provider's
// dashboard.
#pragma once

#include <string>

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>

namespace checkout::saga {

// True while the refund stands: the money has gone back or is on its way.
bool isGivenBack(const std::string& refundStatus);

// What of the saga's payment has not been given back. Zero before it was paid.
Result<Money> refundable(const Saga& saga, Transaction& tx);

// Each answers whether anything was new; then the order and the payment's state follow the ledger.
Result<bool> recordRefund(Saga& saga, Transaction& tx, const RefundFact& refund, TimePoint now);
Result<bool> recordReversals(Saga& saga, Transaction& tx, const std::string& intentId,
                             const Reversals& reversals, TimePoint now);

}  // namespace checkout::saga
