#include <initializer_list>
#include <map>
#include <string>

#include "sandbox/control.hpp"
#include "sandbox/parameters.hpp"

namespace checkout::sandbox {
namespace {

template <class Row>
Json pickAll(const Table<Row>& table, std::initializer_list<const char*> members) {
  Json rows = Json::array();
  for (const Row& row : table.rows()) rows.push_back(pick(row.object, members));
  return rows;
}

// Sums per currency, gross: what charges captured, what refunds gave back, what open or lost disputes took.
Json totals(const Account& account) {
  struct Sum {
    std::int64_t captured = 0, refunded = 0, disputed = 0;
  };
  std::map<std::string, Sum> sums;
  for (const Record& charge : account.charges.rows())
    if (charge.object["captured"] == true)
      sums[charge.object["currency"]].captured += charge.object["amount_captured"].get<std::int64_t>();
  for (const Refund& refund : account.refunds.rows())
    if (refund.object["status"] != "failed")
      sums[refund.object["currency"]].refunded += refund.object["amount"].get<std::int64_t>();
  for (const Record& dispute : account.disputes.rows())
    if (dispute.object["status"] != "won")
      sums[dispute.object["currency"]].disputed += dispute.object["amount"].get<std::int64_t>();
  Json object = Json::object();
  for (const auto& [currency, sum] : sums)
    object[currency] = {{"captured", sum.captured}, {"refunded", sum.refunded}, {"disputed", sum.disputed}};
  return object;
}

Json idempotencyKeys(const Account& account) {
  Json keys = Json::array();
  for (const auto& [key, entry] : account.idempotency.entries())
    keys.push_back({{"key", key},
                    {"method", entry.method},
                    {"path", entry.path},
                    {"body_digest", entry.bodyDigest},
                    {"count", entry.uses},
                    {"mismatches", entry.mismatches},
                    {"state", entry.inFlight     ? "in_flight"
                              : entry.remembered ? "remembered"
                                                 : "released"},
                    {"status", entry.answer.status},
                    {"created_ms", toUnixMillis(entry.createdAt)}});
  return keys;
}

Json deliveriesOf(const World& world, const Account& account) {
  Json list = Json::array();
  for (const Delivery& delivery : world.deliveries.log())
    if (delivery.account == &account)
      list.push_back({{"event", delivery.eventId},
                      {"type", delivery.eventType},
                      {"endpoint", delivery.endpointId},
                      {"url", delivery.url},
                      {"state", toString(delivery.state)},
                      {"copy", delivery.isCopy},
                      {"attempts", delivery.attempts},
                      {"last_status", delivery.lastStatus},
                      {"due_ms", toUnixMillis(delivery.dueAt)}});
  return list;
}

Json accountLedger(const World& world, const Account& account) {
  return {{"account", account.id},
          {"key", account.keyHint},
          {"totals", totals(account)},
          {"sessions", pickAll(account.sessions, {"id", "status", "payment_status", "amount_total",
                                                  "currency", "payment_intent", "client_reference_id",
                                                  "metadata", "created", "expires_at"})},
          {"payment_intents", pickAll(account.intents, {"id", "status", "amount", "amount_received",
                                                        "currency", "latest_charge", "metadata", "created"})},
          {"charges",
           pickAll(account.charges, {"id", "status", "amount", "amount_captured", "amount_refunded",
                                     "currency", "payment_intent", "disputed", "failure_code", "metadata"})},
          {"refunds", pickAll(account.refunds, {"id", "status", "amount", "currency", "charge",
                                                "payment_intent", "reason", "metadata"})},
          {"disputes",
           pickAll(account.disputes, {"id", "status", "amount", "currency", "charge", "payment_intent"})},
          {"idempotency_keys", idempotencyKeys(account)},
          {"webhook_deliveries", deliveriesOf(world, account)}};
}

}  // namespace

Json ledger(const World& world, const std::string& secretKey) {
  Json accounts = Json::array();
  for (const auto& [key, account] : world.accounts())
    if (secretKey.empty() || key.rfind(secretKey + " ", 0) == 0)
      accounts.push_back(accountLedger(world, *account));
  return {{"now_ms", toUnixMillis(world.now())}, {"accounts", std::move(accounts)}};
}

}  // namespace checkout::sandbox
