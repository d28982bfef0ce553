#include "store/sql/mapping.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {

Result<void> SqlTimers::set(const Timer& timer) {
  return run(session_,
             "INSERT INTO timers (tenant_id, saga_id, kind, due_at) VALUES (?, ?, ?, ?)"
             " ON CONFLICT (tenant_id, saga_id, kind) DO UPDATE SET due_at = excluded.due_at",
             {timer.tenantId.value, timer.sagaId.value, toString(timer.kind), toUnixMillis(timer.dueAt)});
}

Result<void> SqlTimers::clear(const TenantId& tenantId, const SagaId& sagaId, TimerKind kind) {
  return run(session_, "DELETE FROM timers WHERE tenant_id = ? AND saga_id = ? AND kind = ?",
             {tenantId.value, sagaId.value, toString(kind)});
}

Result<std::vector<Timer>> SqlTimers::due(TimePoint now, int limit) {
  return queryAll<Timer>(session_,
                         "SELECT tenant_id, saga_id, kind, due_at FROM timers WHERE due_at <= ?"
                         " ORDER BY due_at, tenant_id, saga_id, kind LIMIT ?",
                         {toUnixMillis(now), limit}, [](const Row& row) -> Result<Timer> {
                           CHECKOUT_ASSIGN(kind, enumOf(row, 2, "timer kind", timerKindFromString));
                           return Timer{{textOf(row, 0)}, {textOf(row, 1)}, kind, timeOf(row, 3)};
                         });
}

Result<std::optional<TimePoint>> SqlTimers::next() {
  return queryOne<TimePoint>(session_, "SELECT due_at FROM timers ORDER BY due_at LIMIT 1", {},
                             [](const Row& row) -> Result<TimePoint> { return timeOf(row, 0); });
}

}  // namespace checkout::store::sql
