// Every request that the gateway can make, in every variant that configuration and checkouts lead to.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stripe/gateway.hpp"
#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using testing::answer;
using ::testing::Contains;
using testing::decodeForm;
using testing::demoRequest;
using testing::demoTenant;
using ::testing::ElementsAre;
using testing::Fields;
using testing::intentObject;
using testing::ManualClock;
using ::testing::Not;
using ::testing::Pair;
using testing::ScriptedHttp;
using testing::sessionObject;
using ::testing::StartsWith;

class EveryRequest : public ::testing::Test {
 protected:
  EveryRequest() : gateway(makeStripeGateway(http, clock, {Milliseconds{1000}, 1})) {}

  // Sends it; what the answer would be doesn't matter here.
  Fields send(const GatewayCall& call) {
    gateway->execute(tenant, call);
    EXPECT_EQ(http.sent.back().request.method, "POST");
    return decodeForm(http.sent.back().request.body);
  }
  Fields session() { return send(gateway->planCreateSession(tenant, request, "key")); }
  Fields intent() { return send(gateway->planCreateIntent(tenant, request, "key")); }
  static Fields queryOf(const std::string& target) { return decodeForm(target.substr(target.find('?') + 1)); }

  static ShippingSelection service(const char* id, std::int64_t price, int minDays, int maxDays) {
    return {"post", "Post", id, id, {price, {"usd"}}, minDays, maxDays};
  }
  void useEveryOption() {
    tenant.stripe.statementDescriptorSuffix = "MUGS";
    tenant.stripe.locale = "pt-BR";
    tenant.stripe.paymentMethodTypes = {"card", "sepa_debit"};
    request.shippingAddress =
        Address{"Jo", "1 Street", "Floor 2", "Berlin", "BE", "10115", "DE", "+49301234"};
    request.expiresAt = fromUnixSeconds(1'800'001'800);
    request.paymentMethodId = "pm_card_visa";
    request.returnUrl = "https://shop.test/return";
    request.lines.resize(1);
    request.choices = {true, true, {service("parcel", 490, 2, 4), service("express", 1490, 0, 1)}};
  }

  ManualClock clock;
  ScriptedHttp http;
  Tenant tenant = demoTenant();
  PaymentRequest request = demoRequest();
  std::unique_ptr<PaymentGateway> gateway;
};

TEST_F(EveryRequest, OpensASessionWithTheLeastThereIs) {
  request.lines = {{"Book", "", std::nullopt, {900, {"usd"}}, 1}};
  request.email.clear();
  EXPECT_THAT(session(), Contains(Pair("automatic_tax[enabled]", "false")));
}

TEST_F(EveryRequest, OpensASessionThatAsksWhereToShip) {
  useEveryOption();
  request.goodsToShip = true;
  EXPECT_THAT(session(), Contains(Pair("shipping_address_collection[allowed_countries][0]", "DE")));
}

TEST_F(EveryRequest, OpensASessionWithAllThereIs) {
  useEveryOption();
  const Fields fields = session();
  const Fields expected = {
      {"shipping_options[0][shipping_rate_data][type]", "fixed_amount"},
      {"shipping_options[0][shipping_rate_data][display_name]", "Post parcel"},
      {"shipping_options[0][shipping_rate_data][fixed_amount][amount]", "490"},
      {"shipping_options[0][shipping_rate_data][fixed_amount][currency]", "usd"},
      {"shipping_options[0][shipping_rate_data][delivery_estimate][minimum][unit]", "business_day"},
      {"shipping_options[0][shipping_rate_data][delivery_estimate][minimum][value]", "2"},
      {"shipping_options[0][shipping_rate_data][delivery_estimate][maximum][unit]", "business_day"},
      {"shipping_options[0][shipping_rate_data][delivery_estimate][maximum][value]", "4"},
      {"shipping_options[0][shipping_rate_data][tax_behavior]", "exclusive"},
      {"shipping_options[0][shipping_rate_data][tax_code]", "txcd_92010001"},
      {"shipping_options[0][shipping_rate_data][metadata][carrier_id]", "post"},
      {"shipping_options[0][shipping_rate_data][metadata][service_id]", "parcel"},
      {"allow_promotion_codes", "true"},
      {"automatic_tax[enabled]", "true"},
      {"line_items[0][price_data][tax_behavior]", "exclusive"},
      {"allowed_payment_method_types[1]", "sepa_debit"},
      {"locale", "pt-BR"},
      {"payment_intent_data[statement_descriptor_suffix]", "MUGS"},
  };
  for (const auto& [name, value] : expected) EXPECT_THAT(fields, Contains(Pair(name, value)));
  EXPECT_THAT(fields, Not(Contains(::testing::Key(
                          "shipping_options[1][shipping_rate_data][delivery_estimate][minimum][value]"))))
      << "Stripe takes no zero days";
}

TEST_F(EveryRequest, OpensASessionForEachOptionByItself) {
  for (const PageChoices& choices :
       {PageChoices{true, false, {}}, {false, true, {}}, {false, false, {service("parcel", 0, 0, 0)}}}) {
    request = demoRequest();
    request.choices = choices;
    session();
  }
  request = demoRequest();
  request.lines[1].kind = PaymentLine::Kind::Shipping;
  request.choices.automaticTax = true;
  EXPECT_THAT(session(),
              Contains(Pair("line_items[1][price_data][product_data][tax_code]", "txcd_92010001")));
}

TEST_F(EveryRequest, ShowsPicturesFromTheWebOnly) {
  for (const char* address :
       {"data:image/png;base64,AAAA", "/mug.png", "javascript:alert(1)", "file:///etc"}) {
    request.lines[0].imageUrl = address;
    EXPECT_THAT(session(),
                Not(Contains(::testing::Key("line_items[0][price_data][product_data][images][0]"))))
        << address;
  }
}

TEST_F(EveryRequest, KeepsStripesPlaceholderInTheReturnAddress) {
  request.successUrl = "https://shop.test/ok?a=1&session={CHECKOUT_SESSION_ID}";
  EXPECT_THAT(session(), Contains(Pair("success_url", request.successUrl)));
}

TEST_F(EveryRequest, StaysWithinStripesLimitsOfMetadata) {
  request.tenantId.value = std::string(64, 't');  // as long as a configuration allows
  request.sagaId = newSagaId();
  request.orderId = newOrderId();
  request.attempt = 1'000'000;
  for (const Fields& fields : {session(), intent()})
    for (const auto& [name, value] : fields) {
      if (name.find("metadata") == std::string::npos) continue;
      EXPECT_LE(value.size(), 500u) << name;
      EXPECT_LE(name.size() - name.rfind('[') - 2, 40u) << name;
    }
}

TEST_F(EveryRequest, CreatesIntents) {
  EXPECT_THAT(intent(), Contains(Pair("allowed_payment_method_types[0]", "card")));
  useEveryOption();
  const Fields fields = intent();
  EXPECT_THAT(fields, Not(Contains(::testing::Key("allow_promotion_codes"))));
  EXPECT_THAT(fields, Contains(Pair("payment_method", "pm_card_visa")));
}

TEST_F(EveryRequest, ChangesWhatExists) {
  send(gateway->planExpireSession(tenant, "cs_test_1", "key"));
  send(gateway->planCancelIntent(tenant, "pi_1", "key"));
  send(gateway->planConfirmIntent(tenant, {"pi_1", Json::object()}, "key"));
  send(gateway->planRefund(tenant, request.sagaId, "pi_1", std::nullopt, "key"));
  send(gateway->planRefund(tenant, request.sagaId, "pi_1", Money{700, {"usd"}}, "key"));
  std::set<std::string> paths;
  for (const auto& sent : http.sent) paths.insert(sent.request.target);
  EXPECT_THAT(paths, ElementsAre("/v1/checkout/sessions/cs_test_1/expire", "/v1/payment_intents/pi_1/cancel",
                                 "/v1/payment_intents/pi_1/confirm", "/v1/refunds"));
}

TEST_F(EveryRequest, Reads) {
  const auto page = [](Json data) {
    return answer(200, Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}}.dump());
  };
  Json intent = intentObject();
  intent["status"] = "succeeded";
  http.script = {answer(200, sessionObject().dump()),
                 answer(200, intentObject().dump()),
                 page({intent}),  // the search, and what follows from what it finds
                 page({sessionObject()}),
                 answer(200, sessionObject().dump()),
                 page(Json::array()),  // lines of a page
                 page(Json::array()),  // refunds
                 page(Json::array()),  // disputes
                 page(Json::array()),
                 answer(200, R"({"object":"account","id":"acct_1"})")};
  EXPECT_TRUE(gateway->retrieveSession(tenant, "cs_test_1").ok());
  EXPECT_TRUE(gateway->retrieveIntent(tenant, "pi_1").ok());
  EXPECT_TRUE(gateway->findPayment(tenant, request.sagaId, 2, TimePoint{}).ok());
  EXPECT_TRUE(gateway->listPageLines(tenant, "cs_test_1").ok());
  EXPECT_TRUE(gateway->retrieveReversals(tenant, "pi_1").ok());
  EXPECT_TRUE(
      gateway->listEvents(tenant, {{"charge.refunded"}, clock.now(), clock.now(), true, "evt_1"}).ok());
  EXPECT_TRUE(gateway->account(tenant).ok());
  EXPECT_TRUE(http.script.empty());
  EXPECT_THAT(queryOf(http.sent[0].request.target),
              ElementsAre(Pair("expand[0]", "payment_intent.latest_charge")));
}

}  // namespace
}  // namespace checkout::stripe
