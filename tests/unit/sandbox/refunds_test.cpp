#include <gmock/gmock.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

struct Paid : Simulator {
  explicit Paid(const std::string& method = "pm_card_visa") {
    intent = post("/v1/payment_intents",
                  "amount=1000&currency=usd" + kWithoutRedirects + "&confirm=true&payment_method=" + method)
                 .body();
  }
  std::string id() const { return intent["id"]; }
  std::string charge() const { return intent["latest_charge"]; }
  Json intent;
};

TEST(Refunds, GiveBackPartsUntilNothingIsLeft) {
  Paid shop;
  const Json part = shop.post("/v1/refunds", "payment_intent=" + shop.id() +
                                                 "&amount=300&reason=requested_by_customer"
                                                 "&metadata[saga]=s1")
                        .body();
  EXPECT_EQ(part["status"], "succeeded");
  EXPECT_EQ(part["amount"], 300);
  EXPECT_EQ(part["metadata"]["saga"], "s1");
  EXPECT_EQ(shop.get("/v1/charges/" + shop.charge()).body()["amount_refunded"], 300);
  EXPECT_EQ(shop.get("/v1/charges/" + shop.charge()).body()["refunded"], false);

  const Answer tooMuch = shop.post("/v1/refunds", "payment_intent=" + shop.id() + "&amount=701");
  EXPECT_EQ(tooMuch.status, 400);
  EXPECT_EQ(tooMuch.error()["param"], "amount");
  EXPECT_EQ(shop.post("/v1/refunds", "charge=" + shop.charge()).body()["amount"], 700);
  const Answer again = shop.post("/v1/refunds", "payment_intent=" + shop.id());
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(again.error()["code"], "charge_already_refunded");

  const Json charge = shop.get("/v1/charges/" + shop.charge() + "?expand[]=refunds").body();
  EXPECT_EQ(charge["refunded"], true);
  EXPECT_EQ(charge["refunds"]["data"].size(), 2u);
  EXPECT_EQ(shop.get("/v1/refunds?payment_intent=" + shop.id()).body()["data"].size(), 2u);
  EXPECT_EQ(shop.get("/v1/balance").body()["available"][0]["amount"], 0);
  EXPECT_EQ(shop.ledger()["totals"]["usd"], (Json{{"captured", 1000}, {"refunded", 1000}, {"disputed", 0}}));
  EXPECT_THAT(shop.eventTypes(), Contains("charge.refunded").Times(2));
  EXPECT_THAT(shop.eventTypes(), Contains("refund.created").Times(2));
}

TEST(Refunds, NeedAPaymentThatSucceeded) {
  Simulator stripe;
  const std::string id = stripe.post("/v1/payment_intents", "amount=1000&currency=usd").body()["id"];
  EXPECT_EQ(stripe.post("/v1/refunds", "payment_intent=" + id).status, 400);
  const Answer unknown = stripe.post("/v1/refunds", "payment_intent=pi_none");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(unknown.error()["code"], "resource_missing");
  EXPECT_EQ(unknown.error()["param"], "payment_intent");
  EXPECT_EQ(stripe.post("/v1/refunds").error()["code"], "parameter_missing");
}

TEST(Refunds, KeepWhatTheirMetadataSays) {
  Simulator stripe;
  const std::string id = stripe
                             .post("/v1/payment_intents",
                                   "amount=1000&currency=usd&confirm=true"
                                   "&payment_method=pm_card_visa" +
                                       kWithoutRedirects)
                             .body()["id"];
  const Json made =
      stripe.post("/v1/refunds", "payment_intent=" + id + "&metadata[checkout_call]=key_1").body();
  EXPECT_EQ(made["metadata"]["checkout_call"], "key_1");
  const Json listed = stripe.get("/v1/refunds?payment_intent=" + id).body();
  EXPECT_EQ(listed["data"][0]["metadata"]["checkout_call"], "key_1");
}

TEST(Refunds, MayBePendingOrFailLater) {
  Paid pending("pm_card_pendingRefund");
  const std::string id = pending.post("/v1/refunds", "payment_intent=" + pending.id()).body()["id"];
  EXPECT_EQ(pending.get("/v1/refunds/" + id).body()["status"], "pending");
  pending.advance(1min);
  EXPECT_EQ(pending.get("/v1/refunds/" + id).body()["status"], "succeeded");
  EXPECT_EQ(pending.eventTypes().back(), "refund.updated");

  Paid failing("pm_card_refundFail");
  const std::string other = failing.post("/v1/refunds", "payment_intent=" + failing.id()).body()["id"];
  EXPECT_EQ(failing.get("/v1/refunds/" + other).body()["status"], "succeeded");
  failing.advance(1min);
  EXPECT_EQ(failing.get("/v1/refunds/" + other).body()["status"], "failed");
  EXPECT_EQ(failing.get("/v1/charges/" + failing.charge()).body()["amount_refunded"], 0);
  EXPECT_EQ(failing.get("/v1/balance").body()["available"][0]["amount"], 1000);
}

TEST(Disputes, TakeTheMoneyUntilTheyAreWon) {
  Paid shop("pm_card_createDispute");
  EXPECT_THAT(shop.eventTypes(), Contains("charge.dispute.created"));
  EXPECT_EQ(shop.get("/v1/balance").body()["available"][0]["amount"], 0);
  EXPECT_EQ(shop.post("/v1/refunds", "payment_intent=" + shop.id()).error()["code"], "charge_disputed");
  const std::string id = shop.get("/v1/disputes").body()["data"][0]["id"];
  EXPECT_EQ(shop.open("POST", "/_sandbox/disputes/" + id + "/close", R"({"status":"won"})").body()["status"],
            "won");
  EXPECT_EQ(shop.get("/v1/balance").body()["available"][0]["amount"], 1000);
  EXPECT_THAT(shop.eventTypes(), Contains("charge.dispute.closed"));
}

TEST(Disputes, CanBeOpenedByHand) {
  Paid shop;
  const Json dispute = shop.open("POST", "/_sandbox/charges/" + shop.charge() + "/dispute").body();
  EXPECT_EQ(dispute["status"], "needs_response");
  EXPECT_EQ(shop.open("POST", "/_sandbox/charges/" + shop.charge() + "/dispute").status, 400);
  EXPECT_EQ(shop.ledger()["totals"]["usd"]["disputed"], 1000);
}

}  // namespace
}  // namespace checkout::test
