#include <gmock/gmock.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kTen = "amount=1000&currency=usd" + kWithoutRedirects;

TEST(Intents, ConfirmedAtOnceWithAGoodCardSucceed) {
  Simulator stripe;
  const Json intent = stripe
                          .post("/v1/payment_intents", kTen +
                                                           "&confirm=true&payment_method=pm_card_visa"
                                                           "&metadata[saga]=s1")
                          .body();
  EXPECT_EQ(intent["status"], "succeeded");
  EXPECT_EQ(intent["amount_received"], 1000);
  EXPECT_THAT(stripe.eventTypes(),
              ElementsAre("payment_intent.created", "charge.succeeded", "payment_intent.succeeded"));

  const Json charge = stripe.get("/v1/charges/" + intent["latest_charge"].get<std::string>()).body();
  EXPECT_EQ(charge["paid"], true);
  EXPECT_EQ(charge["payment_method_details"]["card"]["last4"], "4242");
  EXPECT_EQ(charge["outcome"]["type"], "authorized");
  const Json expanded = stripe
                            .get("/v1/payment_intents/" + intent["id"].get<std::string>() +
                                 "?expand[]=latest_charge.balance_transaction&expand[]=payment_method")
                            .body();
  EXPECT_EQ(expanded["latest_charge"]["balance_transaction"]["amount"], 1000);
  EXPECT_EQ(expanded["payment_method"]["card"]["brand"], "visa");
}

TEST(Intents, KnowThePaymentMethodTokensOfTheDocumentation) {
  Simulator stripe;
  for (const char* token :
       {"pm_card_visa", "pm_test_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa_debit"}) {
    const Answer answer = stripe.post("/v1/payment_intents", kTen + "&confirm=true&payment_method=" + token);
    EXPECT_EQ(answer.status, 200) << token << answer.text;
  }
  for (const auto& [token, declineCode] : std::vector<std::pair<std::string, std::string>>{
           {"pm_card_chargeDeclined", "generic_decline"},
           {"pm_card_visa_chargeDeclined", "generic_decline"},
           {"pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"},
           {"pm_card_chargeDeclined_InsufficientFunds", "insufficient_funds"},
           {"pm_card_visa_chargeDeclinedExpiredCard", "expired_card"},
           {"pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"},
           {"pm_card_chargeDeclinedStolenCard", "stolen_card"}}) {
    const Answer answer = stripe.post("/v1/payment_intents", kTen + "&confirm=true&payment_method=" + token);
    EXPECT_EQ(answer.status, 402) << token;
    EXPECT_EQ(answer.error()["decline_code"], declineCode);
  }
  const Answer unknown =
      stripe.post("/v1/payment_intents", kTen + "&confirm=true&payment_method=pm_card_monopoly");
  EXPECT_EQ(unknown.status, 400) << "404 is for what the path names";
  EXPECT_EQ(unknown.error()["code"], "resource_missing");
  EXPECT_EQ(unknown.error()["param"], "payment_method");
}

TEST(Intents, ADeclineCarriesTheIntentAndCanBeFollowedByAnotherCard) {
  Simulator stripe;
  const Answer refused =
      stripe.post("/v1/payment_intents", kTen + "&confirm=true&payment_method=pm_card_chargeDeclined");
  EXPECT_EQ(refused.status, 402);
  EXPECT_EQ(refused.error()["payment_intent"]["status"], "requires_payment_method");
  EXPECT_EQ(refused.error()["payment_method"]["object"], "payment_method");
  EXPECT_THAT(refused.error()["charge"].get<std::string>(), HasSubstr("ch_"));
  const std::string id = refused.error()["payment_intent"]["id"];
  EXPECT_EQ(
      stripe.post("/v1/payment_intents/" + id + "/confirm", "payment_method=pm_card_visa").body()["status"],
      "succeeded");
  const Answer again = stripe.post("/v1/payment_intents/" + id + "/confirm", "payment_method=pm_card_visa");
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(again.error()["code"], "payment_intent_unexpected_state");
  EXPECT_EQ(stripe.ledger()["totals"]["usd"]["captured"], 1000);
}

TEST(Intents, ThreeDSecureLeadsToTheChallengePageAndBack) {
  Simulator stripe;
  const Json intent =
      stripe
          .post("/v1/payment_intents", kTen +
                                           "&confirm=true&payment_method=pm_card_threeDSecure2Required"
                                           "&return_url=https://shop.example/back")
          .body();
  EXPECT_EQ(intent["status"], "requires_action");
  EXPECT_EQ(intent["next_action"]["type"], "redirect_to_url");
  const std::string page = "/pay/authenticate/" + intent["id"].get<std::string>();
  EXPECT_EQ(intent["next_action"]["redirect_to_url"]["url"], "http://pay.test" + page);
  EXPECT_THAT(stripe.open("GET", page).text, HasSubstr("Complete"));

  const Answer back = stripe.open("POST", page, "outcome=accept");
  EXPECT_EQ(back.status, 303);
  EXPECT_THAT(*back.headers.get("Location"), HasSubstr("https://shop.example/back?payment_intent="));
  EXPECT_THAT(*back.headers.get("Location"), HasSubstr("redirect_status=succeeded"));
  EXPECT_EQ(stripe.get("/v1/payment_intents/" + intent["id"].get<std::string>()).body()["status"],
            "succeeded");
}

TEST(Intents, ARefusedChallengeNeedsAnotherPaymentMethod) {
  Simulator stripe;
  const Json intent =
      stripe
          .post("/v1/payment_intents", kTen +
                                           "&confirm=true&payment_method=pm_card_authenticationRequired"
                                           "&return_url=https://shop.example/back?a=1")
          .body();
  const std::string id = intent["id"];
  const Answer back = stripe.open("POST", "/pay/authenticate/" + id, "outcome=refuse");
  EXPECT_THAT(*back.headers.get("Location"), HasSubstr("back?a=1&payment_intent="));
  const Json after = stripe.get("/v1/payment_intents/" + id).body();
  EXPECT_EQ(after["status"], "requires_payment_method");
  EXPECT_EQ(after["last_payment_error"]["code"], "payment_intent_authentication_failure");
  EXPECT_THAT(stripe.eventTypes(), Contains("payment_intent.requires_action"));
}

TEST(Intents, OffSessionAChallengeIsADecline) {
  Simulator stripe;
  const Answer answer =
      stripe.post("/v1/payment_intents",
                  kTen + "&confirm=true&off_session=true&payment_method=pm_card_authenticationRequired");
  EXPECT_EQ(answer.status, 402);
  EXPECT_EQ(answer.error()["code"], "authentication_required");
}

TEST(Intents, WithAutomaticMethodsNeedAReturnUrl) {
  Simulator stripe;
  const Answer answer =
      stripe.post("/v1/payment_intents", "amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.error()["param"], "return_url");
  EXPECT_EQ(stripe
                .post("/v1/payment_intents",
                      "amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa"
                      "&automatic_payment_methods[enabled]=true"
                      "&automatic_payment_methods[allow_redirects]=never")
                .body()["status"],
            "succeeded");
}

TEST(Intents, AreCanceledOnceAndNeverAfterSuccess) {
  Simulator stripe;
  const std::string id = stripe.post("/v1/payment_intents", kTen).body()["id"];
  const Json canceled =
      stripe.post("/v1/payment_intents/" + id + "/cancel", "cancellation_reason=abandoned").body();
  EXPECT_EQ(canceled["status"], "canceled");
  EXPECT_EQ(canceled["cancellation_reason"], "abandoned");
  EXPECT_EQ(stripe.post("/v1/payment_intents/" + id + "/cancel").error()["code"],
            "payment_intent_unexpected_state");
  EXPECT_EQ(stripe.post("/v1/payment_intents/" + id + "/confirm", "payment_method=pm_card_visa").status, 400);
}

TEST(Intents, RefuseWrongAmountsAndCardNumbers) {
  Simulator stripe;
  EXPECT_EQ(stripe.post("/v1/payment_intents", "currency=usd").error()["param"], "amount");
  EXPECT_EQ(stripe.post("/v1/payment_intents", "amount=ten&currency=usd").error()["code"],
            "parameter_invalid_integer");
  EXPECT_EQ(stripe.post("/v1/payment_intents", "amount=49&currency=usd").error()["code"], "amount_too_small");
  EXPECT_EQ(stripe.post("/v1/payment_intents", "amount=49&currency=jpy").error()["code"], "amount_too_small");
  EXPECT_EQ(stripe.post("/v1/payment_intents", "amount=100000000&currency=usd").error()["code"],
            "amount_too_large");
  const Answer number =
      stripe.post("/v1/payment_intents", kTen +
                                             "&confirm=true&payment_method_data[type]=card"
                                             "&payment_method_data[card][number]=4242424242424242");
  EXPECT_EQ(number.status, 402);
  EXPECT_TRUE(stripe.ledger()["payment_intents"].empty());
}

TEST(Intents, OfASessionBelongToItsPage) {
  Simulator stripe;
  const std::string session = stripe.newSession();
  stripe.pay(session, {{"card", "4000000000000002"}});
  const std::string id = stripe.session(session)["payment_intent"]["id"];
  EXPECT_EQ(stripe.post("/v1/payment_intents/" + id + "/confirm", "payment_method=pm_card_visa").status, 400);
  EXPECT_EQ(stripe.post("/v1/payment_intents/" + id + "/cancel").status, 400);
}

}  // namespace
}  // namespace checkout::test
