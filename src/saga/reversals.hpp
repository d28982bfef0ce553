// The ledger of money that went back or is contested, and what it means for the checkout and its order. Every
// refund is recorded here, whoever made it: an undo, an operator, or the merchant at the provider's
// dashboard. Pure: entries are added to the draft.
#pragma once

#include <string>

#include "saga/draft.hpp"

namespace checkout::saga {

// True while the refund stands: the money has gone back or is on its way. One with a status that is not known
// yet stands, too: it would be made twice otherwise.
bool isGivenBack(const std::string& refundStatus);
// By the provider's time, which is in whole seconds, rounded down.
inline bool isMadeSince(TimePoint madeAt, TimePoint askedAt) {
  return madeAt + std::chrono::seconds(1) > askedAt;
}

// Each says whether anything was new.
bool addRefund(Draft& draft, const std::string& intentId, const RefundFact& refund);
bool addReversals(Draft& draft, const std::string& intentId, const Reversals& reversals);

std::int64_t givenBack(const Draft& draft, const std::string& intentId);
// What of the checkout's own payment has not been given back. Zero before it was paid.
Money refundable(const Saga& saga, const std::vector<RefundEntry>& refunds);
Money refundable(const Draft& draft);

// A refund that was made after one that failed at the bank, and may make up for it; null: there is none.
const RefundEntry* madeAgain(const Draft& draft, const RefundEntry& failed);

// As the ledger has it: an answer that is repeated under a key may be older.
bool stands(const Draft& draft, const RefundFact& refund);
// Makes the payment's state, what needs a person's attention, and the order follow the ledger.
void followLedger(Draft& draft);

}  // namespace checkout::saga
