#include "chaos/simulator.hpp"

#include "stripe/http_client.hpp"

namespace checkout::chaos {
namespace {

constexpr Milliseconds kAnswerPatience{30'000};
constexpr std::size_t kLargestLedger = 1024UL * 1024 * 1024;
// Those the product acts on. All others would only keep the simulator's senders busy.
constexpr const char* kEvents[] = {"checkout.session.completed",
                                   "checkout.session.async_payment_succeeded",
                                   "checkout.session.async_payment_failed",
                                   "checkout.session.expired",
                                   "payment_intent.succeeded",
                                   "payment_intent.payment_failed",
                                   "payment_intent.canceled",
                                   "payment_intent.requires_action",
                                   "charge.refunded",
                                   "refund.updated",
                                   "charge.dispute.created",
                                   "charge.dispute.closed",
                                   "charge.succeeded"};  // one of those it only counts

}  // namespace

Simulator::Simulator() {
  stripe::HttpClientOptions options;
  options.maxResponseBytes = kLargestLedger;
  http_ = stripe::makeHttpClient(std::move(options));
}

Result<std::unique_ptr<Simulator>> Simulator::start() {
  std::unique_ptr<Simulator> made(new Simulator);
  CHECKOUT_ASSIGN(sandbox, app::LocalSandbox::start("127.0.0.1", 0, made->clock_));
  made->sandbox_ = std::move(sandbox);
  return made;
}

Reply Simulator::send(const std::string& method, const std::string& target, const std::string& body,
                      const std::string& key) {
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.body = body;
  if (!key.empty()) request.headers.add("Authorization", "Bearer " + key);
  const bool isApi = target.rfind("/v1/", 0) == 0;
  if (method == "POST")
    request.headers.add("Content-Type", isApi ? "application/x-www-form-urlencoded" : "application/json");
  const HttpExchange exchange = http_->send(url(), request, kAnswerPatience);
  if (exchange.failure) return {};
  return {exchange.response->status, Json::parse(exchange.response->body, nullptr, false)};
}

void Simulator::jump(Milliseconds by) {
  clock_.jump(by);
  send("POST", "/_sandbox/clock", R"({"advance_ms": 0})");  // whatever has become due happens now
}

Result<std::string> Simulator::sendWebhooks(const std::string& key, const std::string& url) {
  std::string form = "url=" + url;
  for (const char* event : kEvents) form.append("&enabled_events[]=").append(event);
  const Reply reply = send("POST", "/v1/webhook_endpoints", form, key);
  if (reply.ok()) return reply.body["secret"].get<std::string>();
  return Error(ErrorCode::ServiceUnavailable,
               "The simulator takes no webhook endpoint: " + reply.body.dump());
}

void Simulator::addFaults(const Json& rules) {
  send("POST", "/_sandbox/faults", rules.dump());
}

void Simulator::clearFaults() {
  send("DELETE", "/_sandbox/faults", "");
}

Json Simulator::faults() {
  return send("GET", "/_sandbox/faults", "").body;
}

Json Simulator::ledger(const std::string& key) {
  Reply reply = send("GET", "/_sandbox/ledger", "", key);
  if (!reply.ok() || reply.body["accounts"].empty()) return Json::object();
  return std::move(reply.body["accounts"].front());
}

Reply Simulator::pay(const std::string& sessionId, const Json& how) {
  return send("POST", "/_sandbox/checkout/sessions/" + sessionId + "/pay", how.dump());
}

Reply Simulator::settle(const std::string& intentId, bool succeeds) {
  return send("POST", "/_sandbox/payment_intents/" + intentId + "/settle",
              Json{{"outcome", succeeds ? "succeeded" : "failed"}}.dump());
}

}  // namespace checkout::chaos
