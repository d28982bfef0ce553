#include "stripe/session_parameters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using ::testing::Contains;
using testing::decodeForm;
using testing::demoAddress;
using testing::demoRequest;
using testing::demoTenant;
using ::testing::ElementsAreArray;
using testing::Fields;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

TEST(SessionParameters, DescribeThePaymentCompletely) {
  Tenant tenant = demoTenant();
  tenant.stripe.statementDescriptorSuffix = "MUGS";
  tenant.stripe.locale = "de";
  tenant.stripe.paymentMethodTypes = {"card", "sepa_debit"};
  PaymentRequest request = demoRequest();
  request.shippingAddress = demoAddress();
  request.expiresAt = fromUnixMillis(1'800'001'800'999);

  const Fields expected = {
      {"mode", "payment"},
      {"ui_mode", "hosted_page"},
      {"line_items[0][price_data][currency]", "usd"},
      {"line_items[0][price_data][unit_amount]", "1250"},
      {"line_items[0][price_data][product_data][name]", "Mug & Co"},
      {"line_items[0][price_data][product_data][description]", "Blue, 0.3 l"},
      {"line_items[0][price_data][product_data][images][0]", "https://shop.test/mug.png"},
      {"line_items[0][quantity]", "2"},
      {"line_items[1][price_data][currency]", "usd"},
      {"line_items[1][price_data][unit_amount]", "500"},
      {"line_items[1][price_data][product_data][name]", "Shipping"},
      {"line_items[1][quantity]", "1"},
      {"automatic_tax[enabled]", "false"},
      {"client_reference_id", "saga_1"},
      {"metadata[saga_id]", "saga_1"},
      {"metadata[tenant_id]", "demo_store"},
      {"metadata[order_id]", "order_1"},
      {"metadata[attempt]", "2"},
      {"payment_intent_data[metadata][saga_id]", "saga_1"},
      {"payment_intent_data[metadata][tenant_id]", "demo_store"},
      {"payment_intent_data[metadata][order_id]", "order_1"},
      {"payment_intent_data[metadata][attempt]", "2"},
      {"payment_intent_data[description]", "Order order_1"},
      {"payment_intent_data[shipping][name]", "Jo Müller"},
      {"payment_intent_data[shipping][phone]", "+49301234"},
      {"payment_intent_data[shipping][address][line1]", "1 Long Street"},
      {"payment_intent_data[shipping][address][city]", "Berlin"},
      {"payment_intent_data[shipping][address][postal_code]", "10115"},
      {"payment_intent_data[shipping][address][country]", "DE"},
      {"payment_intent_data[statement_descriptor_suffix]", "MUGS"},
      {"customer_email", "jo+shop@example.com"},
      {"success_url", "https://shop.test/ok?session={CHECKOUT_SESSION_ID}"},
      {"cancel_url", "https://shop.test/no"},
      {"expires_at", "1800001800"},
      {"locale", "de"},
      {"allowed_payment_method_types[0]", "card"},
      {"allowed_payment_method_types[1]", "sepa_debit"},
  };
  EXPECT_THAT(decodeForm(createSessionBody(tenant, request)), ElementsAreArray(expected));
}

TEST(SessionParameters, LeaveOutWhatIsNotKnown) {
  PaymentRequest request = demoRequest();
  request.email = "";
  request.shippingAddress = demoAddress();
  request.shippingAddress->name = "";  // Stripe refuses a delivery without a recipient
  const Fields fields = decodeForm(createSessionBody(demoTenant(), request));
  for (const char* name :
       {"customer_email", "expires_at", "locale", "allowed_payment_method_types",
        "payment_intent_data[shipping]", "payment_intent_data[statement_descriptor_suffix]"})
    EXPECT_THAT(fields, Not(Contains(Pair(StartsWith(name), ::testing::_)))) << name;
}

TEST(SessionParameters, TellOfNoDeliveryWithoutAStreet) {
  PaymentRequest request = demoRequest();
  request.shippingAddress = Address{"Jo Müller", "", "", "", "", "", "DE", ""};
  EXPECT_THAT(decodeForm(createSessionBody(demoTenant(), request)),
              Not(Contains(Pair(StartsWith("payment_intent_data[shipping]"), ::testing::_))));
}

TEST(SessionParameters, AskForTheDeliveryWhereStripeTaxesByIt) {
  Tenant tenant = demoTenant();
  tenant.shippingCountries = {"DE", "AT"};
  PaymentRequest request = demoRequest();
  request.goodsToShip = true;
  request.choices.automaticTax = true;
  const auto askedFor = [&] {
    std::vector<std::string> countries;
    for (const auto& [name, value] : decodeForm(createSessionBody(tenant, request)))
      if (name.starts_with("shipping_address_collection[allowed_countries]")) countries.push_back(value);
    return countries;
  };
  EXPECT_EQ(askedFor(), (std::vector<std::string>{"DE", "AT"}));
  request.shippingAddress = demoAddress();
  EXPECT_EQ(askedFor(), (std::vector<std::string>{"DE"})) << "the one that shipping was priced for";
  EXPECT_THAT(decodeForm(createSessionBody(tenant, request)),
              Not(Contains(Pair(StartsWith("payment_intent_data[shipping]"), ::testing::_))));
  request.goodsToShip = false;
  EXPECT_TRUE(askedFor().empty());
  request.goodsToShip = true;
  request.choices.automaticTax = false;
  EXPECT_TRUE(askedFor().empty());
}

TEST(SessionParameters, AreTheSameBytesForTheSameRequest) {
  EXPECT_EQ(createSessionBody(demoTenant(), demoRequest()), createSessionBody(demoTenant(), demoRequest()));
}

}  // namespace
}  // namespace checkout::stripe
