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

TEST(ObjectMapping, SurfacesTheAuthenticationPage) {
  Json intent = intentWith("requires_action", false);
  intent["next_action"] = {{"type", "redirect_to_url"},
                           {"redirect_to_url", {{"url", "https://bank.test/3ds"}}}};
  EXPECT_EQ(paymentFromIntent(intent, std::nullopt)->url, "https://bank.test/3ds");
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

}  // namespace
}  // namespace checkout::stripe
