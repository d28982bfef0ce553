#include "store/sql/mapping.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {
namespace {

constexpr std::string_view kByKey =
    "SELECT saga_id, step, attempt, operation, path, body, body_digest, idempotency_key, state, result, "
    "created_at,"
    " updated_at FROM calls WHERE tenant_id = ? AND idempotency_key = ?";
constexpr std::string_view kOfSaga =
    "SELECT saga_id, step, attempt, operation, path, body, body_digest, idempotency_key, state, result, "
    "created_at,"
    " updated_at FROM calls WHERE tenant_id = ? AND saga_id = ? ORDER BY seq";

Result<CallRecord> toRecord(const TenantId& tenantId, const Row& row) {
  CHECKOUT_ASSIGN(step, enumOf(row, 1, "step", stepNameFromString));
  CHECKOUT_ASSIGN(operation, enumOf(row, 3, "operation", gatewayOperationFromString));
  CHECKOUT_ASSIGN(state, enumOf(row, 8, "call state", callStateFromString));
  CallRecord record;
  record.tenantId = tenantId;
  record.sagaId = SagaId{textOf(row, 0)};
  record.step = step;
  record.attempt = static_cast<int>(row.integer(2));
  record.call = {operation, textOf(row, 4), textOf(row, 5), textOf(row, 6), textOf(row, 7)};
  record.state = state;
  record.result = textOf(row, 9);
  record.createdAt = timeOf(row, 10);
  record.updatedAt = timeOf(row, 11);
  return record;
}

}  // namespace

Result<std::optional<CallRecord>> SqlCalls::find(const TenantId& tenantId,
                                                 const std::string& idempotencyKey) {
  return queryOne<CallRecord>(session_, kByKey, {tenantId.value, idempotencyKey},
                              [&](const Row& row) { return toRecord(tenantId, row); });
}

Result<void> SqlCalls::begin(const CallRecord& record) {
  const GatewayCall& call = record.call;
  CHECKOUT_ASSIGN(inserted,
                  session_.execute(
                      "INSERT INTO calls (tenant_id, idempotency_key, saga_id, seq, step,"
                      " attempt, operation, path, body, body_digest, state, result, created_at,"
                      " updated_at) VALUES (?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM calls"
                      " WHERE tenant_id = ? AND saga_id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                      " ON CONFLICT (tenant_id, idempotency_key) DO NOTHING",
                      {record.tenantId.value, call.idempotencyKey, record.sagaId.value, record.tenantId.value,
                       record.sagaId.value, toString(record.step), record.attempt, toString(call.operation),
                       call.path, call.body, call.bodyDigest, toString(record.state), record.result,
                       toUnixMillis(record.createdAt), toUnixMillis(record.updatedAt)}));
  if (inserted > 0) return {};
  CHECKOUT_ASSIGN(stored, find(record.tenantId, call.idempotencyKey));
  if (stored && stored->call.bodyDigest == call.bodyDigest) return {};
  return Error(ErrorCode::IdempotencyConflict,
               "The payment call " + call.idempotencyKey + " was planned before with another body.");
}

Result<void> SqlCalls::finish(const TenantId& tenantId, const std::string& idempotencyKey,
                              CallRecord::State state, const std::string& result, TimePoint at) {
  CHECKOUT_ASSIGN(
      changed, session_.execute("UPDATE calls SET state = ?, result = ?, updated_at = ?"
                                " WHERE tenant_id = ? AND idempotency_key = ? AND state <> 'succeeded'",
                                {toString(state), result, toUnixMillis(at), tenantId.value, idempotencyKey}));
  if (changed > 0) return {};
  CHECKOUT_ASSIGN(stored, find(tenantId, idempotencyKey));
  if (!stored) return Error(ErrorCode::Internal, "No call with the key " + idempotencyKey + " was begun.");
  if (stored->state == state && stored->result == result) return {};
  return Error(ErrorCode::InvalidState, "The payment call " + idempotencyKey + " has succeeded already.");
}

Result<std::vector<CallRecord>> SqlCalls::ofSaga(const TenantId& tenantId, const SagaId& sagaId) {
  return queryAll<CallRecord>(session_, kOfSaga, {tenantId.value, sagaId.value},
                              [&](const Row& row) { return toRecord(tenantId, row); });
}

}  // namespace checkout::store::sql
