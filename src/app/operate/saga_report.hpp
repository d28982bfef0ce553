// Everything that is stored about one checkout, as an operator wants to see it, with what Stripe adds where
// it was asked, and whether its history can be trusted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>

namespace checkout::app::operate {

struct SagaReport {
  Saga saga;
  std::vector<SagaEvent> events;
  std::vector<CallRecord> calls;
  std::vector<RefundEntry> refunds;
  std::vector<DisputeEntry> disputes;
  std::optional<Order> order;
  Money refundable;  // what of the payment has not been given back
  // Why the history can't be read at all; `events` is empty then.
  std::optional<std::string> unreadableHistory;
  std::optional<std::vector<PageLine>>
      pageLines;  // of the payment page; not stored: nullopt unless asked for
};

struct HistoryProblem {
  std::int64_t event = 0;  // its number; 0: the history as a whole
  std::string what;
};

// The checkout, whichever tenant's it is: by its own id, its order's, or that of its page (cs_…) or payment
// (pi_…) at Stripe. CheckoutNotFound.
Result<Saga> findSaga(Transaction& tx, const SagaId& id);
Result<SagaReport> readReport(Store& store, const SagaId& id);  // one consistent moment

// What contradicts that nobody has changed, dropped or inserted anything; empty: the history is intact.
std::vector<HistoryProblem> checkHistory(const SagaReport& report);

// What an operator can do about a stuck checkout; empty if it isn't.
std::string whatToDo(const Saga& saga, TimePoint now);

std::string renderReport(const SagaReport& report, TimePoint now);  // lines of text
Json reportToJson(const SagaReport& report, TimePoint now);

}  // namespace checkout::app::operate
