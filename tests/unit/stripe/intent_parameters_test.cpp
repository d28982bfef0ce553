#include "stripe/intent_parameters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stripe/refund_parameters.hpp"
#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using testing::decodeForm;
using testing::demoAddress;
using testing::demoRequest;
using testing::demoTenant;
using ::testing::ElementsAreArray;
using testing::Fields;

TEST(IntentParameters, CreateAndConfirmAtOnce) {
  Tenant tenant = demoTenant();
  tenant.stripe.statementDescriptorSuffix = "MUGS";
  PaymentRequest request = demoRequest();
  request.paymentMethodId = "pm_card_visa";
  request.returnUrl = "https://shop.test/return";
  request.shippingAddress = demoAddress();

  const Fields expected = {
      {"amount", "3000"},
      {"currency", "usd"},
      {"confirm", "true"},
      {"payment_method", "pm_card_visa"},
      {"allowed_payment_method_types[0]", "card"},
      {"return_url", "https://shop.test/return"},
      {"metadata[saga_id]", "saga_1"},
      {"metadata[tenant_id]", "demo_store"},
      {"metadata[order_id]", "order_1"},
      {"metadata[attempt]", "2"},
      {"description", "Order order_1"},
      {"receipt_email", "jo+shop@example.com"},
      {"shipping[name]", "Jo Müller"},
      {"shipping[phone]", "+49301234"},
      {"shipping[address][line1]", "1 Long Street"},
      {"shipping[address][city]", "Berlin"},
      {"shipping[address][postal_code]", "10115"},
      {"shipping[address][country]", "DE"},
      {"statement_descriptor_suffix", "MUGS"},
  };
  EXPECT_THAT(decodeForm(createIntentBody(tenant, request)), ElementsAreArray(expected));
}

TEST(IntentParameters, AllowTheTenantsPaymentMethodTypes) {
  Tenant tenant = demoTenant();
  tenant.stripe.paymentMethodTypes = {"sepa_debit"};
  const Fields fields = decodeForm(createIntentBody(tenant, demoRequest()));
  EXPECT_THAT(fields, ::testing::Contains(::testing::Pair("allowed_payment_method_types[0]", "sepa_debit")));
  EXPECT_THAT(fields, ::testing::Not(::testing::Contains(::testing::Pair(::testing::_, "card"))));
}

TEST(IntentParameters, ConfirmWithStripesOwnParameters) {
  const auto body = confirmIntentBody(Json::parse(R"({"payment_method":"pm_1","off_session":false,
      "payment_method_options":{"card":{"request_three_d_secure":"any"}},
      "mandate_data":{"customer_acceptance":{"type":"online"}},"allowed_payment_method_types":["card","link"]})"));
  ASSERT_TRUE(body);
  const Fields expected = {{"payment_method", "pm_1"},
                           {"off_session", "false"},
                           {"payment_method_options[card][request_three_d_secure]", "any"},
                           {"mandate_data[customer_acceptance][type]", "online"},
                           {"allowed_payment_method_types[0]", "card"},
                           {"allowed_payment_method_types[1]", "link"}};
  EXPECT_THAT(decodeForm(*body), ElementsAreArray(expected));
}

TEST(IntentParameters, RefuseCardDataInAConfirmationHoweverItIsWritten) {
  for (const char* parameters :
       {R"({"payment_method_data":{"type":"card","card":{"number":"4242424242424242"}}})",
        R"({"card":{"token":"tok_1"}})", R"({"payment_method_data[card][number]":"4242424242424242"})",
        R"({"payment_method_options":{"card":{"cvc":"123"}}})",
        R"({"payment_method_options":{"x":{"card":{"a":1}}}})", R"({"a":[{"exp_month":1}]})", R"([1])",
        R"("text")", "null"})
    EXPECT_FALSE(confirmIntentBody(Json::parse(parameters))) << parameters;
}

TEST(RefundParameters, RefundAllUnlessAnAmountIsGiven) {
  const SagaId saga{"saga_1"};
  const Fields whole = {{"payment_intent", "pi_1"},
                        {"reason", "requested_by_customer"},
                        {"metadata[saga_id]", "saga_1"},
                        {"metadata[tenant_id]", "demo_store"},
                        {"metadata[checkout_call]", "key_1"}};
  Fields part = whole;
  part.insert(part.begin() + 1, {"amount", "700"});
  EXPECT_EQ(decodeForm(refundBody(demoTenant(), saga, "pi_1", std::nullopt, "key_1")), whole);
  EXPECT_EQ(decodeForm(refundBody(demoTenant(), saga, "pi_1", Money{700, {"usd"}}, "key_1")), part);
}

}  // namespace
}  // namespace checkout::stripe
