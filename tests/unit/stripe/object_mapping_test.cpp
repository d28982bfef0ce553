#include "stripe/object_mapping.hpp"

#include <gtest/gtest.h>

#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using testing::intentObject;
using testing::sessionObject;

const Json kDecline = Json::parse(
    R"({"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","message":"No.",
        "payment_method":{"id":"pm_1","client_secret":"hidden"}})");

Json intentWith(const char* status, bool declinedBefore) {
  Json intent = intentObject();
  intent["status"] = status;
  if (declinedBefore) intent["last_payment_error"] = kDecline;
  return intent;
}

TEST(ObjectMapping, TellsTheStateOfAnIntent) {
  struct Row {
    const char* status;
    bool declinedBefore;
    PaymentState state;
  };
  for (const Row& row : {Row{"requires_payment_method", false, PaymentState::Open},
                         {"requires_payment_method", true, PaymentState::Declined},
                         {"requires_confirmation", false, PaymentState::Open},
                         {"requires_action", false, PaymentState::RequiresAction},
                         {"requires_action", true, PaymentState::RequiresAction},
                         {"processing", false, PaymentState::Processing},
                         {"requires_capture", false, PaymentState::Processing},
                         {"succeeded", false, PaymentState::Paid},
                         {"succeeded", true, PaymentState::Paid},
                         {"canceled", false, PaymentState::Canceled},
                         {"something_new", false, PaymentState::Processing}}) {
    auto fact = paymentFromIntent(intentWith(row.status, row.declinedBefore), "req_1");
    ASSERT_TRUE(fact.ok()) << row.status;
    EXPECT_EQ(fact->state, row.state) << row.status << " declined before: " << row.declinedBefore;
    EXPECT_EQ(fact->lastError.has_value(), row.declinedBefore && row.state != PaymentState::Paid)
        << row.status;
  }
}

TEST(ObjectMapping, TellsWhetherSomethingWentBack) {
  const auto factWith = [](const Json& charge) {
    Json intent = intentObject();
    intent["latest_charge"] = charge;
    return *paymentFromIntent(intent, "req_1");
  };
  const Json whole = {{"id", "ch_1"}, {"amount_refunded", 0}, {"disputed", false}};
  Json refunded = whole, disputed = whole;
  refunded["amount_refunded"] = 100;
  disputed["disputed"] = true;
  EXPECT_FALSE(factWith(whole).hasReversals);
  EXPECT_TRUE(factWith(refunded).hasReversals);
  EXPECT_TRUE(factWith(disputed).hasReversals);
  EXPECT_FALSE(factWith("ch_1").hasReversals);
  EXPECT_EQ(factWith(refunded).object["latest_charge"], "ch_1") << "tools show the id, as without the charge";
}

TEST(ObjectMapping, TellsTheStateOfASession) {
  struct Row {
    const char *status, *paymentStatus;
    Json intent;
    PaymentState state;
  };
  const Row rows[] = {
      {"open", "unpaid", nullptr, PaymentState::Open},
      {"open", "unpaid", "pi_1", PaymentState::Open},
      {"open", "unpaid", intentWith("requires_payment_method", false), PaymentState::Open},
      {"open", "unpaid", intentWith("requires_payment_method", true), PaymentState::Declined},
      {"open", "unpaid", intentWith("requires_action", false), PaymentState::Open},
      {"open", "no_payment_required", nullptr, PaymentState::Open},
      {"complete", "paid", "pi_1", PaymentState::Paid},
      {"complete", "paid", intentWith("succeeded", true), PaymentState::Paid},
      {"complete", "no_payment_required", nullptr, PaymentState::Paid},
      {"complete", "unpaid", "pi_1", PaymentState::Processing},
      {"complete", "unpaid", intentWith("processing", false), PaymentState::Processing},
      {"complete", "unpaid", intentWith("requires_payment_method", true), PaymentState::Canceled},
      {"complete", "unpaid", intentWith("requires_payment_method", false), PaymentState::Canceled},
      {"complete", "unpaid", intentWith("requires_action", false), PaymentState::Processing},
      {"complete", "unpaid", intentWith("canceled", false), PaymentState::Canceled},
      {"expired", "unpaid", nullptr, PaymentState::Expired},
      {"expired", "unpaid", intentWith("requires_payment_method", true), PaymentState::Expired},
      {"expired", "paid", "pi_1", PaymentState::Paid},
      {"something_new", "unpaid", nullptr, PaymentState::Processing},
  };
  for (const Row& row : rows) {
    Json session = sessionObject();
    session["status"] = row.status;
    session["payment_status"] = row.paymentStatus;
    session["payment_intent"] = row.intent;
    auto fact = paymentFromSession(session, std::nullopt);
    ASSERT_TRUE(fact.ok());
    EXPECT_EQ(fact->state, row.state) << row.status << " " << row.paymentStatus << " " << row.intent.dump();
    EXPECT_EQ(fact->paymentIntentId.has_value(), !row.intent.is_null());
  }
}

TEST(ObjectMapping, KeepsWhatDecisionsNeedFromASession) {
  Json session = sessionObject();
  session["payment_intent"] = intentWith("requires_payment_method", true);
  session["invented_tomorrow"] = {{"x", 1}};
  auto fact = paymentFromSession(session, "req_9");
  ASSERT_TRUE(fact.ok());
  EXPECT_EQ(fact->kind, PaymentFact::Kind::Session);
  EXPECT_EQ(fact->sessionId, "cs_test_1");
  EXPECT_EQ(fact->paymentIntentId, "pi_1");
  EXPECT_EQ(fact->url, "https://checkout.test/pay/cs_test_1");
  EXPECT_EQ(fact->expiresAt, fromUnixSeconds(1'800'001'800));
  EXPECT_EQ(fact->amount, (Money{3000, {"usd"}}));
  EXPECT_EQ(fact->amountReceived, (Money{0, {"usd"}}));
  EXPECT_EQ(fact->tenantId, TenantId{"demo_store"});
  EXPECT_EQ(fact->sagaId, SagaId{"saga_1"});
  EXPECT_EQ(fact->attempt, 2);
  EXPECT_EQ(fact->requestId, "req_9");
  ASSERT_TRUE(fact->lastError);
  EXPECT_EQ(fact->lastError->code, ErrorCode::PaymentDeclined);
  EXPECT_EQ(fact->object["invented_tomorrow"]["x"], 1);
}

TEST(ObjectMapping, ReadsWhatThePageCameTo) {
  Json session = sessionObject();
  EXPECT_FALSE(paymentFromSession(session, std::nullopt)->page) << "without all sums none is judged";
  session["amount_subtotal"] = 3000;
  session["amount_total"] = 4000;
  session["total_details"] = {{"amount_discount", 200}, {"amount_shipping", 500}, {"amount_tax", 700}};
  session["shipping_cost"] = {
      {"amount_subtotal", 500}, {"amount_tax", 95}, {"amount_total", 595}, {"shipping_rate", "shr_2"}};
  session["shipping_options"] = {{{"shipping_amount", 300}, {"shipping_rate", "shr_1"}},
                                 {{"shipping_amount", 500}, {"shipping_rate", {{"id", "shr_2"}}}}};
  const auto page = paymentFromSession(session, std::nullopt)->page;
  ASSERT_TRUE(page);
  EXPECT_EQ(page->sums.subtotal, (Money{3000, {"usd"}}));
  EXPECT_EQ(page->sums.shipping.amount, 500) << "without the tax on it";
  EXPECT_EQ(page->sums.tax.amount, 700);
  EXPECT_EQ(page->sums.discount.amount, 200);
  EXPECT_EQ(page->sums.total.amount, 4000);
  EXPECT_EQ(page->shippingOption, 1u);
  for (const Json& odd :
       {Json(nullptr), Json("shr_2"), Json::array({1}), Json::array({{{"shipping_rate", 2}}})}) {
    session["shipping_options"] = odd;
    EXPECT_FALSE(paymentFromSession(session, std::nullopt)->page->shippingOption) << odd;
  }
}

TEST(ObjectMapping, KeepsNoClientSecretAtAnyDepth) {
  Json session = sessionObject();
  session["payment_intent"] = intentWith("requires_payment_method", true);
  auto fact = paymentFromSession(session, std::nullopt);
  ASSERT_TRUE(fact.ok());
  EXPECT_EQ(fact->object.dump().find("secret"), std::string::npos) << fact->object.dump();
}

TEST(ObjectMapping, CountsReceivedMoneyOnlyOnceItIsPaid) {
  Json session = sessionObject();
  session["status"] = "complete";
  session["payment_status"] = "paid";
  session["payment_intent"] = "pi_1";
  EXPECT_EQ(paymentFromSession(session, std::nullopt)->amountReceived.amount, 3000);
  session["payment_intent"] = intentWith("succeeded", false);
  session["payment_intent"]["amount_received"] = 2900;
  EXPECT_EQ(paymentFromSession(session, std::nullopt)->amountReceived.amount, 2900);
  session["payment_status"] = "no_payment_required";
  EXPECT_EQ(paymentFromSession(session, std::nullopt)->amountReceived.amount, 0);
}

TEST(ObjectMapping, TellsWhereThePageWasToldToShip) {
  Json session = sessionObject();
  EXPECT_FALSE(paymentFromSession(session, std::nullopt)->collectedAddress);
  session["collected_information"] = {{"shipping_details",
                                       {{"name", "Jo Müller"},
                                        {"address",
                                         {{"line1", "1 Long Street"},
                                          {"line2", nullptr},
                                          {"city", "Berlin"},
                                          {"state", nullptr},
                                          {"postal_code", "10115"},
                                          {"country", "DE"}}}}}};
  session["customer_details"] = {{"phone", "+49301234"}};
  EXPECT_EQ(paymentFromSession(session, std::nullopt)->collectedAddress, testing::demoAddress());
}

TEST(ObjectMapping, SurfacesThePageOnWhichAnIntentGoesOn) {
  Json intent = intentWith("requires_action", false);
  const auto urlOf = [&](const char* nextAction) {
    intent["next_action"] = Json::parse(nextAction);
    return paymentFromIntent(intent, std::nullopt)->url;
  };
  EXPECT_EQ(urlOf(R"({"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.test/3ds"}})"),
            "https://bank.test/3ds");
  EXPECT_EQ(urlOf(R"({"type": "oxxo_display_details",
                      "oxxo_display_details": {"hosted_voucher_url": "https://voucher.test"}})"),
            "https://voucher.test");
  EXPECT_EQ(urlOf(R"({"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}})"),
            std::nullopt);
  EXPECT_EQ(urlOf(R"({"type": "of_tomorrow"})"), std::nullopt);
  EXPECT_EQ(urlOf("null"), std::nullopt);
}

TEST(ObjectMapping, LeavesAForeignObjectWithoutAnOwner) {
  Json intent = intentObject();
  intent["metadata"] = {{"attempt", "many"}};
  auto fact = paymentFromIntent(intent, std::nullopt);
  ASSERT_TRUE(fact.ok());
  EXPECT_FALSE(fact->tenantId);
  EXPECT_FALSE(fact->sagaId);
  EXPECT_EQ(fact->attempt, 0);
}

TEST(ObjectMapping, RefusesWhatIsNotTheObjectAskedFor) {
  EXPECT_FALSE(paymentFromSession(intentObject(), std::nullopt).ok());
  EXPECT_FALSE(paymentFromIntent(sessionObject(), std::nullopt).ok());
  EXPECT_FALSE(paymentFromIntent(Json(), std::nullopt).ok());
  for (const char* name : {"id", "livemode", "amount", "currency"}) {
    Json intent = intentObject();
    intent.erase(name);
    EXPECT_FALSE(paymentFromIntent(intent, std::nullopt).ok()) << name;
  }
  EXPECT_FALSE(refundFromObject(intentObject(), std::nullopt).ok());
}

TEST(ObjectMapping, ReadsARefund) {
  auto fact = refundFromObject(Json::parse(R"({"id":"re_1","object":"refund","amount":700,"currency":"usd",
      "status":"pending","payment_intent":"pi_1"})"),
                               "req_2");
  ASSERT_TRUE(fact.ok());
  EXPECT_EQ(fact->refundId, "re_1");
  EXPECT_EQ(fact->status, "pending");
  EXPECT_EQ(fact->amount, (Money{700, {"usd"}}));
  EXPECT_EQ(fact->paymentIntentId, "pi_1");
}

TEST(ObjectMapping, ReadsADispute) {
  const Json object = Json::parse(R"({"id":"du_1","object":"dispute","amount":700,"currency":"usd",
      "reason":"product_not_received","status":"under_review","payment_intent":"pi_1"})");
  const auto fact = disputeFromObject(object, "req_2");
  ASSERT_TRUE(fact.ok());
  EXPECT_EQ(fact->disputeId, "du_1");
  EXPECT_EQ(fact->status, "under_review");
  EXPECT_EQ(fact->reason, "product_not_received");
  EXPECT_EQ(fact->amount, (Money{700, {"usd"}}));
  for (const char* name : {"id", "object", "amount", "status"}) {
    Json broken = object;
    broken.erase(name);
    const auto refused = disputeFromObject(broken, "req_2");
    ASSERT_FALSE(refused.ok()) << name;
    EXPECT_EQ(refused.error().details["requestId"], "req_2");
  }
}

Json eventOf(const Json& object) {
  return {{"id", "evt_1"},     {"object", "event"},        {"type", "charge.refunded"},
          {"livemode", false}, {"created", 1'800'000'123}, {"data", {{"object", object}}}};
}

TEST(ObjectMapping, ReadsAnEventWithItsTimeAndTheSagaThatItHintsAt) {
  const auto event = eventFromObject(eventOf({{"id", "ch_1"},
                                              {"object", "charge"},
                                              {"payment_intent", "pi_1"},
                                              {"metadata", {{"saga_id", "saga_1"}, {"attempt", "1"}}}}));
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->id, "evt_1");
  EXPECT_EQ(event->type, "charge.refunded");
  EXPECT_EQ(event->createdAt, fromUnixSeconds(1'800'000'123));
  EXPECT_EQ(event->sagaId, SagaId{"saga_1"});
  EXPECT_EQ(event->paymentIntentId, "pi_1");
  EXPECT_EQ(event->objectId, "ch_1");
  EXPECT_FALSE(event->account);
  EXPECT_FALSE(event->sessionId);
}

TEST(ObjectMapping, HintsAtNoSagaWhereTheMetadataNamesNone) {
  for (const Json& metadata : {Json(), Json::object(), Json{{"saga_id", 7}}, Json{{"order_id", "o_1"}}}) {
    const auto event =
        eventFromObject(eventOf({{"id", "du_1"}, {"object", "dispute"}, {"metadata", metadata}}));
    ASSERT_TRUE(event.ok());
    EXPECT_FALSE(event->sagaId) << metadata.dump();
  }
}

TEST(ObjectMapping, KeepsAnEventAsItCameButForTheClientSecrets) {
  Json session = sessionObject();
  session["payment_intent"] = intentWith("requires_payment_method", true);
  session["lines"] = Json::array({{{"client_secret", "deep_secret"}, {"kept", 1}}});
  Json event = eventOf(session);
  event["data"]["previous_attributes"] = {{"client_secret", "old_secret"}, {"status", "open"}};
  const auto fact = eventFromObject(event);
  ASSERT_TRUE(fact.ok());
  EXPECT_EQ(fact->payload.find("secret"), std::string::npos) << fact->payload;
  const Json payload = Json::parse(fact->payload);
  EXPECT_EQ(payload["id"], "evt_1");
  EXPECT_EQ(payload["data"]["object"]["lines"][0]["kept"], 1);
  EXPECT_EQ(payload["data"]["object"]["metadata"], session["metadata"]);
  EXPECT_EQ(payload["data"]["previous_attributes"]["status"], "open");
  // What was stored can be read again.
  const auto again = eventFromObject(payload);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->payload, fact->payload);
  EXPECT_EQ(again->sessionId, "cs_test_1");
}

TEST(ObjectMapping, RefusesWhatIsNoEvent) {
  for (const char* name : {"id", "object", "type", "livemode", "data"}) {
    Json event = eventOf(sessionObject());
    event.erase(name);
    const auto refused = eventFromObject(event);
    ASSERT_FALSE(refused.ok()) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::ValidationFailed);
  }
}

}  // namespace
}  // namespace checkout::stripe
