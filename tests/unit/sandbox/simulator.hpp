// A simulator with a clock that stands still, a recording webhook receiver, and short ways to talk to it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <checkout/json.hpp>

#include "sandbox/sandbox.hpp"
#include "support/manual_clock.hpp"

namespace checkout::test {

// For a PaymentIntent that is confirmed at once, without a page to come back to.
inline const std::string kWithoutRedirects =
    "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never";

// Takes webhooks and answers 200, or the statuses it was told to give first. An origin can be made to hang.
class WebhookReceiver final : public HttpClient {
 public:
  HttpExchange send(const std::string& origin, const HttpRequest& request, Milliseconds) override {
    std::unique_lock lock(mutex_);
    if (origin == hangs_) {
      ++hanging_;
      arrived_.notify_all();
      released_.wait(lock, [&] { return origin != hangs_; });
      --hanging_;
    }
    received_.push_back({origin, request});
    int status = 200;
    if (!statuses_.empty()) {
      status = statuses_.front();
      statuses_.pop_front();
    }
    arrived_.notify_all();
    HttpExchange exchange;
    if (status == 0) {
      exchange.failure = HttpFailure{HttpFailure::Kind::Connect, false, "refused"};
    } else {
      exchange.response = HttpResponse{};
      exchange.response->status = status;
    }
    return exchange;
  }
  void answerWith(std::deque<int> statuses) {
    const std::lock_guard lock(mutex_);
    statuses_ = std::move(statuses);
  }
  void hang(const std::string& origin) {
    const std::lock_guard lock(mutex_);
    hangs_ = origin;
  }
  void release() {
    hang("");
    released_.notify_all();
  }
  void waitUntilHanging(int count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(arrived_.wait_for(lock, std::chrono::seconds(20), [&] { return hanging_ >= count; }));
  }
  int hanging() {
    const std::lock_guard lock(mutex_);
    return hanging_;
  }
  struct Received {
    std::string origin;
    HttpRequest request;
    Json event() const { return Json::parse(request.body); }
  };
  // The first `count` webhooks; fewer if they don't come.
  std::vector<Received> waitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::seconds(20), [&] { return received_.size() >= count; });
    return received_;
  }
  std::vector<std::string> typesOf(std::size_t count) {
    std::vector<std::string> types;
    for (const Received& received : waitFor(count)) types.push_back(received.event()["type"]);
    return types;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_, released_;
  std::string hangs_;
  int hanging_ = 0;
  std::vector<Received> received_;
  std::deque<int> statuses_;
};

struct Answer {
  int status = 0;
  HttpHeaders headers;
  std::string text;
  std::optional<std::size_t> resetAfterBytes;
  Json body() const { return Json::parse(text); }
  Json error() const { return body().at("error"); }
};

inline const std::string kKey = "sk_test_merchant1234";
inline const std::string kOneMug =
    "mode=payment&success_url=https://shop.example/ok?s={CHECKOUT_SESSION_ID}&cancel_url=https://"
    "shop.example/cart"
    "&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=2100"
    "&line_items[0][price_data][product_data][name]=Mug&line_items[0][quantity]=2";
inline const std::string kOneMugInEuro =
    "mode=payment&success_url=https://shop.example/ok&line_items[0][price_data][currency]=eur"
    "&line_items[0][price_data][unit_amount]=2100&line_items[0][price_data][product_data][name]=Tasse"
    "&line_items[0][quantity]=1";
inline const std::string kGoodCard =
    "email=ada@example.com&cardNumber=4242+4242+4242+4242&cardExpiry=12+/+34&cardCvc=123&billingName=Ada";

class Simulator {
 public:
  Simulator() { sandbox.setPublicUrl("http://pay.test/"); }

  Answer send(HttpRequest request) {
    const HttpResponse response = sandbox.handle(request);
    return {response.status, response.headers, response.body, response.resetAfterBytes};
  }
  Answer call(const std::string& method, const std::string& target, const std::string& body = {},
              const std::string& idempotencyKey = {}, const std::string& key = kKey) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.headers.set("Authorization", "Bearer " + key);
    if (!body.empty()) request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    if (!idempotencyKey.empty()) request.headers.set("Idempotency-Key", idempotencyKey);
    return send(request);
  }
  Answer get(const std::string& target) { return call("GET", target); }
  Answer post(const std::string& target, const std::string& body = {},
              const std::string& idempotencyKey = {}) {
    return call("POST", target, body, idempotencyKey);
  }
  // Without a key: control routes and pages.
  Answer open(const std::string& method, const std::string& target, const std::string& body = {}) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    return send(request);
  }
  Answer pay(const std::string& sessionId, const Json& how) {
    return open("POST", "/_sandbox/checkout/sessions/" + sessionId + "/pay", how.dump());
  }
  void advance(Milliseconds by) { open("POST", "/_sandbox/clock", Json{{"advance_ms", by.count()}}.dump()); }
  void fault(const Json& rules) { open("POST", "/_sandbox/faults", rules.dump()); }
  Json ledger(const std::string& key = kKey) {
    return call("GET", "/_sandbox/ledger", {}, {}, key).body()["accounts"][0];
  }

  std::string newSession(const std::string& form = kOneMug) {
    return post("/v1/checkout/sessions", form).body()["id"];
  }
  Json session(const std::string& id) {
    return get("/v1/checkout/sessions/" + id + "?expand[]=payment_intent").body();
  }
  std::vector<std::string> eventTypes() {  // oldest first
    std::vector<std::string> types;
    const Json page = get("/v1/events?limit=100").body();
    for (const Json& event : page["data"]) types.insert(types.begin(), event["type"]);
    return types;
  }

  ManualClock clock;
  WebhookReceiver receiver;
  sandbox::Sandbox sandbox{clock, receiver};
};

}  // namespace checkout::test
