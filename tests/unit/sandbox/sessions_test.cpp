#include <gmock/gmock.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Sessions, AreOpenAndUnpaidWithTheirTotalAndUrl) {
  Simulator stripe;
  const Json session =
      stripe.post("/v1/checkout/sessions", kOneMug + "&metadata[saga]=s1&client_reference_id=c1").body();
  EXPECT_EQ(session["object"], "checkout.session");
  EXPECT_EQ(session["status"], "open");
  EXPECT_EQ(session["payment_status"], "unpaid");
  EXPECT_EQ(session["amount_total"], 4200);
  EXPECT_EQ(session["currency"], "usd");
  EXPECT_EQ(session["url"], "http://pay.test/pay/" + session["id"].get<std::string>());
  EXPECT_EQ(session["metadata"], (Json{{"saga", "s1"}}));
  EXPECT_EQ(session["client_reference_id"], "c1");
  EXPECT_TRUE(session["payment_intent"].is_null());
  EXPECT_EQ(session["livemode"], false);
  EXPECT_EQ(session["expires_at"], toUnixSeconds(stripe.clock.now()) + 24 * 3600);
}

TEST(Sessions, APaidOneIsCompleteAndTellsItsStoryInEvents) {
  Simulator stripe;
  const std::string id = stripe.newSession(kOneMug + "&payment_intent_data[metadata][saga]=s1");
  const Answer paid = stripe.pay(id, {{"card", "4242424242424242"}, {"email", "ada@example.com"}});
  EXPECT_EQ(paid.status, 200);
  EXPECT_EQ(paid.body()["outcome"], "succeeded");

  const Json session = stripe.session(id);
  EXPECT_EQ(session["status"], "complete");
  EXPECT_EQ(session["payment_status"], "paid");
  EXPECT_TRUE(session["url"].is_null());
  EXPECT_EQ(session["customer_details"]["email"], "ada@example.com");
  EXPECT_EQ(session["payment_intent"]["status"], "succeeded");
  EXPECT_EQ(session["payment_intent"]["amount_received"], 4200);
  EXPECT_EQ(session["payment_intent"]["metadata"], (Json{{"saga", "s1"}}));
  EXPECT_THAT(stripe.eventTypes(), ElementsAre("payment_intent.created", "charge.succeeded",
                                               "payment_intent.succeeded", "checkout.session.completed"));
  EXPECT_EQ(stripe.get("/v1/balance").body()["available"][0]["amount"], 4200);
  EXPECT_EQ(stripe.ledger()["totals"]["usd"]["captured"], 4200);
}

struct Refusal {
  const char* card;
  const char* code;
  const char* declineCode;
};
class DeclinedCards : public testing::TestWithParam<Refusal> {};

TEST_P(DeclinedCards, LeaveTheSessionPayable) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  const Answer refused = stripe.pay(id, {{"card", GetParam().card}});
  EXPECT_EQ(refused.status, 402);
  EXPECT_EQ(refused.error()["type"], "card_error");
  EXPECT_EQ(refused.error()["code"], GetParam().code);
  EXPECT_EQ(refused.error()["decline_code"], GetParam().declineCode);

  const Json session = stripe.session(id);
  EXPECT_EQ(session["status"], "open");
  EXPECT_EQ(session["payment_intent"]["status"], "requires_payment_method");
  EXPECT_EQ(session["payment_intent"]["last_payment_error"]["code"], GetParam().code);
  EXPECT_THAT(stripe.eventTypes(), Contains("charge.failed"));
  EXPECT_THAT(stripe.eventTypes(), Contains("payment_intent.payment_failed"));

  EXPECT_EQ(stripe.pay(id, {{"card", "5555555555554444"}}).status, 200);
  EXPECT_EQ(stripe.session(id)["payment_status"], "paid");
  EXPECT_EQ(stripe.ledger()["payment_intents"].size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Cards, DeclinedCards,
                         testing::Values(Refusal{"4000000000000002", "card_declined", "generic_decline"},
                                         Refusal{"4000000000009995", "card_declined", "insufficient_funds"},
                                         Refusal{"4000000000000069", "expired_card", "expired_card"},
                                         Refusal{"4000000000000127", "incorrect_cvc", "incorrect_cvc"},
                                         Refusal{"4111111111111111", "card_declined",
                                                 "test_mode_live_card"}));

TEST(Sessions, ThreeDSecureWaitsForTheCustomersAnswer) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  const Answer waiting = stripe.pay(id, {{"card", "4000002760003184"}});
  EXPECT_EQ(waiting.body()["outcome"], "requires_action");
  const Json intent = stripe.session(id)["payment_intent"];
  EXPECT_EQ(intent["status"], "requires_action");
  EXPECT_EQ(intent["next_action"]["redirect_to_url"]["url"],
            "http://pay.test/pay/authenticate/" + intent["id"].get<std::string>());

  EXPECT_EQ(stripe.pay(id, {{"authenticate", "refuse"}}).error()["code"],
            "payment_intent_authentication_failure");
  EXPECT_EQ(stripe.session(id)["status"], "open");
  EXPECT_EQ(stripe.pay(id, {{"card", "4000002500003155"}, {"authenticate", "accept"}}).body()["outcome"],
            "succeeded");
  EXPECT_EQ(stripe.session(id)["payment_status"], "paid");
}

TEST(Sessions, SepaCompletesUnpaidAndSettlesOnTheClock) {
  Simulator stripe;
  const std::string id = stripe.newSession(kOneMugInEuro);
  EXPECT_EQ(stripe.pay(id, {{"iban", "DE08 3704 0044 0532 0130 03"}}).body()["outcome"], "processing");
  Json session = stripe.session(id);
  EXPECT_EQ(session["status"], "complete");
  EXPECT_EQ(session["payment_status"], "unpaid");
  EXPECT_EQ(session["payment_intent"]["status"], "processing");
  stripe.advance(2min);
  EXPECT_EQ(stripe.session(id)["payment_status"], "unpaid");
  stripe.advance(1min);
  EXPECT_EQ(stripe.session(id)["payment_status"], "paid");
  EXPECT_EQ(stripe.eventTypes().back(), "checkout.session.async_payment_succeeded");
}

TEST(Sessions, SepaThatFailsOrIsSettledByHandNeverCapturesTwice) {
  Simulator stripe;
  const std::string failing = stripe.newSession(kOneMugInEuro);
  stripe.pay(failing, {{"iban", "DE62370400440532013001"}});
  stripe.advance(1min);
  EXPECT_EQ(stripe.session(failing)["payment_status"], "unpaid");
  EXPECT_EQ(stripe.session(failing)["payment_intent"]["status"], "requires_payment_method");
  EXPECT_EQ(stripe.eventTypes().back(), "checkout.session.async_payment_failed");

  const std::string byHand = stripe.newSession(kOneMugInEuro);
  const std::string intent =
      stripe.pay(byHand, {{"iban", "DE89370400440532013000"}}).body()["payment_intent"]["id"];
  const std::string route = "/_sandbox/payment_intents/" + intent + "/settle";
  EXPECT_EQ(stripe.open("POST", route, R"({"outcome":"succeeded"})").body()["status"], "succeeded");
  EXPECT_EQ(stripe.open("POST", route, R"({"outcome":"failed"})").status, 400);
  stripe.advance(1h);
  EXPECT_EQ(stripe.ledger()["totals"]["eur"]["captured"], 2100);
}

TEST(Sessions, AVoucherThatRunsOutLeavesNoError) {
  Simulator stripe;
  const std::string id = stripe.newSession(kOneMugInEuro);
  const std::string intent =
      stripe.pay(id, {{"iban", "DE89370400440532013000"}}).body()["payment_intent"]["id"];
  stripe.open("POST", "/_sandbox/payment_intents/" + intent + "/settle", R"({"outcome":"lapsed"})");
  const Json session = stripe.session(id);
  EXPECT_EQ(session["status"], "complete");
  EXPECT_EQ(session["payment_status"], "unpaid");
  EXPECT_EQ(session["payment_intent"]["status"], "requires_payment_method");
  EXPECT_TRUE(session["payment_intent"]["last_payment_error"].is_null());
  EXPECT_EQ(stripe.eventTypes().back(), "checkout.session.async_payment_failed");
}

TEST(Sessions, ExpireOnTheClockAndByRequest) {
  Simulator stripe;
  const std::string inHalfAnHour = std::to_string(toUnixSeconds(stripe.clock.now()) + 30 * 60);
  const std::string first = stripe.newSession(kOneMug + "&expires_at=" + inHalfAnHour);
  const std::string second = stripe.newSession();
  stripe.advance(29min);
  EXPECT_EQ(stripe.session(first)["status"], "open");
  stripe.advance(1min);
  EXPECT_EQ(stripe.session(first)["status"], "expired");
  EXPECT_TRUE(stripe.session(first)["url"].is_null());
  EXPECT_THAT(stripe.eventTypes(), ElementsAre("checkout.session.expired"));
  EXPECT_EQ(stripe.pay(first, {{"card", "4242424242424242"}}).status, 400);

  EXPECT_EQ(stripe.post("/v1/checkout/sessions/" + second + "/expire").body()["status"], "expired");
  const Answer again = stripe.post("/v1/checkout/sessions/" + second + "/expire");
  EXPECT_EQ(again.status, 400);
  EXPECT_THAT(again.error()["message"].get<std::string>(), HasSubstr("expired"));
}

TEST(Sessions, ExpiryEndsAnUnfinishedPayment) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  stripe.pay(id, {{"card", "4000002760003184"}});
  stripe.post("/v1/checkout/sessions/" + id + "/expire");
  EXPECT_EQ(stripe.session(id)["payment_intent"]["status"], "canceled");
  EXPECT_EQ(stripe.pay(id, {{"authenticate", "accept"}}).status, 400);
  EXPECT_EQ(stripe.ledger()["totals"], Json::object());
}

TEST(Sessions, APaidOneCannotExpire) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  stripe.pay(id, {{"card", "4242424242424242"}});
  EXPECT_EQ(stripe.post("/v1/checkout/sessions/" + id + "/expire").status, 400);
  stripe.advance(25h);
  EXPECT_EQ(stripe.session(id)["status"], "complete");
  EXPECT_THAT(stripe.eventTypes(), Not(Contains("checkout.session.expired")));
}

TEST(Sessions, ShowTheirLinesByRouteAndByExpansion) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  const Json lines = stripe.get("/v1/checkout/sessions/" + id + "/line_items").body();
  ASSERT_EQ(lines["data"].size(), 1u);
  EXPECT_EQ(lines["data"][0]["description"], "Mug");
  EXPECT_EQ(lines["data"][0]["quantity"], 2);
  EXPECT_EQ(lines["data"][0]["amount_total"], 4200);
  EXPECT_EQ(lines["url"], "/v1/checkout/sessions/" + id + "/line_items");
  EXPECT_EQ(stripe.get("/v1/checkout/sessions/" + id + "?expand[]=line_items").body()["line_items"]["data"],
            lines["data"]);
  EXPECT_EQ(stripe.get("/v1/checkout/sessions/" + id + "?expand[]=nonsense").status, 400);
}

TEST(Sessions, AddTheFirstShippingOption) {
  Simulator stripe;
  const Json session = stripe
                           .post("/v1/checkout/sessions",
                                 kOneMug +
                                     "&shipping_options[0][shipping_rate_data][display_name]=Parcel"
                                     "&shipping_options[0][shipping_rate_data][type]=fixed_amount"
                                     "&shipping_options[0][shipping_rate_data][fixed_amount][amount]=490"
                                     "&shipping_options[0][shipping_rate_data][fixed_amount][currency]=usd")
                           .body();
  EXPECT_EQ(session["amount_subtotal"], 4200);
  EXPECT_EQ(session["amount_total"], 4690);
  EXPECT_EQ(session["total_details"]["amount_shipping"], 490);
  EXPECT_EQ(session["shipping_cost"]["amount_total"], 490);
}

TEST(Sessions, OfOtherAccountsAreUnknown) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  const Answer answer = stripe.call("GET", "/v1/checkout/sessions/" + id, {}, {}, "rk_test_somebody9999");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.error()["code"], "resource_missing");
}

struct SessionMistake {
  const char* what;
  std::string form;
  const char* code;
  const char* param;
};
class WrongSessions : public testing::TestWithParam<SessionMistake> {};

TEST_P(WrongSessions, AreRefusedAsStripeDoes) {
  Simulator stripe;
  const Answer answer = stripe.post("/v1/checkout/sessions", GetParam().form);
  EXPECT_EQ(answer.status, 400) << answer.text;
  EXPECT_EQ(answer.error()["type"], "invalid_request_error");
  EXPECT_EQ(answer.error().value("code", ""), GetParam().code);
  EXPECT_EQ(answer.error()["param"], GetParam().param);
  EXPECT_TRUE(stripe.ledger()["sessions"].empty());
}

std::string without(std::string form, const std::string& part) {
  const auto at = form.find(part);
  return form.erase(at, form.find('&', at) - at + 1);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, WrongSessions,
    testing::Values(
        SessionMistake{"mode", without(kOneMug, "mode="), "parameter_missing", "mode"},
        SessionMistake{"success_url", without(kOneMug, "success_url="), "parameter_missing", "success_url"},
        SessionMistake{"lines", "mode=payment&success_url=https://a.example/", "parameter_missing",
                       "line_items"},
        SessionMistake{"unknown", kOneMug + "&colour=red", "parameter_unknown", "colour"},
        SessionMistake{"nested unknown", kOneMug + "&line_items[0][price_data][colour]=red",
                       "parameter_unknown", "line_items[0][price_data][colour]"},
        SessionMistake{"number", kOneMug + "&expires_at=soon", "parameter_invalid_integer", "expires_at"},
        SessionMistake{"empty", kOneMug + "&locale=", "parameter_invalid_empty", "locale"},
        SessionMistake{"url", kOneMug + "&cancel_url=javascript:x", "url_invalid", "cancel_url"},
        SessionMistake{"email", kOneMug + "&customer_email=ada", "email_invalid", "customer_email"},
        SessionMistake{"soon", kOneMug + "&expires_at=1790000600", "", "expires_at"},
        SessionMistake{"late", kOneMug + "&expires_at=1790090000", "", "expires_at"},
        SessionMistake{"metadata", kOneMug + "&metadata[" + std::string(41, 'k') + "]=v", "", "metadata"},
        SessionMistake{"currency", kOneMug + "&line_items[0][price_data][currency]=xxx", "",
                       "line_items[0][price_data][currency]"},
        SessionMistake{"sepa in usd", kOneMug + "&allowed_payment_method_types[0]=sepa_debit", "",
                       "allowed_payment_method_types"},
        SessionMistake{"no street",
                       kOneMug + "&payment_intent_data[shipping][name]=Ada"
                                 "&payment_intent_data[shipping][address][country]=DE",
                       "parameter_missing", "payment_intent_data[shipping][address][line1]"},
        SessionMistake{"two deliveries",
                       kOneMug + "&payment_intent_data[shipping][name]=Ada"
                                 "&payment_intent_data[shipping][address][line1]=1+Street"
                                 "&shipping_address_collection[allowed_countries][0]=DE",
                       "", "payment_intent_data[shipping]"},
        SessionMistake{"long descriptor",
                       kOneMug + "&payment_intent_data[statement_descriptor_suffix]=TWELVE+LONG+", "",
                       "payment_intent_data[statement_descriptor_suffix]"},
        SessionMistake{"fixed methods", kOneMug + "&payment_method_types[0]=card", "parameter_unknown",
                       "payment_method_types"},
        SessionMistake{
            "small",
            "mode=payment&success_url=https://a.example/&line_items[0][price_data][currency]=usd"
            "&line_items[0][price_data][unit_amount]=49&line_items[0][price_data][product_data][name]=Pin"
            "&line_items[0][quantity]=1",
            "amount_too_small", "line_items"}));

}  // namespace
}  // namespace checkout::test
