#include "stripe/webhook_verifier.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using testing::demoTenant;
using testing::ManualClock;

const std::string kBody =
    R"({"id":"evt_1","object":"event","type":"checkout.session.completed","livemode":false,)"
    R"("created":1799999990,"data":{"object":{"id":"cs_1","object":"checkout.session",)"
    R"("payment_intent":"pi_1","client_secret":"cs_1_hidden","metadata":{"saga_id":"saga_1"}}}})";

std::string sign(const std::string& secret, const std::string& time, const std::string& body) {
  return hmacSha256Hex(Secret(secret), time + "." + body);
}

class WebhookVerifier : public ::testing::Test {
 protected:
  std::string time(std::int64_t offsetSeconds = 0) const {
    return std::to_string(toUnixSeconds(clock.now()) + offsetSeconds);
  }
  std::string header(const std::string& body, std::int64_t offsetSeconds = 0,
                     const std::string& secret = "whsec_one") const {
    const auto t = time(offsetSeconds);
    return "t=" + t + ",v1=" + sign(secret, t, body);
  }
  std::string verdict(const std::string& body, const std::string& signatureHeader) const {
    auto event = verifier->verify(tenant, body, signatureHeader);
    if (!event.ok()) return std::string(toString(event.error().code));
    return event->isForeign ? "foreign" : "accepted";
  }
  PaymentEvent parse(const std::string& object) const {
    const std::string body =
        R"({"id":"evt_2","object":"event","type":"some.type","livemode":false,"data":{"object":)" + object +
        "}}";
    auto event = verifier->verify(tenant, body, header(body));
    EXPECT_TRUE(event.ok()) << object;
    return event.ok() ? *event : PaymentEvent{};
  }

  ManualClock clock;
  Tenant tenant = demoTenant();
  std::unique_ptr<PaymentEventVerifier> verifier = makeWebhookVerifier(clock);
};

TEST_F(WebhookVerifier, AcceptsWhatIsSignedWithTheTenantsSecret) {
  auto event = verifier->verify(tenant, kBody, header(kBody));
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->id, "evt_1");
  EXPECT_EQ(event->type, "checkout.session.completed");
  EXPECT_FALSE(event->livemode);
  EXPECT_EQ(event->objectId, "cs_1");
  EXPECT_EQ(event->sessionId, "cs_1");
  EXPECT_EQ(event->paymentIntentId, "pi_1");
  EXPECT_EQ(event->sagaId, SagaId{"saga_1"});
  EXPECT_EQ(event->createdAt, fromUnixSeconds(1'799'999'990));
  EXPECT_EQ(Json::parse(event->payload)["data"]["object"]["id"], "cs_1");
  EXPECT_EQ(event->payload.find("hidden"), std::string::npos);
}

TEST_F(WebhookVerifier, AcceptsEverySecretDuringARotation) {
  EXPECT_EQ(verdict(kBody, header(kBody, 0, "whsec_two")), "accepted");
  EXPECT_EQ(verdict(kBody, header(kBody, 0, "whsec_three")), "UNAUTHENTICATED");
}

TEST_F(WebhookVerifier, AcceptsIfAnyOfSeveralSignaturesFits) {
  const auto good = sign("whsec_one", time(), kBody);
  EXPECT_EQ(verdict(kBody, "t=" + time() + ",v1=" + std::string(64, '0') + ",v1=" + good + ",v0=junk"),
            "accepted");
  EXPECT_EQ(verdict(kBody, "v1=" + good + ",t=" + time()), "accepted");
}

TEST_F(WebhookVerifier, TrustsNoOtherScheme) {
  EXPECT_EQ(verdict(kBody, "t=" + time() + ",v0=" + sign("whsec_one", time(), kBody)), "UNAUTHENTICATED");
}

TEST_F(WebhookVerifier, RefusesTamperedBodies) {
  std::string tampered = kBody;
  tampered += ' ';
  EXPECT_EQ(verdict(tampered, header(kBody)), "UNAUTHENTICATED");
  EXPECT_EQ(verdict("", header(kBody)), "UNAUTHENTICATED");
}

TEST_F(WebhookVerifier, RefusesATimestampThatWasNotSigned) {
  EXPECT_EQ(verdict(kBody, "t=" + time(1) + ",v1=" + sign("whsec_one", time(), kBody)), "UNAUTHENTICATED");
  EXPECT_EQ(verdict(kBody, "t=" + time() + ",t=" + time(1) + ",v1=" + sign("whsec_one", time(), kBody)),
            "UNAUTHENTICATED");
}

TEST_F(WebhookVerifier, ToleratesFiveMinutesEitherWay) {
  EXPECT_EQ(verdict(kBody, header(kBody, -300)), "accepted");
  EXPECT_EQ(verdict(kBody, header(kBody, 300)), "accepted");
  EXPECT_EQ(verdict(kBody, header(kBody, -301)), "UNAUTHENTICATED");
  EXPECT_EQ(verdict(kBody, header(kBody, 301)), "UNAUTHENTICATED");
}

TEST_F(WebhookVerifier, RefusesMalformedHeaders) {
  for (const char* text :
       {"", ",", "t=", "t=abc,v1=00", "v1=00", "t=99999999999999999999,v1=00", "t=-", "t=1.5,v1=0", "t"})
    EXPECT_EQ(verdict(kBody, text), "UNAUTHENTICATED") << text;
  EXPECT_EQ(verdict(kBody, header(kBody) + "," + std::string(8192, 'x')), "UNAUTHENTICATED");
}

TEST_F(WebhookVerifier, TrustsNoEmptySecret) {
  tenant.stripe.webhookSecrets = {Secret("")};
  EXPECT_EQ(verdict(kBody, header(kBody, 0, "")), "UNAUTHENTICATED");
  tenant.stripe.webhookSecrets.clear();
  EXPECT_EQ(verdict(kBody, header(kBody)), "UNAUTHENTICATED");
}

// A platform's endpoint hears of all its accounts, and a live one of test events too.
TEST_F(WebhookVerifier, TellsEventsOfTheOtherMode) {
  tenant.stripe.livemode = true;
  EXPECT_EQ(verdict(kBody, header(kBody)), "foreign");
  EXPECT_EQ(verdict(kBody, header(kBody, 0, "whsec_three")), "UNAUTHENTICATED")
      << "the signature comes first";
}

TEST_F(WebhookVerifier, TellsEventsOfAnotherAccount) {
  std::string body = kBody;
  body.insert(1, R"("account":"acct_1",)");
  EXPECT_EQ(verdict(body, header(body)), "foreign");
  tenant.stripe.account = "acct_1";
  EXPECT_EQ(verdict(body, header(body)), "accepted");
  EXPECT_EQ(verdict(kBody, header(kBody)), "foreign");
  tenant.stripe.account = "acct_2";
  EXPECT_EQ(verdict(body, header(body)), "foreign");
}

TEST_F(WebhookVerifier, TakesThinEventsAndSaysHowToGetWholeOnes) {
  const std::string body =
      R"({"id":"evt_2","object":"v2.core.event","type":"v1.checkout.session.completed","livemode":false,
          "created":"2027-01-15T08:00:00.000Z","related_object":{"id":"cs_1","type":"checkout.session"}})";
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(verdict(body, header(body)), "foreign");
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("payload style \"snapshot\""), std::string::npos);
}

TEST_F(WebhookVerifier, RefusesAuthenticBodiesThatAreNoEvents) {
  for (const std::string body :
       {"{", "[]", "{}", R"({"id":"evt_1","object":"event","type":"x","livemode":false})",
        R"({"id":"evt_1","object":"event","type":"x","data":{"object":{}}})"})
    EXPECT_EQ(verdict(body, header(body)), "VALIDATION_FAILED") << body;
  const std::string huge(256 * 1024 + 1, ' ');
  EXPECT_EQ(verdict(huge, header(huge)), "VALIDATION_FAILED");
}

TEST_F(WebhookVerifier, NamesTheSessionAndTheIntentThatAnEventIsAbout) {
  EXPECT_EQ(parse(R"({"id":"pi_1","object":"payment_intent"})").paymentIntentId, "pi_1");
  EXPECT_EQ(parse(R"({"id":"ch_1","object":"charge","payment_intent":"pi_2"})").paymentIntentId, "pi_2");
  EXPECT_EQ(parse(R"({"id":"re_1","object":"refund","payment_intent":{"id":"pi_3"}})").paymentIntentId,
            "pi_3");
  EXPECT_EQ(parse(R"({"id":"dp_1","object":"dispute","payment_intent":null})").paymentIntentId, std::nullopt);
  EXPECT_EQ(parse(R"({"id":"cs_1","object":"checkout.session","payment_intent":null})").sessionId, "cs_1");
  EXPECT_EQ(parse(R"({"id":"cus_1","object":"customer"})").objectId, "cus_1");
  EXPECT_EQ(parse(R"({"object":"balance"})").objectId, "");
}

}  // namespace
}  // namespace checkout::stripe
