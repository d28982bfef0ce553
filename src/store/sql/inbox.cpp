#include "base/enum_names.hpp"
#include "store/sql/mapping.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {
namespace {

using State = InboxEvent::State;

constexpr EnumNames<State, 3> kStates{{
    {State::Applied, "applied"},
    {State::Parked, "parked"},
    {State::Ignored, "ignored"},
}};

constexpr std::string_view kById =
    "SELECT event_id, type, object_id, payload, state, received_at FROM inbox_events"
    " WHERE tenant_id = ? AND event_id = ?";
constexpr std::string_view kParked =
    "SELECT event_id, type, object_id, payload, state, received_at FROM inbox_events"
    " WHERE tenant_id = ? AND object_id = ? AND state = 'parked' ORDER BY received_at, event_id";

Result<InboxEvent> toInboxEvent(const TenantId& tenantId, const Row& row) {
  CHECKOUT_ASSIGN(
      state, enumOf(row, 4, "inbox state", [](std::string_view name) { return valueOf(kStates, name); }));
  return InboxEvent{tenantId,       textOf(row, 0), textOf(row, 1), textOf(row, 2),
                    textOf(row, 3), state,          timeOf(row, 5)};
}

}  // namespace

Result<bool> SqlInbox::insert(const InboxEvent& event) {
  CHECKOUT_ASSIGN(
      inserted,
      session_.execute("INSERT INTO inbox_events (tenant_id, event_id, type, object_id, payload, state,"
                       " received_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
                       " ON CONFLICT (tenant_id, event_id) DO NOTHING",
                       {event.tenantId.value, event.eventId, event.type, event.objectId, event.payload,
                        nameOf(kStates, event.state), toUnixMillis(event.receivedAt)}));
  return inserted > 0;
}

Result<std::optional<InboxEvent>> SqlInbox::find(const TenantId& tenantId, const std::string& eventId) {
  return queryOne<InboxEvent>(session_, kById, {tenantId.value, eventId},
                              [&](const Row& row) { return toInboxEvent(tenantId, row); });
}

Result<std::vector<InboxEvent>> SqlInbox::parkedFor(const TenantId& tenantId, const std::string& objectId) {
  return queryAll<InboxEvent>(session_, kParked, {tenantId.value, objectId},
                              [&](const Row& row) { return toInboxEvent(tenantId, row); });
}

Result<void> SqlInbox::setState(const TenantId& tenantId, const std::string& eventId, State state) {
  CHECKOUT_ASSIGN(changed,
                  session_.execute("UPDATE inbox_events SET state = ? WHERE tenant_id = ? AND event_id = ?",
                                   {nameOf(kStates, state), tenantId.value, eventId}));
  if (changed == 0) return Error(ErrorCode::Internal, "No event " + eventId + " is stored.");
  return {};
}

}  // namespace checkout::store::sql
