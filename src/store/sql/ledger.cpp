#include "store/sql/mapping.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {

Result<bool> SqlLedger::putRefund(const RefundEntry& entry) {
  CHECKOUT_ASSIGN(
      changed, session_.execute(
                   "INSERT INTO refunds (tenant_id, refund_id, saga_id, payment_intent_id, amount, currency,"
                   " status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                   " ON CONFLICT (tenant_id, refund_id) DO UPDATE SET amount = excluded.amount,"
                   " status = excluded.status, updated_at = excluded.updated_at"
                   " WHERE refunds.amount <> excluded.amount OR refunds.status <> excluded.status",
                   {entry.tenantId.value, entry.refundId, entry.sagaId.value, entry.paymentIntentId,
                    entry.amount.amount, entry.amount.currency.code, entry.status,
                    toUnixMillis(entry.createdAt), toUnixMillis(entry.updatedAt)}));
  return changed > 0;
}

Result<bool> SqlLedger::putDispute(const DisputeEntry& entry) {
  CHECKOUT_ASSIGN(
      changed,
      session_.execute(
          "INSERT INTO disputes (tenant_id, dispute_id, saga_id, payment_intent_id, amount, currency,"
          " status, reason, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          " ON CONFLICT (tenant_id, dispute_id) DO UPDATE SET amount = excluded.amount,"
          " status = excluded.status, updated_at = excluded.updated_at"
          " WHERE disputes.amount <> excluded.amount OR disputes.status <> excluded.status",
          {entry.tenantId.value, entry.disputeId, entry.sagaId.value, entry.paymentIntentId,
           entry.amount.amount, entry.amount.currency.code, entry.status, entry.reason,
           toUnixMillis(entry.createdAt), toUnixMillis(entry.updatedAt)}));
  return changed > 0;
}

Result<std::vector<RefundEntry>> SqlLedger::refundsOf(const TenantId& tenantId, const SagaId& sagaId) {
  return queryAll<RefundEntry>(
      session_,
      "SELECT refund_id, payment_intent_id, amount, currency, status, created_at, updated_at FROM refunds"
      " WHERE tenant_id = ? AND saga_id = ? ORDER BY created_at, refund_id",
      {tenantId.value, sagaId.value}, [&](const Row& row) -> Result<RefundEntry> {
        return RefundEntry{tenantId,
                           textOf(row, 0),
                           sagaId,
                           textOf(row, 1),
                           Money{row.integer(2), Currency{textOf(row, 3)}},
                           textOf(row, 4),
                           timeOf(row, 5),
                           timeOf(row, 6)};
      });
}

Result<std::vector<DisputeEntry>> SqlLedger::disputesOf(const TenantId& tenantId, const SagaId& sagaId) {
  return queryAll<DisputeEntry>(
      session_,
      "SELECT dispute_id, payment_intent_id, amount, currency, status, reason, created_at, updated_at"
      " FROM disputes WHERE tenant_id = ? AND saga_id = ? ORDER BY created_at, dispute_id",
      {tenantId.value, sagaId.value}, [&](const Row& row) -> Result<DisputeEntry> {
        return DisputeEntry{tenantId,
                            textOf(row, 0),
                            sagaId,
                            textOf(row, 1),
                            Money{row.integer(2), Currency{textOf(row, 3)}},
                            textOf(row, 4),
                            textOf(row, 5),
                            timeOf(row, 6),
                            timeOf(row, 7)};
      });
}

Result<std::optional<TimePoint>> SqlLedger::eventsReadUntil(const TenantId& tenantId) {
  return queryOne<TimePoint>(session_, "SELECT read_until FROM event_sweeps WHERE tenant_id = ?",
                             {tenantId.value},
                             [](const Row& row) -> Result<TimePoint> { return timeOf(row, 0); });
}

Result<void> SqlLedger::setEventsReadUntil(const TenantId& tenantId, TimePoint until) {
  return run(session_,
             "INSERT INTO event_sweeps (tenant_id, read_until) VALUES (?, ?)"
             " ON CONFLICT (tenant_id) DO UPDATE SET read_until = excluded.read_until",
             {tenantId.value, toUnixMillis(until)});
}

Result<std::optional<std::string>> SqlLedger::paymentAccount(const TenantId& tenantId) {
  return queryOne<std::string>(session_, "SELECT account FROM payment_accounts WHERE tenant_id = ?",
                               {tenantId.value},
                               [](const Row& row) -> Result<std::string> { return textOf(row, 0); });
}

Result<void> SqlLedger::setPaymentAccount(const TenantId& tenantId, const std::string& account) {
  return run(session_,
             "INSERT INTO payment_accounts (tenant_id, account) VALUES (?, ?)"
             " ON CONFLICT (tenant_id) DO UPDATE SET account = excluded.account",
             {tenantId.value, account});
}

}  // namespace checkout::store::sql
