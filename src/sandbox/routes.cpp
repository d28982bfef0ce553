#include "sandbox/routes.hpp"

#include "sandbox/events.hpp"
#include "sandbox/form.hpp"
#include "sandbox/intents.hpp"
#include "sandbox/lists.hpp"
#include "sandbox/refunds.hpp"
#include "sandbox/search.hpp"
#include "sandbox/session_parameters.hpp"
#include "sandbox/sessions.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

#define CREATED_RANGE                                                                          \
  {"created", Kind::Integer}, {"created[gt]", Kind::Integer}, {"created[gte]", Kind::Integer}, \
      {"created[lt]", Kind::Integer}, {                                                        \
    "created[lte]", Kind::Integer                                                              \
  }

constexpr Parameter kSessionList[] = {CREATED_RANGE,
                                      {"customer", Kind::Unsupported},
                                      {"customer_details[email]", Kind::Email},
                                      {"payment_intent"},
                                      {"payment_link", Kind::Unsupported},
                                      {"status", Kind::Choice, "complete|expired|open"},
                                      {"subscription", Kind::Unsupported}};
constexpr Parameter kIntentList[] = {CREATED_RANGE, {"customer", Kind::Unsupported}};
constexpr Parameter kIntentSearch[] = {{"limit", Kind::Integer}, {"page"}, {"query"}};
constexpr Parameter kRefundList[] = {CREATED_RANGE, {"charge"}, {"payment_intent"}};
constexpr Parameter kRefundCreate[] = {{"amount", Kind::Integer},
                                       {"charge"},
                                       {"currency", Kind::Unsupported},
                                       {"customer", Kind::Unsupported},
                                       {"instructions_email", Kind::Email},
                                       {"metadata", Kind::Metadata},
                                       {"origin", Kind::Unsupported},
                                       {"payment_intent"},
                                       {"reason", Kind::Choice, "duplicate|fraudulent|requested_by_customer"},
                                       {"refund_application_fee", Kind::Unsupported},
                                       {"reverse_transfer", Kind::Unsupported}};
constexpr Parameter kEventList[] = {
    CREATED_RANGE, {"delivery_success", Kind::Boolean}, {"type"}, {"types[]"}};
constexpr Parameter kEndpointCreate[] = {
    {"api_version"},      {"connect", Kind::Boolean},   {"description"},
    {"enabled_events[]"}, {"metadata", Kind::Metadata}, {"url", Kind::Url}};
#undef CREATED_RANGE

Result<Json> getCharge(Call& call) {
  const Record* charge = call.account.charges.find(call.id);
  if (charge == nullptr) return noSuch("charge", call.id);
  return charge->object;
}

Result<Json> getPaymentMethod(Call& call) {
  const Method* method = call.account.methods.find(call.id);
  if (method == nullptr) return noSuch("PaymentMethod", call.id, "payment_method");
  return method->object;
}

Result<Json> getBalance(Call& call) {
  Json available = Json::array(), pending = Json::array();
  for (const auto& [currency, amount] : call.account.balance) {
    available.push_back({{"amount", amount}, {"currency", currency}, {"source_types", {{"card", amount}}}});
    pending.push_back({{"amount", 0}, {"currency", currency}, {"source_types", {{"card", 0}}}});
  }
  return Json{{"object", "balance"}, {"available", available}, {"livemode", false}, {"pending", pending}};
}

const Route* routes(std::size_t& count) {
  static const Route kRoutes[] = {
      {"POST", "/v1/checkout/sessions", createSession, sessionCreateParameters()},
      {"GET", "/v1/checkout/sessions", listSessions, kSessionList, true},
      {"GET", "/v1/checkout/sessions/{id}", getSession, {}},
      {"GET", "/v1/checkout/sessions/{id}/line_items", listSessionLines, {}, true},
      {"POST", "/v1/checkout/sessions/{id}/expire", expireSessionNow, {}},
      {"POST", "/v1/payment_intents", createIntent, intentCreateParameters()},
      {"GET", "/v1/payment_intents", listIntents, kIntentList, true},
      {"GET", "/v1/payment_intents/search", searchIntents, kIntentSearch},  // before {id}, which it would fit
      {"GET", "/v1/payment_intents/{id}", getIntent, {}},
      {"POST", "/v1/payment_intents/{id}/confirm", confirmIntent, intentConfirmParameters()},
      {"POST", "/v1/payment_intents/{id}/cancel", cancelIntentNow, intentCancelParameters()},
      {"POST", "/v1/refunds", createRefund, kRefundCreate},
      {"GET", "/v1/refunds", listRefunds, kRefundList, true},
      {"GET", "/v1/refunds/{id}", getRefund, {}},
      {"GET", "/v1/charges/{id}", getCharge, {}},
      {"GET", "/v1/payment_methods/{id}", getPaymentMethod, {}},
      {"GET", "/v1/disputes", listDisputes, kRefundList, true},
      {"GET", "/v1/disputes/{id}", getDispute, {}},
      {"GET", "/v1/events", listEvents, kEventList, true},
      {"GET", "/v1/events/{id}", getEvent, {}},
      {"GET", "/v1/balance", getBalance, {}},
      {"POST", "/v1/webhook_endpoints", createWebhookEndpoint, kEndpointCreate},
      {"GET", "/v1/webhook_endpoints", listWebhookEndpoints, {}, true},
      {"GET", "/v1/webhook_endpoints/{id}", getWebhookEndpoint, {}},
      {"DELETE", "/v1/webhook_endpoints/{id}", deleteWebhookEndpoint, {}},
  };
  count = std::size(kRoutes);
  return kRoutes;
}

// The text in place of {id}; nullopt if `path` doesn't fit. Without {id}, an equal path gives "".
std::optional<std::string> fit(std::string_view pattern, std::string_view path) {
  const auto hole = pattern.find("{id}");
  if (hole == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
  const std::string_view before = pattern.substr(0, hole), after = pattern.substr(hole + 4);
  if (path.size() <= before.size() + after.size() || path.substr(0, before.size()) != before ||
      path.substr(path.size() - after.size()) != after)
    return std::nullopt;
  const std::string_view id = path.substr(before.size(), path.size() - before.size() - after.size());
  if (id.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(id);
}

}  // namespace

std::optional<RouteMatch> findRoute(std::string_view method, std::string_view path) {
  std::size_t count = 0;
  const Route* all = routes(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (all[i].method != method) continue;
    if (auto id = fit(all[i].path, path)) return RouteMatch{&all[i], std::move(*id)};
  }
  return std::nullopt;
}

}  // namespace checkout::sandbox
