#include "app/config.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <unistd.h>

#include "app/check_config.hpp"

namespace checkout::app {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

Environment environmentOf(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

// A good configuration in one currency; tests break one thing in it.
Json shop(const std::string& currency = "usd", std::int64_t price = 1000) {
  return {
      {"tenants",
       {{{"id", "shop"},
         {"name", "Shop"},
         {"currency", currency},
         {"stripe", {{"api_base", "sandbox:"}}},
         {"shipping",
          {{"countries", {"US", "DE"}},
           {"rates",
            {{{"carrier_id", "dhl"},
              {"carrier_name", "DHL"},
              {"service_id", "parcel"},
              {"service_name", "Parcel"},
              {"countries", {"*"}},
              {"base_price", 500},
              {"min_days", 1},
              {"max_days", 3}}}}}},
         {"catalog",
          {{"products",
            {{{"id", "mug"}, {"name", "Mug"}, {"price", price}, {"kind", "physical"}, {"weight_grams", 400}},
             {{"id", "book"}, {"name", "Book"}, {"price", price}, {"kind", "digital"}, {"stock", 3}}}}}}}}}};
}

LoadedConfig load(const Json& json, std::map<std::string, std::string> variables = {}) {
  return loadConfigText(json.dump(2), "shop.json", "/nowhere", environmentOf(std::move(variables)));
}

std::vector<std::string> problemsOf(const Json& json, std::map<std::string, std::string> variables = {}) {
  std::vector<std::string> lines;
  for (const auto& problem : load(json, std::move(variables)).problems) lines.push_back(toString(problem));
  return lines;
}

// The one problem that setting `pointer` to `value` causes.
std::string problemWith(const std::string& pointer, Json value,
                        std::map<std::string, std::string> variables = {}) {
  Json json = shop();
  json[Json::json_pointer(pointer)] = std::move(value);
  const auto problems = problemsOf(json, std::move(variables));
  EXPECT_THAT(problems, SizeIs(1)) << pointer << ' ' << testing::PrintToString(problems);
  return problems.empty() ? "" : problems.front();
}

TEST(Config, ReadsAGoodFile) {
  const auto loaded = load(shop());
  ASSERT_THAT(loaded.problems, IsEmpty());
  ASSERT_THAT(loaded.config.tenants, SizeIs(1));
  const Tenant& tenant = loaded.config.tenants[0];
  EXPECT_EQ(tenant.id.value, "shop");
  EXPECT_TRUE(tenant.active);
  EXPECT_THAT(tenant.shippingCountries, ElementsAre("US", "DE"));
  EXPECT_EQ(tenant.policies.sessionLifetime, std::chrono::minutes(30));
  EXPECT_EQ(tenant.catalog->find({"mug"})->weightGrams, 400);
  EXPECT_FALSE(tenant.catalog->find({"mug"})->initialStock.has_value());
  EXPECT_EQ(tenant.catalog->find({"book"})->initialStock, 3);
  EXPECT_EQ(tenant.catalog->find({"book"})->price, (Money{1000, {"usd"}}));
}

TEST(Config, ReadsEveryOptionalMember) {
  Json json = shop();
  Json& tenant = json["tenants"][0];
  tenant["active"] = false;
  tenant["tax_rates"] = {{{"country", "DE"}, {"basis_points", 1900}}};
  tenant["policies"] = {{"late_payment", "honour"},
                        {"session_lifetime_minutes", 60},
                        {"payment_poll_interval_ms", 250},
                        {"spend_limit", 90000},
                        {"returns", "30 days"},
                        {"terms_url", "https://shop.example/terms"}};
  tenant["urls"] = {{"success", "https://shop.example/ok?s={CHECKOUT_SESSION_ID}"},
                    {"cancel", "https://shop.example/"}};
  tenant["email"] = {{"from", "Shop <orders@shop.example>"}};
  tenant["stripe"] = {{"api_base", "https://api.stripe.com"},
                      {"secret_key", {{"env", "KEY"}}},
                      {"webhook_secrets", {{{"env", "HOOK"}}}},
                      {"account", "acct_1"},
                      {"payment_method_types", {"card"}},
                      {"statement_descriptor_suffix", "SHOP"},
                      {"locale", "pt-BR"}};
  json["http"] = {{"public_url", "https://pay.shop.example/"},
                  {"allowed_hosts", {"pay.shop.example"}},
                  {"allowed_origins", {"https://shop.example"}}};
  json["mail"] = {{"file_outbox", "mail"}};
  const auto loaded = load(json, {{"KEY", "sk_live_1"}, {"HOOK", "whsec_1"}});
  ASSERT_THAT(loaded.problems, IsEmpty()) << toString(loaded.problems.front());
  const Tenant& read = loaded.config.tenants[0];
  EXPECT_FALSE(read.active);
  EXPECT_EQ(read.taxRates.at(0).basisPoints, 1900);
  EXPECT_EQ(read.policies.latePayment, LatePaymentPolicy::Honour);
  EXPECT_EQ(read.policies.paymentPollInterval, Milliseconds(250));
  EXPECT_EQ(read.policies.spendLimit, 90000);
  EXPECT_EQ(read.stripe.apiBase, "https://api.stripe.com");
  EXPECT_EQ(read.stripe.secretKey.reveal(), "sk_live_1");
  EXPECT_TRUE(read.stripe.livemode);
  EXPECT_FALSE(read.stripe.sandbox);
  EXPECT_EQ(read.stripe.webhookSecrets.at(0).reveal(), "whsec_1");
  EXPECT_EQ(read.stripe.account, "acct_1");
  EXPECT_EQ(read.emailFrom, "Shop <orders@shop.example>");
  EXPECT_EQ(loaded.config.publicUrl, "https://pay.shop.example");
  EXPECT_EQ(loaded.config.fileOutbox, "/nowhere/mail");
}

TEST(Config, ServesTheDemoStoreWithoutAnyEnvironment) {
  const auto loaded = loadDemoConfig(environmentOf({}));
  ASSERT_THAT(loaded.problems, IsEmpty()) << toString(loaded.problems.front());
  const Tenant& demo = loaded.config.tenants.at(0);
  EXPECT_EQ(demo.id.value, "demo_store");
  EXPECT_TRUE(demo.stripe.sandbox);
  EXPECT_TRUE(demo.stripe.secretKey.startsWith("sk_test_"));
  EXPECT_TRUE(demo.stripe.webhookSecrets.at(0).startsWith("whsec_"));
  EXPECT_GE(demo.catalog->all().size(), 12u);
  EXPECT_NE(loadDemoConfig(environmentOf({})).config.tenants.at(0).stripe.secretKey.reveal(),
            demo.stripe.secretKey.reveal());
}

TEST(Config, TakesTheDemoStoresKeyFromTheEnvironmentButNoLiveOne) {
  const auto test = loadDemoConfig(
      environmentOf({{"STRIPE_SECRET_KEY", "sk_test_9"}, {"STRIPE_WEBHOOK_SECRET", "whsec_9"}}));
  ASSERT_THAT(test.problems, IsEmpty());
  EXPECT_EQ(test.config.tenants[0].stripe.apiBase, "https://api.stripe.com");
  EXPECT_EQ(test.config.tenants[0].stripe.secretKey.reveal(), "sk_test_9");
  EXPECT_FALSE(test.config.tenants[0].stripe.sandbox);
  const auto live = loadDemoConfig(environmentOf({{"STRIPE_SECRET_KEY", "sk_live_9"}}));
  ASSERT_THAT(live.problems, SizeIs(1));
  EXPECT_THAT(toString(live.problems[0]), AllOf(HasSubstr("real money"), Not(HasSubstr("sk_live_9"))));
}

TEST(Config, TakesCurrenciesOfNoneTwoAndThreeDecimals) {
  for (const char* currency : {"usd", "eur", "jpy", "kwd"})
    EXPECT_THAT(problemsOf(shop(currency)), IsEmpty()) << currency;
  EXPECT_THAT(problemsOf(shop("kwd", 1005)),
              ElementsAre(HasSubstr("multiple of 10"), HasSubstr("multiple of 10")));
  EXPECT_THAT(problemsOf(shop("usd", 40)),
              ElementsAre(HasSubstr("at least $0.50"), HasSubstr("at least $0.50")));
  EXPECT_THAT(problemsOf(shop("usd", 100'000'000)),
              ElementsAre(HasSubstr("at most $999,999.99"), HasSubstr("at most $999,999.99")));
  EXPECT_THAT(problemsOf(shop("idr", 150'000'000)), IsEmpty());
  EXPECT_THAT(problemsOf(shop("zzz")),
              ElementsAre(HasSubstr("/tenants/0/currency: Stripe takes no payments in \"zzz\"")));
}

TEST(Config, SaysOnWhichLineAndWhere) {
  const std::string text = "{\n  \"tenants\": [],\n\n  \"htp\": {}\n}\n";
  const auto loaded = loadConfigText(text, "a.json", {}, environmentOf({}));
  ASSERT_THAT(loaded.problems, SizeIs(2));
  EXPECT_THAT(toString(loaded.problems[0]),
              StartsWith("a.json:2: /tenants: expected an array of 1 to 1000 items"));
  EXPECT_EQ(toString(loaded.problems[1]), "a.json:4: /htp: unknown member (did you mean \"http\"?)");
}

TEST(Config, SaysWhereTextStopsBeingJson) {
  const auto loaded =
      loadConfigText("{\n  \"tenants\": [\n    oops\n  ]\n}", "a.json", {}, environmentOf({}));
  ASSERT_THAT(loaded.problems, SizeIs(1));
  EXPECT_THAT(toString(loaded.problems[0]), StartsWith("a.json:3: "));
}

TEST(Config, NamesAKeyThatIsRepeated) {
  const auto loaded = loadConfigText("{\n  \"tenants\": [],\n  \"tenants\": []\n}", "shop.json", "/nowhere",
                                     environmentOf({}));
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(toString(loaded.problems[0]),
            "shop.json:3: invalid JSON in column 3: expected a key that is new in this object, found the key "
            "\"tenants\" once more");
}

TEST(Config, CollectsEveryProblemInTheOrderOfTheFile) {
  Json json = shop();
  json["tenants"][0]["currency"] = 5;
  json["tenants"][0]["catalog"]["products"][0].erase("weight_grams");
  json["tenants"][0]["catalog"]["products"][1]["id"] = "mug";
  EXPECT_THAT(
      problemsOf(json),
      ElementsAre(HasSubstr("/tenants/0/currency: expected a string"), HasSubstr("needs weight_grams"),
                  HasSubstr("/tenants/0/catalog/products/1/id: another product has the id \"mug\"")));
}

TEST(Config, ReadsWordsByWhichProductsAreFound) {
  Json json = shop();
  Json& catalog = json["tenants"][0]["catalog"];
  catalog["synonyms"] = Json::array({Json::array({"mug", "Tasse"})});
  catalog["products"][1]["keywords"] = {"novel"};
  const auto loaded = load(json);
  ASSERT_THAT(loaded.problems, IsEmpty()) << toString(loaded.problems.front());
  const auto firstFor = [&](const char* text) {
    CatalogQuery query;
    query.text = text;
    return loaded.config.tenants[0].catalog->search(query)->products.at(0).id.value;
  };
  EXPECT_EQ(firstFor("tassen"), "mug");
  EXPECT_EQ(firstFor("novels"), "book");
}

TEST(Config, ReadsWhomCustomersCanAsk) {
  Json json = shop();
  json["tenants"][0]["support"] = {{"email", "help@shop.example"}, {"url", "https://shop.example/help"}};
  const auto loaded = load(json);
  ASSERT_THAT(loaded.problems, IsEmpty()) << toString(loaded.problems.front());
  EXPECT_EQ(loaded.config.tenants[0].support.email, "help@shop.example");
  EXPECT_EQ(loaded.config.tenants[0].support.url, "https://shop.example/help");
  EXPECT_EQ(loaded.config.tenants[0].support.phone, "");
  EXPECT_THAT(problemWith("/tenants/0/support", Json::object()), HasSubstr("/tenants/0/support: expected"));
  EXPECT_THAT(problemWith("/tenants/0/support", {{"email", "help"}}), HasSubstr("/support/email: expected"));
  EXPECT_THAT(problemWith("/tenants/0/support", {{"phone", "ring us"}}),
              HasSubstr("/support/phone: expected"));
  EXPECT_THAT(problemWith("/tenants/0/support", {{"url", "http://shop.example"}}), HasSubstr("/support/url"));
}

TEST(Config, WantsProductsOrTheirFile) {
  EXPECT_THAT(problemWith("/tenants/0/catalog", {{"synonyms", Json::array()}}),
              HasSubstr("/tenants/0/catalog: expected either products or file"));
  EXPECT_THAT(problemWith("/tenants/0/catalog/file", "products.json"),
              HasSubstr("/tenants/0/catalog: expected either products or file"));
  EXPECT_THAT(problemWith("/tenants/0/catalog/synonyms", Json::array({Json::array({"mug"})})),
              HasSubstr("/catalog/synonyms/0: expected an array of 2 to 50"));
}

TEST(Config, ExplainsBrokenValues) {
  EXPECT_THAT(problemWith("/tenants/0/id", "Shop!"), HasSubstr("/tenants/0/id: expected a string matching"));
  EXPECT_THAT(problemWith("/tenants/0/catalog/products/0/price", "10.00"),
              HasSubstr("expected an integer from 1 to 999999999999, found \"10.00\""));
  EXPECT_THAT(problemWith("/tenants/0/catalog/products/0/price", 0), HasSubstr("expected an integer from 1"));
  EXPECT_THAT(problemWith("/tenants/0/catalog/products/1/weight_grams", 5),
              HasSubstr("a digital product has no weight"));
  EXPECT_THAT(problemWith("/tenants/0/catalog/products/0/kind", "thing"),
              HasSubstr("expected one of \"physical\" or \"digital\""));
  EXPECT_THAT(problemWith("/tenants/0/policies", {{"late_payment", "keep"}}),
              HasSubstr("expected one of \"honour\" or \"refund\""));
  EXPECT_THAT(problemWith("/tenants/0/policies", {{"session_lifetime_minutes", 5}}),
              HasSubstr("from 30 to 1440"));
  EXPECT_THAT(problemWith("/tenants/0/email", {{"from", "a@b\r\nBcc: c@d"}}),
              HasSubstr("/tenants/0/email/from"));
}

TEST(Config, ExplainsShippingThatCannotWork) {
  EXPECT_THAT(
      problemWith("/tenants/0/shipping/rates/0/countries", {"*", "FR"}),
      HasSubstr("/tenants/0/shipping/rates/0/countries/1: FR is not among the tenant's shipping.countries"));
  EXPECT_THAT(problemWith("/tenants/0/shipping/rates/0/countries", {"US"}), HasSubstr("no rate ships to DE"));
  EXPECT_THAT(problemWith("/tenants/0/shipping/rates/0/max_days", 0),
              HasSubstr("at least min_days, which is 1"));
  EXPECT_THAT(problemWith("/tenants/0/shipping/countries", {"US", "DE", "UK"}),
              HasSubstr("the United Kingdom is GB"));
  Json twice = shop();
  twice["tenants"][0]["shipping"]["rates"].push_back(twice["tenants"][0]["shipping"]["rates"][0]);
  EXPECT_THAT(problemsOf(twice),
              ElementsAre(HasSubstr("another rate has carrier \"dhl\" and service \"parcel\"")));
  Json without = shop();
  without["tenants"][0].erase("shipping");
  EXPECT_THAT(problemsOf(without),
              ElementsAre(HasSubstr("\"mug\" is physical, but the tenant has no shipping")));
}

TEST(Config, LetsThePaymentPageAskWhereTheTenantSaysSo) {
  Json json = shop();
  json["tenants"][0]["stripe"].update(
      {{"allow_promotion_codes", true}, {"automatic_tax", true}, {"shipping_on_page", true}});
  const auto loaded = load(json);
  ASSERT_THAT(loaded.problems, IsEmpty()) << toString(loaded.problems.front());
  const StripeSettings& asks = loaded.config.tenants[0].stripe;
  EXPECT_TRUE(asks.allowPromotionCodes && asks.automaticTax && asks.shippingOnPage);
  const StripeSettings silent = load(shop()).config.tenants[0].stripe;
  EXPECT_FALSE(silent.allowPromotionCodes || silent.automaticTax || silent.shippingOnPage);
}

TEST(Config, HasTaxReckonedOnce) {
  Json json = shop();
  json["tenants"][0]["tax_rates"] = {{{"country", "DE"}, {"basis_points", 1900}}};
  json["tenants"][0]["stripe"].update({{"automatic_tax", true}, {"shipping_on_page", true}});
  EXPECT_THAT(problemsOf(json), ElementsAre(HasSubstr("/stripe/automatic_tax: the tenant has tax_rates"),
                                            HasSubstr("/stripe/shipping_on_page: the tenant has tax_rates")));
}

TEST(Config, RefusesWhatStripeWouldRefuse) {
  const std::string stripe = "/tenants/0/stripe/";
  EXPECT_THAT(problemWith(stripe + "locale", "xx"), HasSubstr("expected one of"));
  for (const char* suffix : {"a name of 23 characters", "A*B", "<b>", "it's", "12345", "Müller", "a\\b"})
    problemWith(stripe + "statement_descriptor_suffix", suffix);
  Json json = shop();
  for (const char* suffix : {"MUGS & MORE+1", "exactly 22 characters", "a[b]~;=?@"}) {
    json["tenants"][0]["stripe"]["statement_descriptor_suffix"] = suffix;
    EXPECT_THAT(problemsOf(json), IsEmpty()) << suffix;
  }
  EXPECT_THAT(problemWith("/tenants/0/shipping/rates/0/service_name", std::string(97, 'x')),
              HasSubstr("carrier and service name"));
}

TEST(Config, RefusesTwoTenantsOfOneId) {
  Json json = shop();
  json["tenants"].push_back(json["tenants"][0]);
  EXPECT_THAT(problemsOf(json),
              ElementsAre(HasSubstr("/tenants/1/id: tenant 0 has the id \"shop\" already")));
}

TEST(Config, RefusesPlainHttpExceptOnThisMachine) {
  EXPECT_THAT(problemWith("/tenants/0/urls", {{"success", "http://shop.example/ok"}}),
              HasSubstr("expected https"));
  EXPECT_THAT(problemWith("/tenants/0/urls", {{"cancel", "http://127.0.0.1.evil.example/"}}),
              HasSubstr("expected https"));
  EXPECT_THAT(problemWith("/http", {{"public_url", "http://shop.example"}}),
              HasSubstr("/http/public_url: expected https"));
  Json json = shop();
  json["tenants"][0]["urls"] = {{"success", "http://localhost:3000/ok"}, {"cancel", "http://[::1]/"}};
  json["tenants"][0]["stripe"] = {{"api_base", "http://127.0.0.1:12111"}, {"secret_key", {{"env", "KEY"}}}};
  EXPECT_THAT(problemsOf(json, {{"KEY", "sk_test_1"}}), IsEmpty());
  json["tenants"][0]["stripe"]["api_base"] = "http://stripe.example";
  EXPECT_THAT(problemsOf(json, {{"KEY", "sk_test_1"}}),
              ElementsAre(HasSubstr("/stripe/api_base: expected https")));
}

TEST(Config, RefusesSecretsInTheFileAndNeverRepeatsThem) {
  const std::string problem = problemWith("/tenants/0/stripe/secret_key", "sk_live_verysecret");
  EXPECT_THAT(problem, AllOf(HasSubstr("{\"env\": \"NAME\"}"), Not(HasSubstr("verysecret"))));
  EXPECT_THAT(problemWith("/tenants/0/stripe/webhook_secrets", {"whsec_verysecret"}),
              AllOf(HasSubstr("/webhook_secrets/0"), Not(HasSubstr("verysecret"))));
  EXPECT_THAT(problemWith("/tenants/0/name", 5), Not(HasSubstr("secret")));
}

TEST(Config, ExplainsSecretsThatAreMissingOrWrong) {
  const std::string at = "/tenants/0/stripe/secret_key";
  EXPECT_THAT(problemWith(at, {{"env", "KEY"}}), HasSubstr("the environment variable KEY is not set"));
  EXPECT_THAT(problemWith(at, {{"file", "none"}}), HasSubstr("the secret's file can't be read"));
  EXPECT_THAT(problemWith(at, {{"env", "KEY"}}, {{"KEY", "pk_test_1"}}),
              AllOf(HasSubstr("expected a Stripe key"), Not(HasSubstr("pk_test_1"))));
  EXPECT_THAT(problemWith(at, {{"env", "KEY"}}, {{"KEY", "sk_test_1\r\nX: y"}}),
              HasSubstr("one line of printable characters"));
  EXPECT_THAT(problemWith(at, {{"env", "KEY"}}, {{"KEY", "sk_live_1"}}),
              HasSubstr("a live key with api_base sandbox:"));
  EXPECT_THAT(problemWith(at, {{"env", "KEY"}}, {{"KEY", "rk_live_1"}}),
              HasSubstr("a live key with api_base sandbox:"));
  EXPECT_THAT(problemWith("/tenants/0/stripe/api_base", "https://api.stripe.com"),
              HasSubstr("required member \"secret_key\" is missing"));
}

class ConfigFiles : public testing::Test {
 protected:
  ConfigFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "checkout-config-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ConfigFiles() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path put(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  std::filesystem::path folder_;
};

TEST_F(ConfigFiles, ReadSecretsAndProductsBesideTheConfiguration) {
  Json json = shop();
  put("products.json", Json{{"products", json["tenants"][0]["catalog"]["products"]}}.dump());
  put("key", "sk_test_from_file\n");
  json["tenants"][0]["catalog"] = {{"file", "products.json"}};
  json["tenants"][0]["stripe"]["secret_key"] = {{"file", "key"}};
  const auto loaded = loadConfig(put("config.json", json.dump()), environmentOf({}));
  ASSERT_THAT(loaded.problems, IsEmpty()) << toString(loaded.problems.front());
  EXPECT_EQ(loaded.config.tenants[0].stripe.secretKey.reveal(), "sk_test_from_file");
  EXPECT_TRUE(loaded.config.tenants[0].catalog->find({"book"}).has_value());
}

TEST_F(ConfigFiles, NameTheCertificateAuthorities) {
  Json json = shop();
  json["tls"] = {{"ca_file", "ca.pem"}};
  const auto missing = loadConfig(put("config.json", json.dump()), environmentOf({}));
  ASSERT_THAT(missing.problems, SizeIs(1));
  EXPECT_THAT(toString(missing.problems[0]), HasSubstr("/tls/ca_file: the file can't be read"));
  put("ca.pem", "no certificate");
  EXPECT_THAT(toString(loadConfig(folder_ / "config.json", environmentOf({})).problems.at(0)),
              HasSubstr("expected a file with certificates in PEM"));
  put("ca.pem", "-----BEGIN CERTIFICATE-----\n");
  const auto loaded = loadConfig(folder_ / "config.json", environmentOf({}));
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.caFile, folder_ / "ca.pem");
}

TEST_F(ConfigFiles, NameTheProductsFileInItsProblems) {
  Json json = shop();
  put("products.json", "{\n\"products\": [\n{\"id\": \"a\"}\n]}");
  json["tenants"][0]["catalog"] = {{"file", "products.json"}};
  const auto loaded = loadConfig(put("config.json", json.dump()), environmentOf({}));
  ASSERT_THAT(loaded.problems, SizeIs(3));  // name, price, kind
  EXPECT_THAT(toString(loaded.problems[0]), HasSubstr("products.json:3: /products/0/name: is missing"));
}

TEST_F(ConfigFiles, AreSummedUpByCheckConfig) {
  std::ostringstream good, bad, none;
  EXPECT_EQ(checkConfig(put("good.json", shop().dump()), environmentOf({}), good), 0);
  EXPECT_THAT(good.str(), AllOf(HasSubstr("OK, 1 tenant\n"), HasSubstr("2 products"), HasSubstr("sandbox")));
  EXPECT_EQ(checkConfig(put("bad.json", "{}"), environmentOf({}), bad), 2);
  EXPECT_THAT(bad.str(), AllOf(HasSubstr("bad.json:1: /tenants: is missing: expected an array"),
                               HasSubstr("\n1 problem\n")));
  EXPECT_EQ(checkConfig(folder_ / "missing.json", environmentOf({}), none), 2);
  EXPECT_THAT(none.str(), HasSubstr("can't be read"));
}

TEST(TenantDirectory, FindsTenantsAndListsThemInOrder) {
  std::vector<Tenant> tenants(2);
  tenants[0].id = {"b"};
  tenants[1].id = {"a"};
  const auto directory = makeTenantDirectory(std::move(tenants));
  EXPECT_EQ(directory->find({"a"})->id.value, "a");
  EXPECT_EQ(directory->find({"c"}), nullptr);
  EXPECT_EQ(directory->all().at(0)->id.value, "b");
}

TEST(ConfigWarnings, NameWhatWorksAndIsHardlyMeant) {
  const auto warningsOf = [](const Json& json, std::map<std::string, std::string> variables = {}) {
    const LoadedConfig loaded = load(json, std::move(variables));
    EXPECT_THAT(loaded.problems, IsEmpty());
    std::vector<std::string> lines;
    for (const auto& warning : loaded.warnings) lines.push_back(toString(warning));
    return lines;
  };
  Json json = shop();
  EXPECT_THAT(warningsOf(json), ElementsAre(HasSubstr("email.from")));
  json["tenants"][0]["email"]["from"] = "shop@example.com";
  EXPECT_THAT(warningsOf(json), IsEmpty());
  json["tenants"][0]["shipping"]["countries"] = {"US", "XX"};
  EXPECT_THAT(warningsOf(json),
              ElementsAre(AllOf(StartsWith("shop.json:"), HasSubstr("\"XX\" is no country"))));
  json["tenants"][0]["shipping"]["countries"] = {"US", "XK"};
  json["tenants"][0]["tax_rates"] = {{{"country", "US"}, {"basis_points", 19}}};
  EXPECT_THAT(warningsOf(json),
              ElementsAre(AllOf(HasSubstr("less than one percent"), HasSubstr("19 % are 1900"))));
  json["tenants"][0]["tax_rates"][0]["basis_points"] = 1900;
  json["tenants"][0]["stripe"]["allow_promotion_codes"] = true;
  EXPECT_THAT(warningsOf(json), ElementsAre(HasSubstr("promotion code")));
}

TEST(ConfigWarnings, LiveModeWithoutAPublicAddressIsOne) {
  Json json = shop();
  json["tenants"][0]["email"]["from"] = "shop@example.com";
  json["tenants"][0]["stripe"] = {{"api_base", "https://api.stripe.com"}, {"secret_key", {{"env", "KEY"}}}};
  const LoadedConfig loaded = load(json, {{"KEY", "sk_live_0123456789abcdef"}});
  ASSERT_THAT(loaded.problems, IsEmpty());
  ASSERT_THAT(loaded.warnings, SizeIs(1));
  EXPECT_THAT(toString(loaded.warnings.front()), HasSubstr("LIVE MODE without http.public_url"));
  json["http"]["public_url"] = "https://shop.example";
  EXPECT_THAT(load(json, {{"KEY", "sk_live_0123456789abcdef"}}).warnings, IsEmpty());
}

}  // namespace
}  // namespace checkout::app
