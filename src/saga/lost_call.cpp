#include "saga/lost_call.hpp"

#include <algorithm>

namespace checkout::saga {
namespace {

// How long after the last time it may have been sent "not found" is taken for "never happened".
constexpr Milliseconds kSearchSettles{10 * 60'000};

CallOutcome unknown(Error error) {
  return {CallOutcome::Kind::Unknown, std::nullopt, std::nullopt, std::move(error)};
}

CallOutcome lostPayment(PaymentGateway& gateway, const Tenant& tenant, const CallRecord& record,
                        TimePoint now) {
  auto found = gateway.findPayment(tenant, record.sagaId, record.attempt);
  if (!found.ok()) return unknown(std::move(found).error());
  if (*found) return {CallOutcome::Kind::Succeeded, std::move(**found), std::nullopt, std::nullopt};
  if (now - record.createdAt < kKeyLifetime + kSearchSettles)
    return unknown(Error(ErrorCode::PaymentOutcomeUnknown, "no payment of this checkout is found so far"));
  return {
      CallOutcome::Kind::Failed, std::nullopt, std::nullopt,
      Error(ErrorCode::SagaTimeout,
            "The payment provider never answered and has no payment of this checkout. Nothing was charged.")};
}

// A refund carries no attempt; the one that the ledger does not know is the one whose answer was lost.
std::optional<CallOutcome> lostRefund(Store& store, PaymentGateway& gateway, const Tenant& tenant,
                                      const CallRecord& record) {
  const auto saga = readFor<std::optional<Saga>>(
      store, [&](Transaction& tx) { return tx.sagas().find(record.tenantId, record.sagaId); });
  const auto known = readFor<std::vector<RefundEntry>>(
      store, [&](Transaction& tx) { return tx.ledger().refundsOf(record.tenantId, record.sagaId); });
  if (!saga.ok()) return unknown(saga.error());
  if (!known.ok()) return unknown(known.error());
  std::vector<std::string> intents;
  if ((*saga)->payment.paymentIntentId) intents.push_back(*(*saga)->payment.paymentIntentId);
  for (const RefundRequest& owed : (*saga)->refundsOwed) intents.push_back(owed.paymentIntentId);
  for (const std::string& intent : intents) {
    auto reversals = gateway.retrieveReversals(tenant, intent);
    if (!reversals.ok()) return unknown(std::move(reversals).error());
    for (RefundFact& refund : reversals->refunds) {
      const bool isKnown = std::any_of(known->begin(), known->end(), [&](const RefundEntry& entry) {
        return entry.refundId == refund.refundId;
      });
      if (!isKnown)
        return CallOutcome{CallOutcome::Kind::Succeeded, std::nullopt, std::move(refund), std::nullopt};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<CallOutcome> findLostCall(Store& store, PaymentGateway& gateway, const Tenant& tenant,
                                        const CallRecord& record, TimePoint now) {
  switch (record.call.operation) {
    case GatewayOperation::CreateSession:
    case GatewayOperation::CreateIntent:
      return lostPayment(gateway, tenant, record, now);
    case GatewayOperation::Refund:
      return lostRefund(store, gateway, tenant, record);
    case GatewayOperation::ConfirmIntent:  // an intent takes money once, however often it is confirmed
    case GatewayOperation::ExpireSession:
    case GatewayOperation::CancelIntent:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace checkout::saga
