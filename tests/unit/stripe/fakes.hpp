// Stand-ins for the outside of src/stripe: a clock set by hand, an HttpClient that plays a script, a tenant.
#pragma once

#include <cstdlib>
#include <deque>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <checkout/http.hpp>
#include <checkout/payment_gateway.hpp>

namespace checkout::stripe::testing {

class ManualClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  void advance(Milliseconds by) { now_ += by; }

 private:
  TimePoint now_ = fromUnixSeconds(1'800'000'000);
};

// One JSON text a line into the file that CHECKOUT_RECORD_REQUESTS names, if it does: Node compares them with
// what Stripe's own SDK declares (tests/interop/stripe_requests_test.mjs).
inline void record(const HttpRequest& request) {
  static const char* const file = std::getenv("CHECKOUT_RECORD_REQUESTS");
  if (file == nullptr) return;
  std::ofstream(file, std::ios::app)
      << Json{{"method", request.method}, {"target", request.target}, {"body", request.body}}.dump() << '\n';
}

// Answers each request with the next of its script and keeps what it was sent.
class ScriptedHttp final : public HttpClient {
 public:
  struct Sent {
    std::string origin;
    HttpRequest request;
    Milliseconds deadline;
  };

  HttpExchange send(const std::string& origin, const HttpRequest& request, Milliseconds deadline) override {
    record(request);
    sent.push_back({origin, request, deadline});
    if (script.empty())
      return {std::nullopt, HttpFailure{HttpFailure::Kind::Connect, false, "script is over"}};
    HttpExchange next = std::move(script.front());
    script.pop_front();
    return next;
  }

  std::deque<HttpExchange> script;
  std::vector<Sent> sent;
};

inline HttpExchange answer(int status, std::string body,
                           std::vector<std::pair<std::string, std::string>> headers = {
                               {"Request-Id", "req_1"}}) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  for (auto& [name, value] : headers) response.headers.add(name, value);
  return {std::move(response), std::nullopt};
}

inline HttpExchange failure(HttpFailure::Kind kind, bool maybeSent) {
  return {std::nullopt, HttpFailure{kind, maybeSent, "broken on purpose"}};
}

inline Tenant demoTenant() {
  Tenant tenant;
  tenant.id = TenantId{"demo_store"};
  tenant.currency = {"usd"};
  tenant.stripe.apiBase = "http://stripe.test";
  tenant.stripe.secretKey = Secret("sk_test_topsecret");
  tenant.stripe.webhookSecrets = {Secret("whsec_one"), Secret("whsec_two")};
  return tenant;
}

inline PaymentRequest demoRequest() {
  PaymentRequest request;
  request.tenantId = TenantId{"demo_store"};
  request.sagaId = SagaId{"saga_1"};
  request.orderId = OrderId{"order_1"};
  request.attempt = 2;
  request.lines = {{"Mug & Co", "Blue, 0.3 l", "https://shop.test/mug.png", {1250, {"usd"}}, 2},
                   {"Shipping", "", std::nullopt, {500, {"usd"}}, 1}};
  request.total = {3000, {"usd"}};
  request.email = "jo+shop@example.com";
  request.successUrl = "https://shop.test/ok?session={CHECKOUT_SESSION_ID}";
  request.cancelUrl = "https://shop.test/no";
  return request;
}

inline Address demoAddress() {
  return {"Jo Müller", "1 Long Street", "", "Berlin", "", "10115", "DE", "+49301234"};
}

using Fields = std::vector<std::pair<std::string, std::string>>;

// The server's view of a form: names and values decoded, in order.
inline Fields decodeForm(std::string_view body) {
  const auto decode = [](std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size()) {
        decoded += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
      } else {
        decoded += text[i] == '+' ? ' ' : text[i];
      }
    }
    return decoded;
  };
  Fields fields;
  while (!body.empty()) {
    const auto item = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(item.size() + 1, body.size()));
    const auto equals = item.find('=');
    fields.emplace_back(decode(item.substr(0, equals)), decode(item.substr(equals + 1)));
  }
  return fields;
}

inline Json sessionObject() {
  return Json::parse(R"({"id":"cs_test_1","object":"checkout.session","livemode":false,"status":"open",
    "payment_status":"unpaid","amount_total":3000,"currency":"usd","expires_at":1800001800,
    "url":"https://checkout.test/pay/cs_test_1","client_secret":"cs_secret","payment_intent":null,
    "client_reference_id":"saga_1","metadata":{"saga_id":"saga_1","tenant_id":"demo_store","attempt":"2"}})");
}

inline Json intentObject() {
  return Json::parse(
      R"({"id":"pi_1","object":"payment_intent","livemode":false,"status":"requires_payment_method",
    "amount":3000,"amount_received":0,"currency":"usd","client_secret":"pi_1_secret_x","next_action":null,
    "last_payment_error":null,
    "metadata":{"saga_id":"saga_1","tenant_id":"demo_store","order_id":"order_1","attempt":"2"}})");
}

}  // namespace checkout::stripe::testing
