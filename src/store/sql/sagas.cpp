#include "store/event_chain.hpp"
#include "store/sql/mapping.hpp"
#include "store/sql/paging.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {
namespace {

Result<Saga> toSaga(const Row& row, int column) {
  CHECKOUT_ASSIGN(document, documentOf(row, column));
  return sagaFromDocument(document);
}

Result<SagaEvent> toSagaEvent(const Row& row) {
  CHECKOUT_ASSIGN(from, enumOf(row, 3, "saga status", sagaStatusFromString));
  CHECKOUT_ASSIGN(to, enumOf(row, 4, "saga status", sagaStatusFromString));
  CHECKOUT_ASSIGN(data, documentOf(row, 5));
  SagaEvent event;
  event.sequence = row.integer(0);
  event.type = textOf(row, 1);
  event.actor = textOf(row, 2);
  event.from = from;
  event.to = to;
  event.data = std::move(data);
  event.at = timeOf(row, 6);
  event.previousHash = textOf(row, 7);
  event.hash = textOf(row, 8);
  return event;
}

// One answer for a saga that doesn't exist and for one of another tenant.
Error unknownSaga(const SagaId& id) {
  return {ErrorCode::CheckoutNotFound, "There is no checkout " + id.value + "."};
}

}  // namespace

Result<std::optional<Saga>> SqlSagas::find(const TenantId& tenantId, const SagaId& sagaId) {
  return queryOne<Saga>(session_, "SELECT doc FROM sagas WHERE tenant_id = ? AND saga_id = ?",
                        {tenantId.value, sagaId.value}, [](const Row& row) { return toSaga(row, 0); });
}

Result<std::optional<Saga>> SqlSagas::findLive(const TenantId& tenantId, const CartId& cartId) {
  // The last condition is word for word that of the index sagas_live_by_cart, or the engines wouldn't use it.
  return queryOne<Saga>(session_,
                        "SELECT doc FROM sagas WHERE tenant_id = ? AND cart_id = ?"
                        " AND status NOT IN ('completed', 'compensated', 'failed') ORDER BY seq DESC LIMIT 1",
                        {tenantId.value, cartId.value}, [](const Row& row) { return toSaga(row, 0); });
}

Result<std::optional<Saga>> SqlSagas::findLastPurchase(const TenantId& tenantId, const CartId& cartId) {
  // Likewise, of sagas_completed_by_cart.
  return queryOne<Saga>(session_,
                        "SELECT doc FROM sagas WHERE tenant_id = ? AND cart_id = ? AND status = 'completed'"
                        " ORDER BY created_at DESC, saga_id DESC LIMIT 1",
                        {tenantId.value, cartId.value}, [](const Row& row) { return toSaga(row, 0); });
}

Result<std::optional<SagaId>> SqlSagas::findByPayment(const TenantId& tenantId, const std::string& objectId) {
  return queryOne<SagaId>(session_, "SELECT saga_id FROM saga_payments WHERE tenant_id = ? AND object_id = ?",
                          {tenantId.value, objectId},
                          [](const Row& row) -> Result<SagaId> { return SagaId{textOf(row, 0)}; });
}

Result<SagaPage> SqlSagas::list(const TenantId& tenantId, const SagaPageQuery& query) {
  const std::string_view status = query.status ? toString(*query.status) : "";
  const CursorScope scope = {"sagas", tenantId.value, query.userId.value, status};
  CHECKOUT_ASSIGN(bounds, pageBounds(query.limit, query.cursor, scope));
  const auto map = [](const Row& row) { return toSaga(row, 1); };
  auto page =
      query.status
          ? queryPage<Saga>(session_,
                            "SELECT seq, doc FROM sagas WHERE tenant_id = ? AND user_id = ? AND seq < ?"
                            " AND status = ? ORDER BY seq DESC LIMIT ?",
                            {tenantId.value, query.userId.value, bounds.before, status, bounds.rows},
                            query.limit, scope, map)
          : queryPage<Saga>(session_,
                            "SELECT seq, doc FROM sagas WHERE tenant_id = ? AND user_id = ? AND seq < ?"
                            " ORDER BY seq DESC LIMIT ?",
                            {tenantId.value, query.userId.value, bounds.before, bounds.rows}, query.limit,
                            scope, map);
  if (!page.ok()) return std::move(page).error();
  return SagaPage{std::move(page->items), std::move(page->nextCursor)};
}

Result<std::vector<SagaEvent>> SqlSagas::events(const TenantId& tenantId, const SagaId& sagaId) {
  return queryAll<SagaEvent>(
      session_,
      "SELECT sequence, type, actor, from_status, to_status, data, at, previous_hash, hash"
      " FROM saga_events WHERE tenant_id = ? AND saga_id = ? ORDER BY sequence",
      {tenantId.value, sagaId.value}, toSagaEvent);
}

Result<std::vector<TenantId>> SqlSagas::tenants() {
  std::vector<TenantId> found;
  for (;;) {  // from one to the next along the primary key: a DISTINCT would read every saga
    const std::string after = found.empty() ? "" : found.back().value;
    CHECKOUT_ASSIGN(next, queryOne<TenantId>(session_,
                                             "SELECT tenant_id FROM sagas WHERE tenant_id > ?"
                                             " ORDER BY tenant_id LIMIT 1",
                                             {after}, [](const Row& row) -> Result<TenantId> {
                                               return TenantId{textOf(row, 0)};
                                             }));
    if (!next) return found;
    found.push_back(std::move(*next));
  }
}

Result<UnsettledSagas> SqlSagas::unsettled(const TenantId& tenantId, int limit) {
  UnsettledSagas unsettled;
  // What is left to do has a timer, which finds it without reading what has ended.
  auto rows = queryAll<bool>(
      session_,
      "SELECT s.doc, s.saga_id FROM (SELECT DISTINCT tenant_id, saga_id FROM timers WHERE tenant_id = ?) t"
      " JOIN sagas s ON s.tenant_id = t.tenant_id AND s.saga_id = t.saga_id"
      " ORDER BY s.updated_at, s.saga_id LIMIT ?",
      {tenantId.value, limit}, [&](const Row& row) -> Result<bool> {
        auto saga = toSaga(row, 0);
        if (saga.ok())
          unsettled.sagas.push_back(std::move(*saga));
        else
          unsettled.unreadable.push_back(SagaId{std::string(row.text(1))});
        return saga.ok();
      });
  if (!rows.ok()) return std::move(rows).error();
  return unsettled;
}

Result<void> SqlSagas::insert(const Saga& saga, const SagaEvent& event) {
  if (saga.version != 1)
    return Error(ErrorCode::Internal, "A new saga has version 1, not " + std::to_string(saga.version) + ".");
  const std::string document = sagaToDocument(saga).dump();
  CHECKOUT_ASSIGN(
      inserted,
      session_.execute("INSERT INTO sagas (tenant_id, saga_id, user_id, cart_id, seq, status, version,"
                       " created_at, updated_at, doc) VALUES (?, ?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1"
                       " FROM sagas WHERE tenant_id = ? AND user_id = ?), ?, ?, ?, ?, ?)"
                       " ON CONFLICT (tenant_id, saga_id) DO NOTHING",
                       {saga.tenantId.value, saga.id.value, saga.userId.value, saga.cartId.value,
                        saga.tenantId.value, saga.userId.value, toString(saga.status), saga.version,
                        toUnixMillis(saga.createdAt), toUnixMillis(saga.updatedAt), document}));
  if (inserted == 0)
    return Error(ErrorCode::InvalidState, "The checkout " + saga.id.value + " exists already.");
  return append(saga, event);
}

Result<void> SqlSagas::update(const Saga& saga, const SagaEvent& event, const Lease& lease) {
  if (lease.tenantId != saga.tenantId || lease.sagaId != saga.id)
    return Error(ErrorCode::Internal,
                 "The lease of " + lease.sagaId.value + " was used for " + saga.id.value + ".");
  const std::string document = sagaToDocument(saga).dump();
  CHECKOUT_ASSIGN(
      changed,
      session_.execute("UPDATE sagas SET status = ?, version = ?, updated_at = ?, doc = ?"
                       " WHERE tenant_id = ? AND saga_id = ? AND version = ? AND lease_owner = ?"
                       " AND fence = ?",
                       {toString(saga.status), saga.version, toUnixMillis(saga.updatedAt), document,
                        saga.tenantId.value, saga.id.value, saga.version - 1, lease.owner, lease.fence}));
  if (changed > 0) return append(saga, event);
  CHECKOUT_ASSIGN(stored, find(saga.tenantId, saga.id));
  if (!stored) return unknownSaga(saga.id);
  if (stored->version != saga.version - 1)
    return Error(ErrorCode::InvalidState, "The checkout " + saga.id.value + " has moved on meanwhile.",
                 {{"version", stored->version}});
  return Error(ErrorCode::InvalidState, "Another worker has taken over the checkout " + saga.id.value + ".");
}

Result<void> SqlSagas::append(const Saga& saga, const SagaEvent& event) {
  if (event.sequence != 0 && event.sequence != saga.version)
    return Error(ErrorCode::Internal, "Event " + std::to_string(event.sequence) +
                                          " doesn't belong to version " + std::to_string(saga.version) +
                                          " of a saga.");
  SagaEvent entry = event;
  entry.sequence = saga.version;
  if (entry.data.is_null()) entry.data = Json::object();
  entry.previousHash.clear();
  if (saga.version > 1) {
    CHECKOUT_ASSIGN(previous, queryOne<std::string>(
                                  session_,
                                  "SELECT hash FROM saga_events WHERE tenant_id = ? AND saga_id = ?"
                                  " AND sequence = ?",
                                  {saga.tenantId.value, saga.id.value, saga.version - 1},
                                  [](const Row& row) -> Result<std::string> { return textOf(row, 0); }));
    if (!previous) return corrupt("history", "an event of " + saga.id.value + " is missing");
    entry.previousHash = std::move(*previous);
  }
  return run(
      session_,
      "INSERT INTO saga_events (tenant_id, saga_id, sequence, type, actor, from_status, to_status, data, at,"
      " previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {saga.tenantId.value, saga.id.value, entry.sequence, entry.type, entry.actor, toString(entry.from),
       toString(entry.to), entry.data.dump(), toUnixMillis(entry.at), entry.previousHash,
       eventHash(saga.tenantId, saga.id, entry)});
}

Result<void> SqlSagas::linkPayment(const TenantId& tenantId, const std::string& objectId,
                                   const SagaId& sagaId) {
  CHECKOUT_ASSIGN(inserted,
                  session_.execute("INSERT INTO saga_payments (tenant_id, object_id, saga_id)"
                                   " VALUES (?, ?, ?) ON CONFLICT (tenant_id, object_id) DO NOTHING",
                                   {tenantId.value, objectId, sagaId.value}));
  if (inserted > 0) return {};
  CHECKOUT_ASSIGN(stored, findByPayment(tenantId, objectId));
  if (stored && *stored == sagaId) return {};
  return Error(ErrorCode::InvalidState, "The payment " + objectId + " belongs to another checkout.");
}

Result<std::optional<Lease>> SqlSagas::acquireLease(const TenantId& tenantId, const SagaId& sagaId,
                                                    const std::string& owner, TimePoint now,
                                                    Milliseconds duration) {
  const TimePoint until = now + duration;
  CHECKOUT_ASSIGN(
      lease,
      queryOne<Lease>(session_,
                      "UPDATE sagas SET lease_owner = ?, lease_until = ?, fence = fence + 1"
                      " WHERE tenant_id = ? AND saga_id = ?"
                      " AND (lease_owner IS NULL OR lease_owner = ? OR lease_until <= ?)"
                      " RETURNING fence",
                      {owner, toUnixMillis(until), tenantId.value, sagaId.value, owner, toUnixMillis(now)},
                      [&](const Row& row) -> Result<Lease> {
                        return Lease{tenantId, sagaId, owner, row.integer(0), until};
                      }));
  if (lease) return lease;
  CHECKOUT_ASSIGN(exists, queryOne<bool>(session_, "SELECT 1 FROM sagas WHERE tenant_id = ? AND saga_id = ?",
                                         {tenantId.value, sagaId.value},
                                         [](const Row&) -> Result<bool> { return true; }));
  if (!exists) return unknownSaga(sagaId);
  return std::optional<Lease>{};
}

Result<void> SqlSagas::releaseLease(const Lease& lease) {
  return run(session_,
             "UPDATE sagas SET lease_owner = NULL, lease_until = NULL"
             " WHERE tenant_id = ? AND saga_id = ? AND lease_owner = ? AND fence = ?",
             {lease.tenantId.value, lease.sagaId.value, lease.owner, lease.fence});
}

Result<std::optional<IdempotencyRecord>> SqlSagas::findIdempotency(const TenantId& tenantId,
                                                                   const std::string& key) {
  return queryOne<IdempotencyRecord>(
      session_,
      "SELECT argument_digest, saga_id FROM idempotency_keys WHERE tenant_id = ? AND idempotency_key = ?",
      {tenantId.value, key}, [&](const Row& row) -> Result<IdempotencyRecord> {
        return IdempotencyRecord{key, textOf(row, 0), {textOf(row, 1)}};
      });
}

Result<void> SqlSagas::putIdempotency(const TenantId& tenantId, const IdempotencyRecord& record) {
  CHECKOUT_ASSIGN(inserted,
                  session_.execute("INSERT INTO idempotency_keys (tenant_id, idempotency_key,"
                                   " argument_digest, saga_id) VALUES (?, ?, ?, ?)"
                                   " ON CONFLICT (tenant_id, idempotency_key) DO NOTHING",
                                   {tenantId.value, record.key, record.argumentDigest, record.sagaId.value}));
  if (inserted > 0) return {};
  CHECKOUT_ASSIGN(stored, findIdempotency(tenantId, record.key));
  if (stored && stored->argumentDigest == record.argumentDigest && stored->sagaId == record.sagaId) return {};
  return Error(ErrorCode::IdempotencyConflict,
               "The idempotency key was used before for another checkout. Use a new key for new arguments.");
}

}  // namespace checkout::store::sql
