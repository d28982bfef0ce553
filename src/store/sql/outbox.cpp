#include "store/sql/mapping.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {

Result<void> SqlOutbox::put(const OutboxMessage& message) {
  const Email& email = message.email;
  return run(
      session_,
      "INSERT INTO outbox_messages (tenant_id, email_id, saga_id, sender, recipient, subject, body, attempts,"
      " due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, email_id) DO NOTHING",
      {message.tenantId.value, email.id, message.sagaId.value, email.from, email.to, email.subject,
       email.text, message.attempts, toUnixMillis(message.dueAt)});
}

Result<std::vector<OutboxMessage>> SqlOutbox::due(TimePoint now, int limit) {
  return queryAll<OutboxMessage>(
      session_,
      "SELECT tenant_id, saga_id, email_id, sender, recipient, subject, body, attempts, due_at FROM "
      "outbox_messages"
      " WHERE delivered_at IS NULL AND due_at <= ? ORDER BY due_at, tenant_id, email_id LIMIT ?",
      {toUnixMillis(now), limit}, [](const Row& row) -> Result<OutboxMessage> {
        Email email{textOf(row, 2), textOf(row, 3), textOf(row, 4), textOf(row, 5), textOf(row, 6)};
        return OutboxMessage{{textOf(row, 0)},
                             {textOf(row, 1)},
                             std::move(email),
                             static_cast<int>(row.integer(7)),
                             timeOf(row, 8)};
      });
}

Result<void> SqlOutbox::markDelivered(const TenantId& tenantId, const std::string& emailId, TimePoint at) {
  return run(session_,
             "UPDATE outbox_messages SET delivered_at = ?"
             " WHERE tenant_id = ? AND email_id = ? AND delivered_at IS NULL",
             {toUnixMillis(at), tenantId.value, emailId});
}

Result<void> SqlOutbox::postpone(const TenantId& tenantId, const std::string& emailId, TimePoint dueAt) {
  return run(session_,
             "UPDATE outbox_messages SET attempts = attempts + 1, due_at = ?"
             " WHERE tenant_id = ? AND email_id = ? AND delivered_at IS NULL",
             {toUnixMillis(dueAt), tenantId.value, emailId});
}

}  // namespace checkout::store::sql
