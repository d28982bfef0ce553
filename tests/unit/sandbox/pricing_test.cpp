#include <gmock/gmock.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Line {
  std::int64_t price, quantity;
  std::string behaviour = "exclusive";
};

std::string cart(const std::string& currency, const std::vector<Line>& lines) {
  std::string form = "mode=payment&success_url=https://shop.example/ok";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string at = "&line_items[" + std::to_string(i) + "]";
    form += at + "[price_data][currency]=" + currency + at +
            "[price_data][unit_amount]=" + std::to_string(lines[i].price) + at +
            "[price_data][product_data][name]=x" + at + "[price_data][tax_behavior]=" + lines[i].behaviour +
            at + "[quantity]=" + std::to_string(lines[i].quantity);
  }
  return form;
}

std::string parcel(std::int64_t amount, const std::string& currency) {
  const std::string at = "&shipping_options[0][shipping_rate_data]";
  return at + "[display_name]=Parcel" + at + "[tax_behavior]=exclusive" + at +
         "[fixed_amount][amount]=" + std::to_string(amount) + at + "[fixed_amount][currency]=" + currency;
}

const std::string kTax = "&automatic_tax[enabled]=true";

Json paidIn(Simulator& stripe, const std::string& form, const std::string& country) {
  const std::string id = stripe.newSession(form);
  const Answer paid = stripe.pay(id, {{"card", "4242424242424242"}, {"country", country}});
  EXPECT_EQ(paid.status, 200) << paid.text;
  return stripe.get("/v1/checkout/sessions/" + id + "?expand[]=line_items&expand[]=payment_intent").body();
}

// {subtotal, discount, shipping, tax, total}
std::vector<std::int64_t> amounts(const Json& session) {
  const Json& details = session["total_details"];
  return {session["amount_subtotal"], details["amount_discount"], details["amount_shipping"],
          details["amount_tax"], session["amount_total"]};
}

TEST(Pricing, MayTaxSessionsThatDoNotSay) {
  Simulator stripe;
  stripe.open("POST", "/_sandbox/settings", R"({"automatic_tax": true})");
  const std::string form = cart("eur", {{1000, 1}});
  EXPECT_EQ(stripe.session(stripe.newSession(form))["automatic_tax"]["enabled"], true);
  const std::string off = "&automatic_tax[enabled]=false";
  EXPECT_EQ(stripe.session(stripe.newSession(form + off))["automatic_tax"]["enabled"], false);
}

TEST(Pricing, PutsTaxOnTopOrFindsItInside) {
  Simulator stripe;
  const Json onTop = paidIn(stripe, cart("eur", {{1000, 2}, {499, 1}}) + parcel(490, "eur") + kTax, "DE");
  EXPECT_EQ(amounts(onTop), (std::vector<std::int64_t>{2499, 0, 490, 380 + 95 + 93, 3557}));
  EXPECT_EQ(onTop["payment_intent"]["amount_received"], 3557);
  EXPECT_EQ(onTop["shipping_cost"]["amount_total"], 583);
  EXPECT_EQ(onTop["automatic_tax"]["status"], "complete");
  const Json inside = paidIn(stripe, cart("eur", {{1190, 1, "inclusive"}}) + kTax, "DE");
  EXPECT_EQ(amounts(inside), (std::vector<std::int64_t>{1190, 0, 0, 190, 1190}));
  const Json byDefault = paidIn(stripe, cart("usd", {{1000, 1, "unspecified"}}) + kTax, "US");
  EXPECT_EQ(amounts(byDefault), (std::vector<std::int64_t>{1000, 0, 0, 73, 1073}));
  const Json elsewhere = paidIn(stripe, cart("usd", {{1000, 1}}) + kTax, "ZZ");
  EXPECT_EQ(amounts(elsewhere), (std::vector<std::int64_t>{1000, 0, 0, 0, 1000}));
}

TEST(Pricing, WaitsForTheAddressBeforeItTaxes) {
  Simulator stripe;
  const Json session = stripe.session(stripe.newSession(cart("eur", {{1000, 1}}) + kTax));
  EXPECT_EQ(session["automatic_tax"]["status"], "requires_location_inputs");
  EXPECT_EQ(session["amount_total"], 1000);
  const std::string customer =
      stripe.post("/v1/customers", "name=Ada&address[country]=DE&address[line1]=Street").body()["id"];
  const Json known =
      stripe.session(stripe.newSession(cart("eur", {{1000, 1}}) + kTax + "&customer=" + customer));
  EXPECT_EQ(known["amount_total"], 1190);
}

TEST(Pricing, SpreadsADiscountOverTheLinesToTheLastCent) {
  Simulator stripe;
  stripe.post("/v1/coupons", "id=third&percent_off=33.33");
  stripe.post("/v1/coupons", "id=ten&amount_off=1000&currency=eur");
  const std::string lines = cart("eur", {{1001, 1}, {333, 1}, {1, 1}});
  const Json third = paidIn(stripe, lines + "&discounts[0][coupon]=third" + kTax + parcel(100, "eur"), "DE");
  // 333.63, 110.99 and 0.33 cents off; 19 % of 667, 222, 1 and of the parcel.
  EXPECT_EQ(amounts(third), (std::vector<std::int64_t>{1335, 334 + 111 + 0, 100, 127 + 42 + 0 + 19, 1178}));
  const Json ten = paidIn(stripe, lines + "&discounts[0][coupon]=ten", "DE");
  EXPECT_EQ(amounts(ten), (std::vector<std::int64_t>{1335, 1000, 0, 0, 335}));
  std::int64_t spread = 0;
  for (const Json& line : ten["line_items"]["data"]) {
    spread += line["amount_discount"].get<std::int64_t>();
    EXPECT_GE(line["amount_total"], 0);
  }
  EXPECT_EQ(spread, 1000);
}

TEST(Pricing, CountsInRupiahToTheLastOne) {
  Simulator stripe;
  stripe.post("/v1/coupons", "id=million&amount_off=99999999&currency=idr");
  const std::string lines = cart("idr", {{299'999'999'999, 3}, {99'999'999'999, 1}});
  const Json paid = paidIn(stripe, lines + "&discounts[0][coupon]=million", "ID");
  EXPECT_EQ(paid["amount_total"], 999'999'999'996 - 99'999'999);
  EXPECT_EQ(stripe.post("/v1/checkout/sessions", cart("idr", {{299'999'999'999, 4}})).error()["code"],
            "amount_too_large");
  EXPECT_EQ(stripe.post("/v1/checkout/sessions", cart("eur", {{10'000'000, 10}})).error()["code"],
            "amount_too_large");
}

TEST(Coupons, AreUsedUpAndExpire) {
  Simulator stripe;
  stripe.post("/v1/coupons", "id=once&percent_off=10&max_redemptions=1");
  const std::string form = cart("usd", {{1000, 1}}) + "&discounts[0][coupon]=once";
  paidIn(stripe, form, "US");
  const Json used = stripe.get("/v1/coupons/once").body();
  EXPECT_EQ(used["times_redeemed"], 1);
  EXPECT_EQ(used["valid"], false);
  const Answer again = stripe.post("/v1/checkout/sessions", form);
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(again.error()["code"], "coupon_expired");
  EXPECT_EQ(again.error()["param"], "discounts[0][coupon]");

  const std::int64_t soon = toUnixSeconds(stripe.clock.now() + 1h);
  stripe.post("/v1/coupons", "id=brief&percent_off=10&redeem_by=" + std::to_string(soon));
  EXPECT_EQ(stripe.get("/v1/coupons/brief").body()["valid"], true);
  stripe.advance(2h);
  EXPECT_EQ(stripe.get("/v1/coupons/brief").body()["valid"], false);
}

TEST(Coupons, SayWhyTheyDoNothing) {
  Simulator stripe;
  stripe.post("/v1/coupons", "id=euro&amount_off=100&currency=eur");
  stripe.post("/v1/coupons", "id=almost&percent_off=99");
  const std::string lines = cart("usd", {{1000, 1}});
  const auto refusal = [&](const std::string& discount) {
    return stripe.post("/v1/checkout/sessions", lines + discount).error()["message"].get<std::string>();
  };
  EXPECT_THAT(refusal("&discounts[0][coupon]=euro"), HasSubstr("not for payments in usd"));
  EXPECT_THAT(refusal("&discounts[0][coupon]=almost"), HasSubstr("less than $0.50"));
  EXPECT_THAT(refusal("&discounts[0][coupon]=none"), HasSubstr("No such coupon"));
  EXPECT_THAT(refusal("&discounts[0][coupon]=euro&allow_promotion_codes=true"), HasSubstr("Only one of"));
  const std::string code =
      stripe
          .post("/v1/promotion_codes",
                "promotion[type]=coupon&promotion[coupon]=almost&code=BIG&restrictions[minimum_amount]=5000"
                "&restrictions[minimum_amount_currency]=usd")
          .body()["id"];
  EXPECT_THAT(refusal("&discounts[0][promotion_code]=" + code), HasSubstr("at least $50.00"));
  EXPECT_EQ(stripe.post("/v1/promotion_codes", "promotion[type]=coupon&promotion[coupon]=almost&code=big")
                .error()["code"],
            "resource_already_exists");
  stripe.call("DELETE", "/v1/coupons/almost");
  EXPECT_EQ(stripe.get("/v1/promotion_codes/" + code).body()["active"], false);
  EXPECT_EQ(stripe.get("/v1/coupons/almost").status, 404);
}

TEST(Customers, AreMadeByASessionThatAsksForThem) {
  Simulator stripe;
  const Json session = paidIn(stripe, kOneMug + "&customer_creation=always", "US");
  const Json customer = stripe.get("/v1/customers/" + session["customer"].get<std::string>()).body();
  EXPECT_EQ(customer["email"], session["customer_details"]["email"]);
  EXPECT_EQ(session["payment_intent"]["customer"], customer["id"]);
  EXPECT_TRUE(paidIn(stripe, kOneMug, "US")["customer"].is_null());
}

TEST(Metadata, IsChangedKeyByKey) {
  Simulator stripe;
  const std::string id = stripe.post("/v1/customers", "metadata[a]=1&metadata[b]=2").body()["id"];
  const auto update = [&](const std::string& form) { return stripe.post("/v1/customers/" + id, form); };
  EXPECT_EQ(update("metadata[b]=&metadata[c]=3").body()["metadata"], (Json{{"a", "1"}, {"c", "3"}}));
  EXPECT_EQ(update("name=Ada").body()["metadata"], (Json{{"a", "1"}, {"c", "3"}}));
  std::string many;
  for (int i = 0; i < 49; ++i) many += "&metadata[k" + std::to_string(i) + "]=v";
  EXPECT_EQ(update(many.substr(1)).status, 400);  // two are there already
  EXPECT_EQ(update("metadata[" + std::string(41, 'k') + "]=v").status, 400);
  EXPECT_EQ(update("metadata[k]=" + std::string(501, 'v')).status, 400);
  EXPECT_EQ(update("metadata=").body()["metadata"], Json::object());
}

}  // namespace
}  // namespace checkout::test
