// What the events say that a checkout lives on: the right object, and the way back to the checkout.
#include <thread>

#include <gmock/gmock.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using namespace std::chrono_literals;

const std::string kOfSaga = "&payment_intent_data[metadata][saga_id]=s_1&metadata[saga_id]=s_1";

struct Feed : Simulator {
  // The object of the newest event of this type; null if there was none.
  Json objectOf(const std::string& type) {
    const Json page = get("/v1/events?limit=1&type=" + type).body();
    return page["data"].empty() ? Json(nullptr) : page["data"][0]["data"]["object"];
  }
  void expect(const std::string& type, const std::string& kind, const std::string& status) {
    const Json object = objectOf(type);
    ASSERT_TRUE(object.is_object()) << type;
    EXPECT_EQ(object["object"], kind) << type;
    EXPECT_EQ(object["status"], status) << type;
    if (kind != "refund" && kind != "dispute") {
      EXPECT_EQ(object["metadata"]["saga_id"], "s_1") << type;
    }
    if (kind != "payment_intent" && kind != "checkout.session") {
      EXPECT_THAT(object["payment_intent"].get<std::string>(), testing::StartsWith("pi_")) << type;
    }
  }
  std::string payNow(const std::string& method) {
    return post("/v1/payment_intents", "amount=1000&currency=usd" + kWithoutRedirects +
                                           "&confirm=true&metadata[saga_id]=s_1"
                                           "&payment_method=" +
                                           method)
        .body()["id"];
  }
};

TEST(Events, OfAPaidSessionLeadToTheCheckout) {
  Feed stripe;
  stripe.pay(stripe.newSession(kOneMug + kOfSaga), {{"card", "4242424242424242"}});
  stripe.expect("checkout.session.completed", "checkout.session", "complete");
  EXPECT_EQ(stripe.objectOf("checkout.session.completed")["payment_status"], "paid");
  EXPECT_EQ(stripe.objectOf("checkout.session.completed")["payment_intent"],
            stripe.objectOf("payment_intent.succeeded")["id"]);
  stripe.expect("payment_intent.created", "payment_intent", "requires_payment_method");
  stripe.expect("payment_intent.succeeded", "payment_intent", "succeeded");
  stripe.expect("charge.succeeded", "charge", "succeeded");
}

TEST(Events, OfAnExpiredSessionLeadToTheCheckout) {
  Feed stripe;
  const std::string session = stripe.newSession(kOneMug + kOfSaga);
  stripe.pay(session, {{"card", "4000000000000002"}});
  stripe.expect("payment_intent.payment_failed", "payment_intent", "requires_payment_method");
  stripe.expect("charge.failed", "charge", "failed");
  stripe.post("/v1/checkout/sessions/" + session + "/expire");
  stripe.expect("checkout.session.expired", "checkout.session", "expired");
  stripe.expect("payment_intent.canceled", "payment_intent", "canceled");
}

TEST(Events, OfADirectDebitLeadToTheCheckout) {
  for (const bool arrives : {true, false}) {
    Feed stripe;
    stripe.pay(stripe.newSession(kOneMugInEuro + kOfSaga),
               {{"iban", arrives ? "DE89370400440532013000" : "DE62370400440532013001"}});
    stripe.expect("checkout.session.completed", "checkout.session", "complete");
    EXPECT_EQ(stripe.objectOf("checkout.session.completed")["payment_status"], "unpaid");
    stripe.expect("payment_intent.processing", "payment_intent", "processing");
    stripe.expect("charge.pending", "charge", "pending");
    stripe.advance(72h);
    const std::string end =
        arrives ? "checkout.session.async_payment_succeeded" : "checkout.session.async_payment_failed";
    stripe.expect(end, "checkout.session", "complete");
    EXPECT_EQ(stripe.objectOf(end)["payment_status"], arrives ? "paid" : "unpaid");
    stripe.expect(arrives ? "payment_intent.succeeded" : "payment_intent.payment_failed", "payment_intent",
                  arrives ? "succeeded" : "requires_payment_method");
  }
}

TEST(Events, OfAChallengeAndACancellationLeadToTheCheckout) {
  Feed stripe;
  const std::string id = stripe.payNow("pm_card_authenticationRequired");
  stripe.expect("payment_intent.requires_action", "payment_intent", "requires_action");
  stripe.post("/v1/payment_intents/" + id + "/cancel");
  stripe.expect("payment_intent.canceled", "payment_intent", "canceled");
}

TEST(Events, OfARefundNameThePaymentAndTheRefundsOwnMetadata) {
  Feed stripe;
  const std::string id = stripe.payNow("pm_card_pendingRefund");
  stripe.post("/v1/refunds", "payment_intent=" + id + "&amount=300&metadata[saga_id]=s_1");
  stripe.expect("refund.created", "refund", "pending");
  stripe.expect("charge.refunded", "charge", "succeeded");
  EXPECT_EQ(stripe.objectOf("charge.refunded")["amount_refunded"], 300);
  EXPECT_EQ(stripe.objectOf("charge.refunded")["refunded"], false);
  EXPECT_EQ(stripe.objectOf("refund.created")["metadata"]["saga_id"], "s_1");
  stripe.advance(1min);
  stripe.expect("refund.updated", "refund", "succeeded");
  EXPECT_EQ(stripe.objectOf("refund.updated")["payment_intent"], id);
}

TEST(Events, OfARefundThatFailsSayThatTheMoneyCameBack) {
  Feed stripe;
  const std::string id = stripe.payNow("pm_card_refundFail");
  stripe.post("/v1/refunds", "payment_intent=" + id);
  stripe.expect("refund.created", "refund", "succeeded");
  stripe.advance(1min);
  stripe.expect("refund.failed", "refund", "failed");
  stripe.expect("refund.updated", "refund", "failed");
  EXPECT_EQ(stripe.get("/v1/refunds?payment_intent=" + id).body()["data"][0]["status"], "failed");
}

TEST(Events, OfADisputeNameThePayment) {
  for (const char* end : {"won", "lost"}) {
    Feed stripe;
    const std::string id = stripe.payNow("pm_card_createDispute");
    stripe.expect("charge.dispute.created", "dispute", "needs_response");
    const std::string dispute = stripe.objectOf("charge.dispute.created")["id"];
    stripe.open("POST", "/_sandbox/disputes/" + dispute + "/close", Json{{"status", end}}.dump());
    stripe.expect("charge.dispute.closed", "dispute", end);
    EXPECT_EQ(stripe.objectOf("charge.dispute.closed")["payment_intent"], id);
    const Json listed = stripe.get("/v1/disputes?payment_intent=" + id).body();
    ASSERT_EQ(listed["data"].size(), 1u);
    EXPECT_EQ(listed["data"][0]["status"], end);
  }
}

TEST(Events, AreListedByTypeTimeAndDelivery) {
  Feed stripe;
  stripe.sandbox.addWebhookEndpoint(kKey, "http://127.0.0.1:9/hook", Secret("whsec_x"));
  stripe.fault({{"kind", "drop"}, {"match", {{"type", "payment_intent.succeeded"}}}});
  stripe.payNow("pm_card_visa");
  stripe.receiver.waitFor(2);
  const auto undelivered = [&] {
    return stripe
        .get(
            "/v1/events?delivery_success=false&types[0]=payment_intent.succeeded&types[1]=charge.succeeded"
            "&created[gte]=" +
            std::to_string(toUnixSeconds(stripe.clock.now())))
        .body()["data"];
  };
  while (undelivered().size() > 1) std::this_thread::yield();  // until the receiver's answers are noted
  ASSERT_EQ(undelivered().size(), 1u);
  EXPECT_EQ(undelivered()[0]["type"], "payment_intent.succeeded");
  EXPECT_TRUE(stripe.get("/v1/events?created[gte]=" + std::to_string(toUnixSeconds(stripe.clock.now()) + 1))
                  .body()["data"]
                  .empty());
}

}  // namespace
}  // namespace checkout::test
