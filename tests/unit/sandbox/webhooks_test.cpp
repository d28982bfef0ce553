#include <algorithm>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

const std::string kSecret = "whsec_test";

// On its own, so that a mistake in the simulator's signing can't hide itself.
std::string hmacHex(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  std::string hex;
  char pair[3];
  for (unsigned int i = 0; i < size; ++i) {
    std::snprintf(pair, sizeof pair, "%02x", digest[i]);
    hex += pair;
  }
  return hex;
}

struct Shop : Simulator {
  Shop() { sandbox.addWebhookEndpoint(kKey, "http://127.0.0.1:9/webhooks/stripe/shop?x=1", Secret(kSecret)); }
  void sell() { pay(newSession(), {{"card", "4242424242424242"}}); }
  int pendingOf(const std::string& type) {
    return get("/v1/events?type=" + type).body()["data"][0]["pending_webhooks"];
  }
  Json deliveryOf(const std::string& type) {
    const Json books = ledger();
    for (const Json& delivery : books["webhook_deliveries"])
      if (delivery["type"] == type) return delivery;
    return nullptr;
  }
  // The receiver has answered before the simulator has noted it.
  void waitUntilNoted(const std::string& type, int attempts) {
    while (deliveryOf(type)["attempts"] < attempts) std::this_thread::yield();
  }
};

TEST(Webhooks, AreSignedOverTimestampAndBody) {
  Shop shop;
  shop.sell();
  const auto received = shop.receiver.waitFor(4);
  ASSERT_EQ(received.size(), 4u);
  for (const auto& [origin, request] : received) {
    EXPECT_EQ(origin, "http://127.0.0.1:9");
    EXPECT_EQ(request.target, "/webhooks/stripe/shop?x=1");
    const std::string time = std::to_string(toUnixSeconds(shop.clock.now()));
    EXPECT_EQ(request.headers.get("Stripe-Signature"),
              "t=" + time + ",v1=" + hmacHex(kSecret, time + "." + request.body));
  }
  const auto completed = std::find_if(received.begin(), received.end(), [](const auto& webhook) {
    return webhook.event()["type"] == "checkout.session.completed";
  });
  ASSERT_NE(completed, received.end());
  const Json event = completed->event();
  EXPECT_EQ(event["object"], "event");
  EXPECT_EQ(event["api_version"], "2026-10-28.endive");
  EXPECT_EQ(event["livemode"], false);
  EXPECT_EQ(event["data"]["object"]["payment_status"], "paid");
}

TEST(Webhooks, KeepTheReceiversTimeWhenTheSimulatorsClockMoves) {
  Shop shop;
  shop.advance(48h);
  shop.sell();
  const std::string signature = *shop.receiver.waitFor(1).at(0).request.headers.get("Stripe-Signature");
  EXPECT_EQ(signature.substr(2, signature.find(',') - 2), std::to_string(toUnixSeconds(shop.clock.now())));
}

TEST(Webhooks, SayWhatCausedThem) {
  Shop shop;
  const Answer created = shop.post("/v1/payment_intents", "amount=1000&currency=usd", "key-1");
  const Json event = shop.receiver.waitFor(1).at(0).event();
  EXPECT_EQ(event["request"]["id"], *created.headers.get("Request-Id"));
  EXPECT_EQ(event["request"]["idempotency_key"], "key-1");
}

TEST(Webhooks, AreTriedAgainOnTheClockUntilTheyArrive) {
  Shop shop;
  shop.receiver.answerWith({500, 0});
  shop.post("/v1/payment_intents", "amount=1000&currency=usd");
  shop.receiver.waitFor(1);
  shop.waitUntilNoted("payment_intent.created", 1);
  EXPECT_EQ(shop.pendingOf("payment_intent.created"), 1);
  EXPECT_EQ(shop.get("/v1/events?delivery_success=false").body()["data"].size(), 1u);
  shop.advance(10s);
  shop.receiver.waitFor(2);
  shop.waitUntilNoted("payment_intent.created", 2);
  EXPECT_EQ(shop.deliveryOf("payment_intent.created")["state"], "pending");
  shop.advance(1min);
  const auto all = shop.receiver.waitFor(3);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].event()["id"], all[2].event()["id"]);
  shop.waitUntilNoted("payment_intent.created", 3);
  EXPECT_EQ(shop.pendingOf("payment_intent.created"), 0);
  EXPECT_EQ(shop.get("/v1/events?delivery_success=true").body()["data"].size(), 1u);
}

TEST(Webhooks, AreGivenUpAfterThreeDays) {
  Shop shop;
  shop.receiver.answerWith(std::deque<int>(20, 500));
  shop.post("/v1/payment_intents", "amount=1000&currency=usd");
  for (int attempt = 1; attempt <= 9; ++attempt) {
    shop.waitUntilNoted("payment_intent.created", attempt);
    shop.advance(40h);
  }
  EXPECT_EQ(shop.deliveryOf("payment_intent.created")["state"], "failed");
  EXPECT_EQ(shop.receiver.waitFor(9).size(), 9u);
}

TEST(Webhooks, ExpiredSessionsAreToldByTheTimerAlone) {
  Shop shop;
  shop.newSession();
  shop.advance(24h);
  EXPECT_THAT(shop.receiver.typesOf(1), ElementsAre("checkout.session.expired"));
}

TEST(Webhooks, CanBeDroppedDuplicatedAndDelayed) {
  Shop shop;
  shop.fault(Json::array(
      {{{"kind", "drop"}, {"match", {{"type", "charge.succeeded"}}}},
       {{"kind", "duplicate"}, {"match", {{"type", "checkout.session.completed"}}}},
       {{"kind", "delay"}, {"latency_ms", 60'000}, {"match", {{"type", "payment_intent.created"}}}}}));
  shop.sell();
  EXPECT_THAT(shop.receiver.typesOf(3),
              UnorderedElementsAre("checkout.session.completed", "checkout.session.completed",
                                   "payment_intent.succeeded"));
  shop.advance(1min);
  EXPECT_EQ(shop.receiver.typesOf(4).back(), "payment_intent.created");
  EXPECT_EQ(shop.pendingOf("charge.succeeded"), 1);
  EXPECT_EQ(shop.deliveryOf("charge.succeeded")["state"], "dropped");
}

TEST(Webhooks, AReorderedOneWaitsForTheNextOneOfItsEndpoint) {
  Shop shop;
  shop.fault(
      {{"kind", "reorder"}, {"latency_ms", 60'000}, {"match", {{"type", "checkout.session.expired"}}}});
  const std::string session = shop.newSession();
  shop.post("/v1/checkout/sessions/" + session + "/expire");
  EXPECT_EQ(shop.deliveryOf("checkout.session.expired")["due_ms"], toUnixMillis(shop.clock.now() + 1min));
  shop.post("/v1/payment_intents", "amount=1000&currency=usd");
  EXPECT_THAT(shop.receiver.typesOf(2),
              UnorderedElementsAre("payment_intent.created", "checkout.session.expired"));
}

TEST(Webhooks, AnEndpointThatHangsHoldsUpNoOther) {
  Shop shop;
  shop.sandbox.addWebhookEndpoint(kKey, "http://hangs.test/hook", Secret("whsec_other"));
  shop.receiver.hang("http://hangs.test");
  constexpr int kEvents = 20;
  for (int i = 0; i < kEvents; ++i) shop.post("/v1/payment_intents", "amount=1000&currency=usd");
  for (const auto& webhook : shop.receiver.waitFor(kEvents)) EXPECT_EQ(webhook.origin, "http://127.0.0.1:9");
  shop.receiver.waitUntilHanging(2);
  EXPECT_LT(shop.receiver.hanging(), 8) << "every sender hangs";
  shop.receiver.release();
  EXPECT_EQ(shop.receiver.waitFor(2 * kEvents).size(), 2u * kEvents);
}

TEST(Webhooks, AnEndpointThatRefusesConnectionsHearsOfEverythingLater) {
  Shop shop;
  constexpr int kEvents = 100;
  shop.receiver.answerWith(std::deque<int>(kEvents, 0));
  for (int i = 0; i < kEvents; ++i) shop.post("/v1/payment_intents", "amount=1000&currency=usd");
  ASSERT_EQ(shop.receiver.waitFor(kEvents).size(), std::size_t{kEvents});
  // The receiver has answered before the simulator has noted it.
  const auto isNoted = [&] {
    const Json books = shop.ledger();
    return std::all_of(books["webhook_deliveries"].begin(), books["webhook_deliveries"].end(),
                       [](const Json& delivery) { return delivery["attempts"] == 1; });
  };
  while (!isNoted()) std::this_thread::yield();
  shop.advance(10s);
  const auto all = shop.receiver.waitFor(2 * kEvents);
  std::map<std::string, int> tries;
  for (const auto& webhook : all) ++tries[webhook.event()["id"]];
  EXPECT_EQ(tries.size(), std::size_t{kEvents});
  for (const auto& [event, count] : tries) EXPECT_EQ(count, 2) << event;
}

TEST(Webhooks, EndpointsAreRegisteredFilteredAndDeleted) {
  Simulator stripe;
  const Json endpoint =
      stripe.post("/v1/webhook_endpoints", "url=http://127.0.0.1:9/hook&enabled_events[]=charge.succeeded")
          .body();
  EXPECT_EQ(endpoint["object"], "webhook_endpoint");
  EXPECT_EQ(endpoint["secret"].get<std::string>().substr(0, 6), "whsec_");
  EXPECT_FALSE(stripe.get("/v1/webhook_endpoints").body()["data"][0].contains("secret"));
  stripe.pay(stripe.newSession(), {{"card", "4242424242424242"}});
  EXPECT_THAT(stripe.receiver.typesOf(1), ElementsAre("charge.succeeded"));
  const std::string id = endpoint["id"];
  EXPECT_EQ(stripe.call("DELETE", "/v1/webhook_endpoints/" + id).body()["deleted"], true);
  stripe.pay(stripe.newSession(), {{"card", "4242424242424242"}});
  EXPECT_EQ(stripe.ledger()["webhook_deliveries"].size(), 1u);
}

TEST(Webhooks, OfConnectedAccountsGoToThePlatform) {
  Shop shop;
  HttpRequest request;
  request.method = "POST";
  request.target = "/v1/payment_intents";
  request.body = "amount=1000&currency=usd";
  request.headers.set("Authorization", "Bearer " + kKey);
  request.headers.set("Stripe-Account", "acct_connected");
  const std::string id = shop.send(request).body()["id"];
  EXPECT_EQ(shop.receiver.waitFor(1).at(0).event()["account"], "acct_connected");
  EXPECT_EQ(shop.get("/v1/payment_intents/" + id).status, 404);
  request.method = "GET";
  request.target = "/v1/events";
  request.body.clear();
  const Json listed = shop.send(request).body()["data"];
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_FALSE(listed[0].contains("account")) << "who asks in its name knows whose they are";
}

}  // namespace
}  // namespace checkout::test
