#include <gmock/gmock.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kTenNow = "amount=1000&currency=usd&confirm=true" + kWithoutRedirects;

std::string idOf(const Answer& answer) {
  EXPECT_EQ(answer.status, 200) << answer.text;
  return answer.body().value("id", "");
}
std::string makeCustomer(Simulator& stripe, const std::string& details = "metadata[user]=u1") {
  return idOf(stripe.post("/v1/customers", details));
}
std::string makeCard(Simulator& stripe, const std::string& token = "tok_visa") {
  return idOf(stripe.post("/v1/payment_methods", "type=card&card[token]=" + token));
}
std::string savedCard(Simulator& stripe, const std::string& customer) {
  return idOf(stripe.post("/v1/payment_methods/" + makeCard(stripe) + "/attach", "customer=" + customer));
}
Answer pay(Simulator& stripe, const std::string& method, const std::string& customer = {}) {
  return stripe.post("/v1/payment_intents", kTenNow + "&payment_method=" + method +
                                                (customer.empty() ? "" : "&customer=" + customer));
}

TEST(SavedMethods, AreChargedAsOftenAsTheirCustomerIsNamed) {
  Simulator stripe;
  const std::string customer = makeCustomer(stripe);
  const std::string card = savedCard(stripe, customer);
  for (int i = 0; i < 2; ++i) {
    const Json intent = pay(stripe, card, customer).body();
    EXPECT_EQ(intent["status"], "succeeded");
    EXPECT_EQ(intent["customer"], customer);
  }
  const Json list = stripe.get("/v1/customers/" + customer + "/payment_methods").body();
  ASSERT_EQ(list["data"].size(), 1u);
  EXPECT_EQ(list["data"][0]["id"], card);
  EXPECT_EQ(stripe.get("/v1/payment_methods?customer=" + customer + "&type=sepa_debit").body()["data"].size(),
            0u);
  const Json expanded = stripe.get("/v1/payment_methods/" + card + "?expand[]=customer").body();
  EXPECT_EQ(expanded["customer"]["metadata"]["user"], "u1");
}

TEST(SavedMethods, AreRefusedWithoutTheirCustomer) {
  Simulator stripe;
  const std::string customer = makeCustomer(stripe), other = makeCustomer(stripe);
  const std::string card = savedCard(stripe, customer);

  const Answer nobody = pay(stripe, card);
  EXPECT_EQ(nobody.status, 400);
  EXPECT_EQ(nobody.error()["type"], "invalid_request_error");
  EXPECT_EQ(nobody.error()["message"],
            "The `payment_method` parameter supplied " + card + " belongs to the Customer " + customer +
                ". Please include the Customer in the `customer` parameter on the PaymentIntent.");
  EXPECT_EQ(nobody.error()["code"], "parameter_missing");

  const Answer wrong = pay(stripe, card, other);
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.error()["param"], "payment_method");
  EXPECT_FALSE(wrong.error().contains("code"));
  EXPECT_THAT(wrong.error()["message"].get<std::string>(), HasSubstr("does not belong to the Customer"));

  const std::string intent =
      idOf(stripe.post("/v1/payment_intents", "amount=1000&currency=usd" + kWithoutRedirects));
  const Answer confirmed =
      stripe.post("/v1/payment_intents/" + intent + "/confirm", "payment_method=" + card);
  EXPECT_EQ(confirmed.status, 400);
  EXPECT_EQ(confirmed.error()["payment_intent"]["id"], intent);
  EXPECT_EQ(confirmed.error()["payment_intent"]["status"], "requires_payment_method");
  EXPECT_EQ(stripe.get("/v1/charges").body()["data"].size(), 0u);
}

TEST(SavedMethods, FreshOnesAreChargedOnce) {
  Simulator stripe;
  for (const char* token : {"tok_visa", "tok_chargeDeclined"}) {
    const std::string card = makeCard(stripe, token);
    (void)pay(stripe, card);
    const Answer again = pay(stripe, card);
    EXPECT_EQ(again.status, 400) << token;
    EXPECT_EQ(again.error()["type"], "invalid_request_error");
    EXPECT_FALSE(again.error().contains("code"));
    EXPECT_FALSE(again.error().contains("param"));
    EXPECT_THAT(again.error()["message"].get<std::string>(),
                StartsWith("The provided PaymentMethod was previously used with a PaymentIntent without "
                           "Customer attachment"));
    const Answer attached =
        stripe.post("/v1/payment_methods/" + card + "/attach", "customer=" + makeCustomer(stripe));
    EXPECT_EQ(attached.status, 400);
    EXPECT_THAT(attached.error()["message"].get<std::string>(), HasSubstr("may not be used again"));
  }
}

TEST(SavedMethods, DetachedOnesAreNeverUsedAgain) {
  Simulator stripe;
  const std::string customer = makeCustomer(stripe);
  const std::string card = savedCard(stripe, customer);
  EXPECT_EQ(stripe.post("/v1/payment_methods/" + card + "/detach").body()["customer"], nullptr);
  for (const std::string& payer : {customer, std::string()}) {
    const Answer refused = pay(stripe, card, payer);
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.error()["message"].get<std::string>(), HasSubstr("was detached from a Customer"));
  }
  EXPECT_EQ(stripe.post("/v1/payment_methods/" + card + "/detach").status, 400);

  const std::string another = savedCard(stripe, customer);
  stripe.call("DELETE", "/v1/customers/" + customer);
  EXPECT_EQ(stripe.get("/v1/payment_methods/" + another).body()["customer"], nullptr)
      << "a deleted customer has no cards";
}

TEST(SavedMethods, BelongToOneCustomer) {
  Simulator stripe;
  const std::string customer = makeCustomer(stripe);
  const std::string card = savedCard(stripe, customer);
  EXPECT_EQ(stripe.post("/v1/payment_methods/" + card + "/attach", "customer=" + customer).status, 200);
  EXPECT_EQ(stripe.post("/v1/payment_methods/" + card + "/attach", "customer=" + makeCustomer(stripe)).status,
            400);
  EXPECT_EQ(stripe.post("/v1/payment_methods/" + card + "/attach", "customer=cus_none").error()["code"],
            "resource_missing");
}

TEST(SavedMethods, CustomersAreFoundByTheirMetadataAMinuteLater) {
  Simulator stripe;
  const std::string customer = makeCustomer(stripe, "metadata[user]=u1&email=ada@example.com");
  const std::string query = "/v1/customers/search?query=metadata%5B%27user%27%5D%3A%27u1%27";
  EXPECT_EQ(stripe.get(query).body()["data"].size(), 0u);
  stripe.advance(std::chrono::minutes(1));
  ASSERT_EQ(stripe.get(query).body()["data"].size(), 1u);
  EXPECT_EQ(stripe.get(query).body()["data"][0]["id"], customer);
  EXPECT_EQ(stripe.get("/v1/customers/search?query=email%3A%27ada%40example.com%27").body()["data"].size(),
            1u);
  stripe.call("DELETE", "/v1/customers/" + customer);
  EXPECT_EQ(stripe.get(query).body()["data"].size(), 0u);
}

TEST(SavedMethods, APageOffersToSaveTheCard) {
  Simulator stripe;
  const std::string customer = makeCustomer(stripe);
  const std::string page =
      kOneMug + "&customer=" + customer + "&saved_payment_method_options[payment_method_save]=enabled";
  const Json session = stripe.post("/v1/checkout/sessions", page).body();
  EXPECT_EQ(session["customer"], customer);
  EXPECT_EQ(session["saved_payment_method_options"]["payment_method_save"], "enabled");
  const std::string path = "/pay/" + session["id"].get<std::string>();
  EXPECT_THAT(stripe.get(path).text, HasSubstr("savePaymentMethod"));
  EXPECT_EQ(stripe.post(path, kGoodCard + "&savePaymentMethod=true").status, 303);
  const Json saved = stripe.get("/v1/customers/" + customer + "/payment_methods").body()["data"];
  ASSERT_EQ(saved.size(), 1u);
  EXPECT_EQ(saved[0]["allow_redisplay"], "always");
  EXPECT_EQ(stripe.get("/v1/customers/" + customer).body()["email"], "ada@example.com");

  // Not ticked, or not offered: nothing is saved.
  const std::string unticked = "/pay/" + idOf(stripe.post("/v1/checkout/sessions", page));
  EXPECT_EQ(stripe.post(unticked, kGoodCard).status, 303);
  const std::string unoffered =
      "/pay/" + idOf(stripe.post("/v1/checkout/sessions", kOneMug + "&customer=" + customer));
  EXPECT_EQ(stripe.post(unoffered, kGoodCard + "&savePaymentMethod=true").status, 303);
  EXPECT_EQ(stripe.get("/v1/customers/" + customer + "/payment_methods").body()["data"].size(), 1u);
}

TEST(SavedMethods, WhatAPageMaySayOfItsCustomer) {
  Simulator stripe;
  const std::string customer = makeCustomer(stripe);
  const auto open = [&](const std::string& more) {
    return stripe.post("/v1/checkout/sessions", kOneMug + more);
  };
  EXPECT_EQ(open("&customer=" + customer + "&customer_email=a@example.com").error()["code"],
            "parameters_exclusive");
  EXPECT_EQ(open("&customer=cus_none").error()["param"], "customer");
  EXPECT_EQ(open("&saved_payment_method_options[payment_method_save]=enabled").status, 400);
  EXPECT_EQ(open("&customer_update[address]=auto").status, 400);
  const std::string taxed = "&automatic_tax[enabled]=true&customer=" + customer;
  EXPECT_EQ(open(taxed).error()["code"], "customer_tax_location_invalid");
  EXPECT_EQ(open(taxed + "&customer_update[address]=auto").status, 200);
  EXPECT_EQ(open(taxed + "&customer_update[shipping]=auto").status, 400) << "no address is collected";
  EXPECT_EQ(
      open(taxed + "&customer_update[shipping]=auto&shipping_address_collection[allowed_countries][0]=DE")
          .status,
      200);
}

}  // namespace
}  // namespace checkout::test
