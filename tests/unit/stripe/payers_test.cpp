// For whom payment methods are saved, the customers that are made, and what Stripe's refusals of a payment
// method mean.
#include "stripe/payers.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stripe/gateway.hpp"
#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using testing::answer;
using testing::decodeForm;
using testing::demoRequest;
using testing::demoTenant;
using testing::failure;
using ::testing::HasSubstr;
using testing::intentObject;
using testing::ManualClock;
using testing::ScriptedHttp;
using Refused = CallOutcome::Refused;
using Wire = HttpFailure::Kind;

std::map<std::string, std::string> fieldsOf(const std::string& body) {
  const auto fields = decodeForm(body);
  return {fields.begin(), fields.end()};
}

class StripePayers : public ::testing::Test {
 protected:
  StripePayers() {
    GatewayOptions options;
    options.wait = [this](Milliseconds time) { clock.advance(time); };
    gateway = makeStripeGateway(http, clock, options);
  }
  static HttpExchange customer(const std::string& id, const std::string& digest = "d1") {
    return answer(200, customerObject(id, digest).dump());
  }
  static Json customerObject(const std::string& id, const std::string& digest,
                             const std::string& tenant = "demo_store") {
    return {
        {"id", id}, {"object", "customer"}, {"metadata", {{"tenant_id", tenant}, {"user_digest", digest}}}};
  }
  static HttpExchange found(const Json& customers) {
    return answer(200, Json{{"object", "search_result"}, {"data", customers}, {"has_more", false}}.dump());
  }
  static HttpExchange refusal(int status, const Json& error) {
    return answer(status, Json{{"error", error}}.dump());
  }
  static HttpExchange method(const Json& owner) {
    return answer(200, Json{{"id", "pm_1"}, {"object", "payment_method"}, {"customer", owner}}.dump());
  }
  std::string keyOf(std::size_t request) {
    return http.sent.at(request).request.headers.get("Idempotency-Key").value_or("");
  }

  ScriptedHttp http;
  ManualClock clock;
  Tenant tenant = demoTenant();
  std::unique_ptr<PaymentGateway> gateway;
};

TEST_F(StripePayers, SayForWhomAMethodIsSaved) {
  http.script = {method(customerObject("cus_1", "d1")), method(nullptr), method("cus_2"),
                 refusal(404, {{"type", "invalid_request_error"}, {"code", "resource_missing"}})};
  const auto saved = gateway->findPayer(tenant, "pm_1");
  EXPECT_EQ(http.sent[0].request.target, "/v1/payment_methods/pm_1?expand%5B0%5D=customer");
  EXPECT_EQ(saved.payer.customerId, "cus_1");
  EXPECT_EQ(saved.payer.tenantId, tenant.id);
  EXPECT_EQ(saved.payer.userDigest, "d1");
  EXPECT_FALSE(gateway->findPayer(tenant, "pm_1").payer.customerId.has_value());
  const auto unread = gateway->findPayer(tenant, "pm_1");
  EXPECT_EQ(unread.payer.customerId, "cus_2");
  EXPECT_FALSE(unread.payer.userDigest.has_value());
  const auto unknown = gateway->findPayer(tenant, "pm_none");
  EXPECT_FALSE(unknown.error.has_value()) << "the charge says so";
}

TEST_F(StripePayers, AnAnswerThatIsNoneIsNeverTakenForNobody) {
  for (const auto& broken :
       {answer(200, "[]"), answer(200, R"({"object":"account"})"), failure(Wire::Timeout, true),
        answer(500, "{}"), answer(429, R"({"error":{"type":"rate_limit"}})")}) {
    http.script.assign(5, broken);
    const auto outcome = gateway->findPayer(tenant, "pm_1");
    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_TRUE(outcome.temporary);
    http.script.clear();
    clock.advance(Milliseconds{60'000});
  }
  http.script = {refusal(403, {{"type", "invalid_request_error"}, {"message", "no permission"}})};
  const auto forbidden = gateway->findPayer(tenant, "pm_1");
  ASSERT_TRUE(forbidden.error.has_value());
  EXPECT_FALSE(forbidden.temporary);
  EXPECT_TRUE(merchantMustAct(*forbidden.error));
}

TEST_F(StripePayers, ACustomerIsFoundByTheDigest) {
  Json data = Json::array({customerObject("cus_new", "d1"), customerObject("cus_old", "d1"),
                           customerObject("cus_other_shop", "d1", "other"), customerObject("cus_x", "d2")});
  http.script = {found(data), found(data)};
  EXPECT_EQ(gateway->ensureCustomer(tenant, "d1", "").payer.customerId, "cus_old") << "the oldest";
  EXPECT_THAT(http.sent[0].request.target, HasSubstr("/v1/customers/search?query=metadata"));
  EXPECT_EQ(gateway->ensureCustomer(tenant, "d1", "cus_old").payer.customerId, "cus_new");
  EXPECT_EQ(http.sent.size(), 2u) << "nobody was made";
}

TEST_F(StripePayers, ACustomerIsMadeOnceUnderOneKey) {
  http.script = {found(Json::array()), failure(Wire::Timeout, true), failure(Wire::Timeout, true),
                 failure(Wire::Timeout, true)};
  const auto lost = gateway->ensureCustomer(tenant, "d1", "");
  ASSERT_TRUE(lost.error.has_value());
  EXPECT_TRUE(lost.temporary);
  EXPECT_EQ(lost.error->code, ErrorCode::PaymentServiceError) << "no payment is unknown";
  const std::size_t before = http.sent.size();
  http.script = {found(Json::array()), customer("cus_1")};
  clock.advance(Milliseconds{60'000});
  EXPECT_EQ(gateway->ensureCustomer(tenant, "d1", "").payer.customerId, "cus_1");
  EXPECT_EQ(keyOf(1), keyOf(before + 1)) << "a repeat makes no second one";
  const auto fields = fieldsOf(http.sent.back().request.body);
  EXPECT_EQ(fields.at("metadata[tenant_id]"), "demo_store");
  EXPECT_EQ(fields.at("metadata[user_digest]"), "d1");
  EXPECT_EQ(fields.size(), 2u);

  http.script = {found(Json::array()), customer("cus_2")};
  (void)gateway->ensureCustomer(tenant, "d1", "cus_1");
  EXPECT_NE(keyOf(http.sent.size() - 1), keyOf(1)) << "in place of one that was deleted";
}

TEST_F(StripePayers, AStoredFailureOfACreationIsPassedByAnotherKey) {
  const auto replayed = answer(500, "{}", {{"Idempotent-Replayed", "true"}});
  http.script = {found(Json::array()), replayed, customer("cus_1")};
  EXPECT_EQ(gateway->ensureCustomer(tenant, "d1", "").payer.customerId, "cus_1");
  EXPECT_NE(keyOf(1), keyOf(2));
}

TEST_F(StripePayers, WhereThereIsNoSearchOneIsMadeAndWhereItFailsNone) {
  http.script = {refusal(400, {{"type", "invalid_request_error"}, {"message", "no search in India"}}),
                 customer("cus_1")};
  EXPECT_EQ(gateway->ensureCustomer(tenant, "d1", "").payer.customerId, "cus_1");
  for (const int status : {401, 500}) {
    http.sent.clear();
    http.script.assign(4, refusal(status, {{"type", "api_error"}}));
    const auto outcome = gateway->ensureCustomer(tenant, "d1", "");
    EXPECT_TRUE(outcome.error.has_value());
    EXPECT_EQ(outcome.temporary, status == 500);
    for (const auto& sent : http.sent) EXPECT_EQ(sent.request.method, "GET");
    clock.advance(Milliseconds{60'000});
  }
}

Refused refusedBy(const std::string& message, const Json& more = Json::object()) {
  Json error = {{"type", "invalid_request_error"}, {"message", message}};
  error.update(more);
  return refusedOf(error);
}

TEST_F(StripePayers, RefusalsOfAMethodAreTold) {
  EXPECT_EQ(refusedBy("The provided PaymentMethod was previously used with a PaymentIntent without Customer "
                      "attachment, shared with a connected account without Customer attachment, or was "
                      "detached from a Customer. It may not be used again. To use a PaymentMethod multiple "
                      "times, you must attach it to a Customer first."),
            Refused::UsedMethod);
  EXPECT_EQ(refusedBy("The customer does not have a payment method with the ID pm_1. The payment method must "
                      "be attached to the customer."),
            Refused::UsedMethod);
  EXPECT_EQ(refusedBy("The `payment_method` parameter supplied pm_1 belongs to the Customer cus_1. Please "
                      "include the Customer in the `customer` parameter on the PaymentIntent.",
                      {{"code", "parameter_missing"}, {"param", "source"}}),
            Refused::SavedMethod);
  EXPECT_EQ(
      refusedBy("The payment method you provided is attached to a customer so for security purposes you "
                "must provide the customer in the request."),
      Refused::SavedMethod);
  EXPECT_EQ(refusedBy("The PaymentMethod pm_1 does not belong to the Customer you supplied cus_1. Please use "
                      "this PaymentMethod with the Customer that it belongs to instead."),
            Refused::SavedMethod);
  EXPECT_EQ(refusedBy("No such customer: 'cus_1'", {{"code", "resource_missing"}, {"param", "customer"}}),
            Refused::Customer);
  EXPECT_EQ(
      refusedBy("No such PaymentMethod: 'pm_1'", {{"code", "resource_missing"}, {"param", "payment_method"}}),
      Refused::UnknownMethod);
  EXPECT_EQ(refusedBy("No such price: 'price_1'", {{"code", "resource_missing"}, {"param", "price"}}),
            Refused::Request);
  EXPECT_EQ(refusedOf(nullptr), Refused::Request);
}

TEST_F(StripePayers, ARefusalComesWithTheIntentWhereStripeSendsIt) {
  PaymentRequest request = demoRequest();
  request.paymentMethodId = "pm_1";
  request.customerId = "cus_1";
  const auto call = gateway->planCreateIntent(tenant, request, "key");
  EXPECT_EQ(fieldsOf(call.body).at("customer"), "cus_1");
  Json error = {{"type", "invalid_request_error"}, {"message", "… It may not be used again. …"}};
  http.script = {refusal(400, error)};
  const auto without = gateway->execute(tenant, call);
  EXPECT_EQ(without.kind, CallOutcome::Kind::Failed);
  EXPECT_EQ(without.refused, Refused::UsedMethod);
  EXPECT_FALSE(without.temporary);
  EXPECT_FALSE(without.payment.has_value());
  error["payment_intent"] = intentObject();
  http.script = {refusal(400, error)};
  EXPECT_TRUE(gateway->execute(tenant, call).payment.has_value());
}

TEST_F(StripePayers, APageWithACustomerOffersToSaveTheCardAndTakesNoEmail) {
  PaymentRequest request = demoRequest();
  request.email = "ann@example.com";
  const auto fields = [&] { return fieldsOf(gateway->planCreateSession(tenant, request, "key").body); };
  EXPECT_EQ(fields().count("customer"), 0u);
  EXPECT_EQ(fields().at("customer_email"), "ann@example.com");
  request.customerId = "cus_1";
  EXPECT_EQ(fields().at("customer"), "cus_1");
  EXPECT_EQ(fields().at("saved_payment_method_options[payment_method_save]"), "enabled");
  EXPECT_EQ(fields().count("customer_email"), 0u);
  EXPECT_EQ(fields().count("customer_update[address]"), 0u);
  request.choices.automaticTax = true;
  request.goodsToShip = false;
  EXPECT_EQ(fields().at("customer_update[address]"), "auto");
  EXPECT_EQ(fields().count("customer_update[shipping]"), 0u);
  request.goodsToShip = true;
  EXPECT_EQ(fields().at("customer_update[shipping]"), "auto");
}

}  // namespace
}  // namespace checkout::stripe
