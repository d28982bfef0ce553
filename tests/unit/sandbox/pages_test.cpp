#include <gmock/gmock.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST(PaymentPage, ShowsTheOrderAndAnAccessibleForm) {
  Simulator stripe;
  const std::string id =
      stripe.newSession(kOneMug +
                        "&line_items[0][price_data][product_data][description]=Blue"
                        "&line_items[0][price_data][product_data][images][0]=https://img.example/m.png"
                        "&customer_email=ada@example.com");
  const Answer page = stripe.open("GET", "/pay/" + id);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(*page.headers.get("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_THAT(page.text,
              AllOf(HasSubstr("TEST MODE"), HasSubstr("Mug"), HasSubstr("Blue"), HasSubstr("Qty 2"),
                    HasSubstr("$21.00 each"), HasSubstr("$42.00"), HasSubstr("https://img.example/m.png")));
  EXPECT_THAT(page.text, AllOf(HasSubstr("value=\"ada@example.com\" readonly"), HasSubstr("id=\"pay\""),
                               HasSubstr("href=\"https://shop.example/cart\""), Not(HasSubstr("<script"))));
  for (const std::string field : {"email", "cardNumber", "cardExpiry", "cardCvc", "billingName"})
    EXPECT_THAT(page.text, AllOf(HasSubstr("label for=\"" + field + "\""),
                                 HasSubstr("id=\"" + field + "\" name=\"" + field + "\"")));
  EXPECT_THAT(page.text, AllOf(HasSubstr("autocomplete=\"cc-number\""), HasSubstr("autocomplete=\"cc-exp\""),
                               HasSubstr("autocomplete=\"cc-csc\"")));
}

TEST(PaymentPage, WritesAmountsAsTheirCurrencyDoes) {
  Simulator stripe;
  const auto totalIn = [&](const std::string& currency, const std::string& amount) {
    return stripe
        .open(
            "GET",
            "/pay/" + stripe.newSession(
                          "mode=payment&success_url=https://a.example/&line_items[0][price_data][currency]=" +
                          currency + "&line_items[0][price_data][unit_amount]=" + amount +
                          "&line_items[0][price_data][product_data][name]=x&line_items[0][quantity]=1"))
        .text;
  };
  EXPECT_THAT(totalIn("jpy", "1500"), HasSubstr("Pay ¥1,500<"));
  EXPECT_THAT(totalIn("kwd", "1230"), HasSubstr("Pay 1.230 KWD<"));
  EXPECT_THAT(totalIn("eur", "105"), HasSubstr("Pay €1.05<"));
}

TEST(PaymentPage, EscapesWhatMerchantsAndCustomersWrite) {
  Simulator stripe;
  const std::string id =
      stripe.newSession(replaced(kOneMug, "name]=Mug", "name]=%3Cscript%3Ealert(1)%3C/script%3E%22%27"));
  const Answer page = stripe.open("POST", "/pay/" + id, "email=%22%3E%3Cb%3E&billingName=%3Ci%3E");
  EXPECT_THAT(page.text, AllOf(Not(HasSubstr("<script>")), Not(HasSubstr("<b>")), Not(HasSubstr("<i>")),
                               HasSubstr("&lt;script&gt;"), HasSubstr("&quot;&gt;&lt;b&gt;")));
}

TEST(PaymentPage, PayingSendsTheCustomerBackToTheShop) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  const Answer paid = stripe.open("POST", "/pay/" + id, kGoodCard);
  EXPECT_EQ(paid.status, 303);
  EXPECT_EQ(paid.headers.get("Location"), "https://shop.example/ok?s=" + id);
  const Json session = stripe.session(id);
  EXPECT_EQ(session["payment_status"], "paid");
  EXPECT_EQ(session["customer_details"]["name"], "Ada");

  EXPECT_THAT(stripe.open("GET", "/pay/" + id).text, HasSubstr("has been paid"));
  EXPECT_EQ(stripe.open("POST", "/pay/" + id, kGoodCard).headers.get("Location"),
            "https://shop.example/ok?s=" + id);
  EXPECT_EQ(stripe.ledger()["totals"]["usd"]["captured"], 4200);
}

struct FieldMistake {
  const char* what;
  std::string from, to, field, message;
};
class WrongFields : public testing::TestWithParam<FieldMistake> {};

TEST_P(WrongFields, AreExplainedBesideTheField) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  const Answer page = stripe.open("POST", "/pay/" + id, replaced(kGoodCard, GetParam().from, GetParam().to));
  EXPECT_EQ(page.status, 422);
  EXPECT_THAT(page.text, HasSubstr("aria-describedby=\"" + GetParam().field + "-error\""));
  EXPECT_THAT(page.text, HasSubstr(GetParam().message));
  EXPECT_THAT(page.text, Not(HasSubstr("4242")));
  EXPECT_EQ(stripe.session(id)["status"], "open");
  EXPECT_TRUE(stripe.ledger()["charges"].empty());
}

INSTANTIATE_TEST_SUITE_P(
    Fields, WrongFields,
    testing::Values(
        FieldMistake{"no number", "4242+4242+4242+4242", "", "cardNumber", "Enter your card number"},
        FieldMistake{"short", "4242+4242+4242+4242", "4242", "cardNumber", "incomplete"},
        FieldMistake{"Luhn", "4242+4242+4242+4242", "4242424242424241", "cardNumber", "not valid"},
        FieldMistake{"past", "12+/+34", "12/20", "cardExpiry", "in the past"},
        FieldMistake{"month", "12+/+34", "13/34", "cardExpiry", "incomplete"},
        FieldMistake{"cvc", "cardCvc=123", "cardCvc=12", "cardCvc", "3 digits"},
        FieldMistake{"email", "ada@example.com", "ada", "email", "not valid"},
        FieldMistake{"name", "billingName=Ada", "billingName=+", "billingName", "name on your card"}));

TEST(PaymentPage, ADeclineStaysOnThePageBesideTheField) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  const auto payWith = [&](const std::string& number) {
    return stripe.open("POST", "/pay/" + id, replaced(kGoodCard, "4242+4242+4242+4242", number));
  };
  const Answer declined = payWith("4000000000000002");
  EXPECT_EQ(declined.status, 402);
  EXPECT_THAT(declined.text, AllOf(HasSubstr("Your card was declined."), HasSubstr("cardNumber-error"),
                                   HasSubstr("value=\"Ada\"")));
  EXPECT_THAT(payWith("4000000000009995").text, HasSubstr("insufficient funds"));
  EXPECT_THAT(payWith("4000000000000069").text, HasSubstr("cardExpiry-error"));
  EXPECT_THAT(payWith("4000000000000127").text, HasSubstr("cardCvc-error"));
  EXPECT_EQ(stripe.open("POST", "/pay/" + id, kGoodCard).status, 303);
}

TEST(PaymentPage, ThreeDSecureGoesThroughTheChallenge) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  const std::string form = replaced(kGoodCard, "4242+4242+4242+4242", "4000002500003155");
  const auto challenge = [&] {
    const Answer sent = stripe.open("POST", "/pay/" + id, form);
    EXPECT_EQ(sent.status, 303);
    const std::string url = *sent.headers.get("Location");
    EXPECT_EQ(url.rfind("http://pay.test/pay/authenticate/pi_", 0), 0u) << url;
    return url.substr(std::string("http://pay.test").size());
  };
  const std::string page = challenge();
  EXPECT_THAT(stripe.open("GET", page).text, AllOf(HasSubstr("Complete"), HasSubstr("Fail")));
  const Answer refused = stripe.open("POST", page, "outcome=refuse");
  EXPECT_EQ(refused.headers.get("Location"), "/pay/" + id);
  EXPECT_THAT(stripe.open("GET", "/pay/" + id).text, HasSubstr("could not verify"));

  const Answer accepted = stripe.open("POST", challenge(), "outcome=accept");
  EXPECT_EQ(accepted.headers.get("Location"), "https://shop.example/ok?s=" + id);
  EXPECT_EQ(stripe.session(id)["payment_status"], "paid");
}

TEST(PaymentPage, OffersSepaWhereTheSessionAllowsIt) {
  Simulator stripe;
  EXPECT_THAT(stripe.open("GET", "/pay/" + stripe.newSession()).text, Not(HasSubstr("IBAN")));
  const std::string id = stripe.newSession(kOneMugInEuro);
  EXPECT_THAT(stripe.open("GET", "/pay/" + id).text,
              AllOf(HasSubstr("SEPA Direct Debit"), HasSubstr("id=\"iban\"")));
  const std::string form = "paymentMethod=sepa_debit&email=ada@example.com&billingName=Ada&iban=";
  EXPECT_THAT(stripe.open("POST", "/pay/" + id, form + "DE00123").text, HasSubstr("Your IBAN is not valid."));
  EXPECT_EQ(stripe.open("POST", "/pay/" + id, form + "de89+3704+0044+0532+0130+00").status, 303);
  EXPECT_EQ(stripe.session(id)["payment_status"], "unpaid");
}

TEST(PaymentPage, AnExpiredOrUnknownOneSaysSo) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  stripe.advance(24h);
  const Answer expired = stripe.open("POST", "/pay/" + id, kGoodCard);
  EXPECT_EQ(expired.status, 410);
  EXPECT_THAT(expired.text, AllOf(HasSubstr("expired"), HasSubstr("https://shop.example/cart")));
  EXPECT_EQ(stripe.open("GET", "/pay/cs_test_none").status, 404);
  EXPECT_EQ(stripe.open("GET", "/elsewhere").status, 404);
}

TEST(PaymentPage, LetsTheCustomerChooseShipping) {
  Simulator stripe;
  const auto option = [](int i, const std::string& name, int amount) {
    const std::string at = "&shipping_options[" + std::to_string(i) + "][shipping_rate_data]";
    return at + "[display_name]=" + name + at + "[fixed_amount][amount]=" + std::to_string(amount) + at +
           "[fixed_amount][currency]=usd";
  };
  const std::string id = stripe.newSession(kOneMug + option(0, "Slow", 100) + option(1, "Fast", 900));
  EXPECT_THAT(stripe.open("GET", "/pay/" + id).text,
              AllOf(HasSubstr("Slow"), HasSubstr("Fast"), HasSubstr("Pay $43.00")));
  EXPECT_EQ(stripe.open("POST", "/pay/" + id + "/shipping", "shippingOption=1").headers.get("Location"),
            "/pay/" + id);
  EXPECT_THAT(stripe.open("GET", "/pay/" + id).text,
              AllOf(HasSubstr("Subtotal"), HasSubstr("Shipping: Fast"), HasSubstr("Pay $51.00")));
  stripe.open("POST", "/pay/" + id + "/shipping", "shippingOption=2");  // there is none
  EXPECT_EQ(stripe.open("POST", "/pay/" + id, kGoodCard).status, 303);
  const Json session = stripe.session(id);
  EXPECT_EQ(session["amount_total"], 5100);
  EXPECT_EQ(session["payment_intent"]["amount_received"], 5100);
}

TEST(PaymentPage, ChargesNoTotalThatTheCustomerHasNotSeen) {
  Simulator stripe;
  const std::string id = stripe.newSession();
  const Answer page = stripe.open("POST", "/pay/" + id, kGoodCard + "&total=4000");
  EXPECT_EQ(page.status, 409);
  EXPECT_THAT(page.text, AllOf(HasSubstr("The total has changed to $42.00"), HasSubstr("value=\"Ada\""),
                               Not(HasSubstr("4242 4242"))));
  EXPECT_TRUE(stripe.ledger()["charges"].empty());
  EXPECT_EQ(stripe.open("POST", "/pay/" + id, kGoodCard + "&total=4200").status, 303);
}

TEST(PaymentPage, ForgetsAChallengeAboutATotalThatHasChanged) {
  Simulator stripe;
  const std::string rate = "&shipping_options[1][shipping_rate_data]";
  const std::string id =
      stripe.newSession(kOneMug +
                        "&shipping_options[0][shipping_rate_data][display_name]=Slow"
                        "&shipping_options[0][shipping_rate_data][fixed_amount][amount]=0"
                        "&shipping_options[0][shipping_rate_data][fixed_amount][currency]=usd" +
                        rate + "[display_name]=Fast" + rate + "[fixed_amount][amount]=900" + rate +
                        "[fixed_amount][currency]=usd");
  const std::string challenge =
      *stripe.open("POST", "/pay/" + id, replaced(kGoodCard, "4242+4242+4242+4242", "4000002760003184"))
           .headers.get("Location");
  stripe.open("POST", "/pay/" + id + "/shipping", "shippingOption=1");
  const Answer late = stripe.open("POST", challenge.substr(challenge.find("/pay/")), "outcome=accept");
  EXPECT_EQ(late.headers.get("Location"), "/pay/" + id);
  EXPECT_EQ(stripe.session(id)["payment_status"], "unpaid");
  stripe.open("POST", "/pay/" + id, kGoodCard);
  EXPECT_EQ(stripe.session(id)["payment_intent"]["amount_received"], 5100);
}

TEST(PaymentPage, TakesAPromotionCodeAndLetsGoOfIt) {
  Simulator stripe;
  const std::string coupon = stripe.post("/v1/coupons", "percent_off=25").body()["id"];
  stripe.post("/v1/promotion_codes", "promotion[type]=coupon&code=SPRING&promotion[coupon]=" + coupon);
  const std::string id = stripe.newSession(kOneMug + "&allow_promotion_codes=true");
  const std::string promotion = "/pay/" + id + "/promotion";
  const Answer wrong = stripe.open("POST", promotion, "promotionCode=WINTER");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(wrong.text, AllOf(HasSubstr("This code is invalid"), HasSubstr("promotionCode-error"),
                                HasSubstr("value=\"WINTER\"")));
  EXPECT_EQ(stripe.open("POST", promotion, "promotionCode=spring").status, 303);
  EXPECT_THAT(stripe.open("GET", "/pay/" + id).text,
              AllOf(HasSubstr("SPRING"), HasSubstr("-$10.50"), HasSubstr("Pay $31.50")));
  stripe.open("POST", promotion, "removePromotion=1");
  EXPECT_EQ(stripe.session(id)["amount_total"], 4200);
  EXPECT_EQ(stripe.session(id)["total_details"]["amount_discount"], 0);
}

TEST(PaymentPage, IgnoresACodeWhereTheShopTakesNone) {
  Simulator stripe;
  const std::string coupon = stripe.post("/v1/coupons", "percent_off=25").body()["id"];
  stripe.post("/v1/promotion_codes", "promotion[type]=coupon&code=SPRING&promotion[coupon]=" + coupon);
  const std::string id = stripe.newSession();
  stripe.open("POST", "/pay/" + id + "/promotion", "promotionCode=SPRING");
  EXPECT_EQ(stripe.session(id)["amount_total"], 4200);
}

TEST(PaymentPage, AsksForTheAddressBeforeThePaymentWhereTheTotalDependsOnIt) {
  Simulator stripe;
  const std::string id = stripe.newSession(
      kOneMug + "&automatic_tax[enabled]=true&shipping_address_collection[allowed_countries][0]=US");
  EXPECT_THAT(stripe.open("GET", "/pay/" + id).text,
              AllOf(HasSubstr("id=\"continue\""), Not(HasSubstr("id=\"pay\""))));
  EXPECT_EQ(stripe.open("POST", "/pay/" + id, kGoodCard).status, 409);
  const std::string address =
      "addressName=Ada&addressLine1=1+Road&addressCity=Town&addressPostalCode=94105&addressCountry=";
  EXPECT_THAT(stripe.open("POST", "/pay/" + id + "/address", address + "FR").text,
              HasSubstr("does not ship to this country"));
  EXPECT_THAT(stripe.open("POST", "/pay/" + id + "/address", "addressCountry=US").text,
              HasSubstr("Enter the town or city"));
  EXPECT_EQ(stripe.open("POST", "/pay/" + id + "/address", address + "US").status, 303);
  EXPECT_THAT(stripe.open("GET", "/pay/" + id).text,
              AllOf(HasSubstr("1 Road, 94105 Town, United States"), HasSubstr("Pay $45.05")));
  EXPECT_EQ(stripe.open("POST", "/pay/" + id, kGoodCard).status, 303);
  const Json session = stripe.session(id);
  EXPECT_EQ(session["total_details"]["amount_tax"], 305);  // 7.25 % of 42.00, rounded
  EXPECT_EQ(session["collected_information"]["shipping_details"]["address"]["city"], "Town");
  EXPECT_EQ(session["payment_intent"]["shipping"]["name"], "Ada");
}

TEST(PaymentPage, CompletesAnOrderThatCostsNothing) {
  Simulator stripe;
  const std::string coupon = stripe.post("/v1/coupons", "percent_off=100").body()["id"];
  const std::string id = stripe.newSession(kOneMug + "&discounts[0][coupon]=" + coupon);
  EXPECT_THAT(stripe.open("GET", "/pay/" + id).text,
              AllOf(HasSubstr("Complete order"), Not(HasSubstr("cardNumber"))));
  EXPECT_EQ(stripe.open("POST", "/pay/" + id, "email=ada@example.com&billingName=Ada").status, 303);
  EXPECT_EQ(stripe.session(id)["payment_status"], "no_payment_required");
  EXPECT_TRUE(stripe.ledger()["payment_intents"].empty());
}

}  // namespace
}  // namespace checkout::test
