#include "app/operate/saga_report.hpp"

#include "saga/checkout_service.hpp"
#include "saga/payment.hpp"
#include "saga/reversals.hpp"
#include "store/event_chain.hpp"

namespace checkout::app::operate {

namespace {

// Whose id it is: the checkout's, its order's, or that of its page or payment at Stripe.
Result<SagaId> sagaIdOf(Transaction& tx, const TenantId& tenant, const std::string& id) {
  CHECKOUT_ASSIGN(ofPayment, tx.sagas().findByPayment(tenant, id));
  if (ofPayment) return *ofPayment;
  CHECKOUT_ASSIGN(order, tx.orders().find(tenant, OrderId{id}));
  return order ? order->sagaId : SagaId{id};
}

}  // namespace

Result<Saga> findSaga(Transaction& tx, const SagaId& id) {
  CHECKOUT_ASSIGN(tenants, tx.sagas().tenants());
  for (const TenantId& tenant : tenants) {
    CHECKOUT_ASSIGN(sagaId, sagaIdOf(tx, tenant, id.value));
    CHECKOUT_ASSIGN(saga, tx.sagas().find(tenant, sagaId));
    if (saga) return *saga;
  }
  return Error(ErrorCode::CheckoutNotFound, "There is no checkout, order, page or payment " + id.value +
                                                " in this store. Check the id, and that --store names the "
                                                "server's store.");
}

Result<SagaReport> readReport(Store& store, const SagaId& id) {
  return readFor<SagaReport>(store, [&](Transaction& tx) -> Result<SagaReport> {
    CHECKOUT_ASSIGN(saga, findSaga(tx, id));
    const TenantId& tenant = saga.tenantId;
    SagaReport report;
    auto events = tx.sagas().events(tenant, saga.id);
    if (events.ok())
      report.events = std::move(*events);
    else if (events.error().code == ErrorCode::Internal)  // a row that can't be understood
      report.unreadableHistory = events.error().message;
    else
      return std::move(events).error();
    CHECKOUT_ASSIGN(calls, tx.calls().ofSaga(tenant, saga.id));
    CHECKOUT_ASSIGN(refunds, tx.ledger().refundsOf(tenant, saga.id));
    CHECKOUT_ASSIGN(disputes, tx.ledger().disputesOf(tenant, saga.id));
    if (saga.orderId) {
      CHECKOUT_ASSIGN(order, tx.orders().find(tenant, *saga.orderId));
      report.order = std::move(order);
    }
    report.calls = std::move(calls);
    report.refunds = std::move(refunds);
    report.disputes = std::move(disputes);
    report.refundable = saga::refundable(saga, report.refunds);
    report.saga = std::move(saga);
    return report;
  });
}

std::vector<HistoryProblem> checkHistory(const SagaReport& report) {
  const Saga& saga = report.saga;
  if (report.unreadableHistory) return {{0, *report.unreadableHistory}};
  std::vector<HistoryProblem> problems;
  std::int64_t expected = 1;
  const SagaEvent* before = nullptr;
  for (const SagaEvent& event : report.events) {
    if (event.sequence != expected)
      problems.push_back(
          {expected, "it is missing; the next one is event " + std::to_string(event.sequence)});
    else if (event.previousHash != (before == nullptr ? "" : before->hash))
      problems.push_back({event.sequence, "it does not continue the event before it"});
    else if (before != nullptr && before->to != event.from)
      problems.push_back({event.sequence, "it begins in another state than the event before it ended in"});
    if (store::eventHash(saga.tenantId, saga.id, event) != event.hash)
      problems.push_back({event.sequence, "it was changed after it had been written"});
    expected = event.sequence + 1;
    before = &event;
  }
  const std::int64_t last = expected - 1;
  if (last != saga.version)
    problems.push_back(
        {last, "the history ends there, but the checkout is at version " + std::to_string(saga.version)});
  else if (before == nullptr || before->to != saga.status)
    problems.push_back({last, "the history ends in another state than the checkout's, " +
                                  std::string(toString(saga.status))});
  return problems;
}

std::string whatToDo(const Saga& saga, TimePoint now) {
  if (!saga::whyStuck(saga, now)) return {};
  const std::string retry = "checkout-mcp saga retry " + saga.id.value;
  const std::string resolve = "checkout-mcp saga resolve " + saga.id.value + " --reason …";
  if (saga.attention) return "settle it, then run: " + resolve;
  if (saga.compensation.failure)
    return "remove the cause and run: " + retry + "; or settle it by hand at Stripe, then run: " + resolve;
  return "run: " + retry;
}

}  // namespace checkout::app::operate
