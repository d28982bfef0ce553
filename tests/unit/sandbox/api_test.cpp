#include <thread>

#include <gmock/gmock.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Api, AsksForATestKey) {
  Simulator stripe;
  for (const std::string key : {"", "sk_live_abcdefgh1234", "sk_test_", "nonsense"}) {
    const Answer answer = stripe.call("GET", "/v1/balance", {}, {}, key);
    EXPECT_EQ(answer.status, 401) << key;
    EXPECT_EQ(answer.error()["type"], "invalid_request_error");
    EXPECT_TRUE(answer.headers.get("WWW-Authenticate"));
  }
  const Answer publishable = stripe.call("GET", "/v1/balance", {}, {}, "pk_test_abc");
  EXPECT_EQ(publishable.status, 403);
  EXPECT_EQ(publishable.error()["code"], "secret_key_required");
  HttpRequest basic;
  basic.method = "GET";
  basic.target = "/v1/balance";
  basic.headers.set("Authorization", "Basic c2tfdGVzdF9tZXJjaGFudDEyMzQ6");
  EXPECT_EQ(stripe.send(basic).status, 200);
}

TEST(Api, SpeaksOneVersionAndSaysSo) {
  Simulator stripe;
  HttpRequest request;
  request.method = "GET";
  request.target = "/v1/balance";
  request.headers.set("Authorization", "Bearer " + kKey);
  request.headers.set("Stripe-Version", "2026-10-28.endive");
  const Answer spoken = stripe.send(request);
  EXPECT_EQ(spoken.status, 200);
  EXPECT_EQ(spoken.headers.get("Stripe-Version"), "2026-10-28.endive");
  request.headers.set("Stripe-Version", "2011-01-01");
  const Answer unknown = stripe.send(request);
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.error()["message"], HasSubstr("Invalid Stripe API version: 2011-01-01"));
}

TEST(Api, NamesEachRequestAndRefusesUnknownRoutes) {
  Simulator stripe;
  const Answer first = stripe.get("/v1/balance"), second = stripe.get("/v1/balance");
  EXPECT_THAT(*first.headers.get("Request-Id"), HasSubstr("req_"));
  EXPECT_NE(first.headers.get("Request-Id"), second.headers.get("Request-Id"));
  EXPECT_EQ(stripe.get("/v1/unicorns").status, 404);
  EXPECT_EQ(stripe.call("DELETE", "/v1/balance").status, 404);
}

TEST(Api, ListsPageByPageNewestFirst) {
  Simulator stripe;
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.insert(ids.begin(), stripe.newSession());
  const auto idsOf = [](const Json& page) {
    std::vector<std::string> found;
    for (const Json& object : page["data"]) found.push_back(object["id"]);
    return found;
  };
  const Json first = stripe.get("/v1/checkout/sessions?limit=2").body();
  EXPECT_EQ(idsOf(first), (std::vector{ids[0], ids[1]}));
  EXPECT_EQ(first["has_more"], true);
  EXPECT_EQ(first["url"], "/v1/checkout/sessions");
  const Json last = stripe.get("/v1/checkout/sessions?limit=3&starting_after=" + ids[1]).body();
  EXPECT_EQ(idsOf(last), (std::vector{ids[2], ids[3], ids[4]}));
  EXPECT_EQ(last["has_more"], false);
  const Json before = stripe.get("/v1/checkout/sessions?limit=2&ending_before=" + ids[3]).body();
  EXPECT_EQ(idsOf(before), (std::vector{ids[1], ids[2]}));
  EXPECT_EQ(before["has_more"], true);
  EXPECT_EQ(stripe.get("/v1/checkout/sessions?limit=0").error()["param"], "limit");
  EXPECT_EQ(stripe.get("/v1/checkout/sessions?limit=101").status, 400);
  const Answer unknown = stripe.get("/v1/checkout/sessions?starting_after=cs_test_x");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(unknown.error()["code"], "resource_missing");
}

TEST(Api, FiltersListsByTimeStateAndType) {
  Simulator stripe;
  const std::string old = stripe.newSession();
  stripe.pay(old, {{"card", "4242424242424242"}});
  stripe.advance(1h);
  stripe.newSession();
  const std::string now = std::to_string(toUnixSeconds(stripe.clock.now()) + 1800);
  EXPECT_EQ(stripe.get("/v1/checkout/sessions?status=complete").body()["data"].size(), 1u);
  EXPECT_EQ(stripe.get("/v1/checkout/sessions?created[gte]=" + now).body()["data"].size(), 1u);
  EXPECT_EQ(stripe.get("/v1/events?type=charge.*").body()["data"].size(), 1u);
  EXPECT_EQ(stripe.get("/v1/events?types[]=charge.succeeded&types[]=payment_intent.succeeded")
                .body()["data"]
                .size(),
            2u);
}

TEST(Idempotency, TheSameRequestIsReplayedWithoutASecondEffect) {
  Simulator stripe;
  const Answer first = stripe.post("/v1/checkout/sessions", kOneMug, "k1");
  const Answer second = stripe.post("/v1/checkout/sessions", kOneMug, "k1");
  EXPECT_EQ(first.text, second.text);
  EXPECT_FALSE(first.headers.get("Idempotent-Replayed"));
  EXPECT_EQ(second.headers.get("Idempotent-Replayed"), "true");
  EXPECT_EQ(second.headers.get("Original-Request"), first.headers.get("Request-Id"));
  EXPECT_NE(second.headers.get("Request-Id"), first.headers.get("Request-Id"));
  const Json ledger = stripe.ledger();
  EXPECT_EQ(ledger["sessions"].size(), 1u);
  EXPECT_EQ(ledger["idempotency_keys"][0]["count"], 2);
}

TEST(Idempotency, OtherParametersOrAnotherRouteAreAnError) {
  Simulator stripe;
  stripe.post("/v1/checkout/sessions", kOneMug, "k1");
  const Answer changed = stripe.post("/v1/checkout/sessions", kOneMug + "&locale=de", "k1");
  EXPECT_EQ(changed.status, 400);
  EXPECT_EQ(changed.error()["type"], "idempotency_error");
  EXPECT_EQ(stripe.post("/v1/payment_intents", "amount=1000&currency=usd", "k1").error()["type"],
            "idempotency_error");
  EXPECT_EQ(stripe.ledger()["idempotency_keys"][0]["mismatches"], 2);
}

TEST(Idempotency, KeysBelongToAnAccountAndLastADay) {
  Simulator stripe;
  const std::string first = stripe.post("/v1/checkout/sessions", kOneMug, "k1").body()["id"];
  const Answer other = stripe.call("POST", "/v1/checkout/sessions", kOneMug, "k1", "sk_test_another5678");
  EXPECT_NE(other.body()["id"], first);
  stripe.advance(24h - 1s);
  EXPECT_EQ(stripe.post("/v1/checkout/sessions", kOneMug, "k1").body()["id"], first);
  stripe.advance(1s);
  EXPECT_NE(stripe.post("/v1/checkout/sessions", kOneMug, "k1").body()["id"], first);
}

TEST(Idempotency, ValidationFailuresAreNotKeptButDeclinesAre) {
  Simulator stripe;
  EXPECT_EQ(stripe.post("/v1/payment_intents", "amount=1&currency=usd", "k1").status, 400);
  EXPECT_EQ(stripe.post("/v1/payment_intents", "amount=1000&currency=usd", "k1").status, 200);
  const std::string declined = "amount=1000&currency=usd" + kWithoutRedirects +
                               "&confirm=true&payment_method=pm_card_"
                               "chargeDeclined";
  const Answer first = stripe.post("/v1/payment_intents", declined, "k2");
  const Answer second = stripe.post("/v1/payment_intents", declined, "k2");
  EXPECT_EQ(second.status, 402);
  EXPECT_EQ(second.text, first.text);
  EXPECT_EQ(stripe.ledger()["charges"].size(), 1u);
}

TEST(Idempotency, AKeyInUseIsAConflict) {
  Simulator stripe;
  stripe.fault({{"kind", "latency"}, {"latency_ms", 60'000}, {"match", {{"method", "POST"}}}});
  Answer slow;
  std::thread first([&] { slow = stripe.post("/v1/checkout/sessions", kOneMug, "k1"); });
  const auto isInFlight = [&] {
    const Json accounts = stripe.open("GET", "/_sandbox/ledger").body()["accounts"];
    return !accounts.empty() && !accounts[0]["idempotency_keys"].empty();
  };
  while (!isInFlight()) std::this_thread::yield();
  const Answer second = stripe.post("/v1/checkout/sessions", kOneMug, "k1");
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(second.error()["code"], "idempotency_key_in_use");
  stripe.open("DELETE", "/_sandbox/faults");
  first.join();
  EXPECT_EQ(slow.status, 200);
  EXPECT_EQ(stripe.post("/v1/checkout/sessions", kOneMug, "k1").text, slow.text);
}

TEST(Faults, BeforeTheEffectLeaveNoTrace) {
  Simulator stripe;
  for (const char* kind : {"status_before", "reset_before", "rate_limit"}) {
    stripe.fault({{"kind", kind}, {"status", std::string(kind) == "rate_limit" ? 429 : 503}, {"times", 1}});
    const Answer answer = stripe.post("/v1/checkout/sessions", kOneMug, "key");
    EXPECT_TRUE(answer.status == 503 || answer.status == 429 || answer.resetAfterBytes == 0u) << kind;
    EXPECT_TRUE(stripe.ledger()["sessions"].empty()) << kind;
  }
  EXPECT_EQ(stripe.post("/v1/checkout/sessions", kOneMug, "key").status, 200);
}

TEST(Faults, AfterTheEffectTheKeyTellsTheTruth) {
  Simulator stripe;
  std::size_t sessions = 0;
  for (const char* kind : {"status_after", "reset_after", "truncate"}) {
    stripe.fault({{"kind", kind}, {"status", 502}, {"times", 1}});
    const Answer lost = stripe.post("/v1/checkout/sessions", kOneMug, kind);
    EXPECT_EQ(stripe.ledger()["sessions"].size(), ++sessions) << kind;
    const Answer replay = stripe.post("/v1/checkout/sessions", kOneMug, kind);
    EXPECT_EQ(replay.status, 200) << kind;
    EXPECT_EQ(replay.headers.get("Idempotent-Replayed"), "true");
    EXPECT_EQ(stripe.ledger()["sessions"].size(), sessions) << kind;
    const std::optional<std::size_t> cut = std::string(kind) == "reset_after" ? std::optional<std::size_t>(0)
                                           : std::string(kind) == "truncate"
                                               ? std::optional(lost.text.size() / 2)
                                               : std::nullopt;
    EXPECT_EQ(lost.resetAfterBytes, cut) << kind;
    EXPECT_EQ(lost.status, std::string(kind) == "status_after" ? 502 : 200) << kind;
  }
}

TEST(Faults, A500IsReplayedUnderItsKey) {
  Simulator stripe;
  stripe.fault({{"kind", "status_after"}, {"status", 500}, {"times", 1}});
  EXPECT_EQ(stripe.post("/v1/checkout/sessions", kOneMug, "k1").status, 500);
  const Answer replay = stripe.post("/v1/checkout/sessions", kOneMug, "k1");
  EXPECT_EQ(replay.status, 500);
  EXPECT_EQ(replay.headers.get("Idempotent-Replayed"), "true");
  EXPECT_EQ(stripe.ledger()["sessions"].size(), 1u);
}

TEST(Faults, RepeatWithTheirSeedAndMatchMethodAndPath) {
  const auto pattern = [](int seed) {
    Simulator stripe;
    stripe.fault({{"kind", "status_before"},
                  {"status", 503},
                  {"probability", 0.5},
                  {"seed", seed},
                  {"match", {{"method", "GET"}, {"path_prefix", "/v1/balance"}}}});
    std::string seen;
    for (int i = 0; i < 32; ++i) seen += stripe.get("/v1/balance").status == 503 ? 'x' : '.';
    EXPECT_EQ(stripe.get("/v1/events").status, 200);
    return seen;
  };
  EXPECT_EQ(pattern(7), pattern(7));
  EXPECT_NE(pattern(7), pattern(8));
}

TEST(Faults, RulesAreCheckedAndShown) {
  Simulator stripe;
  EXPECT_EQ(stripe.open("POST", "/_sandbox/faults", R"([{"kind":"latency"},{"kind":"gremlin"}])").status,
            400);
  EXPECT_TRUE(stripe.open("GET", "/_sandbox/faults").body().empty());
  stripe.fault({{"kind", "rate_limit"}, {"retry_after", 7}});
  EXPECT_EQ(stripe.get("/v1/balance").headers.get("Retry-After"), "7");
  EXPECT_EQ(stripe.open("GET", "/_sandbox/faults").body()[0]["strikes"], 1);
  EXPECT_TRUE(stripe.open("DELETE", "/_sandbox/faults").body().empty());
  EXPECT_EQ(stripe.get("/v1/balance").status, 200);
}

}  // namespace
}  // namespace checkout::test
