#include <gmock/gmock.h>

#include "simulator.hpp"

namespace checkout::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string encoded(const std::string& text) {
  std::string out;
  char hex[4];
  for (const unsigned char c : text) {
    std::snprintf(hex, sizeof hex, "%%%02X", c);
    out += hex;
  }
  return out;
}

struct Shelf : Simulator {
  std::string add(const std::string& form) {
    return post("/v1/payment_intents", "amount=1000" + kWithoutRedirects + "&" + form).body()["id"];
  }
  Answer search(const std::string& query, const std::string& more = {}) {
    return get("/v1/payment_intents/search?query=" + encoded(query) + more);
  }
  std::vector<std::string> found(const std::string& query) {
    std::vector<std::string> ids;
    const Json page = search(query).body();
    for (const Json& intent : page["data"]) ids.push_back(intent["id"]);
    return ids;
  }
};

TEST(Search, FindsIntentsByTheirMetadataNewestFirst) {
  Shelf stripe;
  const std::string first = stripe.add("currency=usd&metadata[saga_id]=s_1");
  stripe.add("currency=usd&metadata[saga_id]=s_2");
  stripe.add("currency=usd&metadata[other]=s_1");
  const std::string last = stripe.add("currency=usd&metadata[saga_id]=s_1");
  stripe.advance(1min);
  const Json page = stripe.search("metadata['saga_id']:'s_1'").body();
  EXPECT_EQ(page["object"], "search_result");
  EXPECT_EQ(page["url"], "/v1/payment_intents/search");
  EXPECT_EQ(page["has_more"], false);
  EXPECT_TRUE(page["next_page"].is_null());
  EXPECT_THAT(stripe.found("metadata['saga_id']:'s_1'"), ElementsAre(last, first));
  EXPECT_EQ(page["data"][0]["metadata"]["saga_id"], "s_1");
  EXPECT_THAT(stripe.found("metadata[\"saga_id\"]:\"s_1\""), ElementsAre(last, first));
  EXPECT_THAT(stripe.found("metadata['saga_id']:'s_'"), IsEmpty());
}

TEST(Search, JoinsStatusCurrencyAndMetadataByAnd) {
  Shelf stripe;
  stripe.add("currency=usd&metadata[saga_id]=s_1");
  const std::string paid =
      stripe.add("currency=eur&metadata[saga_id]=s_1&confirm=true&payment_method=pm_card_visa");
  const std::string open = stripe.add("currency=eur&metadata[saga_id]=s_1");
  stripe.advance(1min);
  EXPECT_THAT(stripe.found("currency:\"eur\""), ElementsAre(open, paid));
  EXPECT_THAT(stripe.found("currency:'EUR' AND status:'succeeded'"), ElementsAre(paid));
  EXPECT_THAT(
      stripe.found("status:'requires_payment_method' AND metadata['saga_id']:'s_1' and currency:'eur'"),
      ElementsAre(open));
}

// Stripe: not for reading what was just written.
TEST(Search, LagsAMinuteBehind) {
  Shelf stripe;
  const std::string id = stripe.add("currency=usd&metadata[saga_id]=s_1");
  stripe.advance(59s);
  EXPECT_THAT(stripe.found("metadata['saga_id']:'s_1'"), IsEmpty());
  stripe.advance(1s);
  EXPECT_THAT(stripe.found("metadata['saga_id']:'s_1'"), ElementsAre(id));
}

TEST(Search, ComesInPages) {
  Shelf stripe;
  std::vector<std::string> newestFirst;
  for (int i = 0; i < 5; ++i) newestFirst.insert(newestFirst.begin(), stripe.add("currency=usd"));
  stripe.advance(1min);
  std::vector<std::string> seen;
  std::string more = "&limit=2";
  for (int pages = 1; pages <= 3; ++pages) {
    const Json page = stripe.search("currency:'usd'", more).body();
    for (const Json& intent : page["data"]) seen.push_back(intent["id"]);
    EXPECT_EQ(page["has_more"], pages < 3);
    EXPECT_EQ(page["next_page"].is_string(), pages < 3);
    if (pages < 3) more = "&limit=2&page=" + page["next_page"].get<std::string>();
  }
  EXPECT_EQ(seen, newestFirst);
  EXPECT_EQ(stripe.search("currency:'usd'", "&page=nonsense").error()["param"], "page");
  EXPECT_EQ(stripe.search("currency:'usd'", "&limit=101").error()["param"], "limit");
  EXPECT_EQ(stripe.search("currency:'usd'", "&starting_after=" + seen[0]).error()["code"],
            "parameter_unknown");
}

TEST(Search, ExpandsWhatItFound) {
  Shelf stripe;
  stripe.add("currency=usd&confirm=true&payment_method=pm_card_visa");
  stripe.advance(1min);
  const Json page = stripe.search("currency:'usd'", "&expand[]=data.latest_charge").body();
  EXPECT_EQ(page["data"][0]["latest_charge"]["object"], "charge");
}

TEST(Search, RefusesWhatItDoesNotUnderstand) {
  Shelf stripe;
  for (const char* query : {"amount:1000", "metadata:'x'", "metadata['a']", "metadata['a':'b'",
                            "metadata[a]:'b'", "status:succeeded", "status:'succeeded", "status~'succ'",
                            "-status:'succeeded'", "status:'a' OR status:'b'", "status:'a' status:'b'",
                            "status:'a' AND ", "status:'a' nonsense", ":'a'"}) {
    const Answer answer = stripe.search(query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(answer.error()["type"], "invalid_request_error") << query;
    EXPECT_EQ(answer.error()["param"], "query") << query;
    EXPECT_THAT(answer.error()["message"].get<std::string>(), HasSubstr("unable to parse")) << query;
  }
  EXPECT_EQ(stripe.get("/v1/payment_intents/search").error()["code"], "parameter_missing");
}

TEST(Search, IsOfOneAccountOnly) {
  Shelf stripe;
  stripe.add("currency=usd");
  stripe.advance(1min);
  const Answer other = stripe.call("GET", "/v1/payment_intents/search?query=" + encoded("currency:'usd'"), {},
                                   {}, "sk_test_another_key");
  EXPECT_THAT(other.body()["data"], IsEmpty());
}

}  // namespace
}  // namespace checkout::test
