// Resources, prompts and completion, in both eras.
#include <gmock/gmock.h>

#include "base/base64.hpp"
#include "mcp/uri_template.hpp"
#include "unit/mcp/fake_features.hpp"

namespace checkout::mcp {
namespace {

using ::testing::HasSubstr;
using testing::modern;

class FeaturesTest : public ::testing::Test {
 protected:
  Json asModern(const std::string& method, Json params = Json::object()) {
    return client.exchange(modern(method, std::move(params)));
  }
  Json asHandshake(const std::string& method, Json params = Json::object()) {
    client.initialize("2025-11-25");
    return client.ask(method, std::move(params));
  }

  Server server{testing::fakeInfo(), testing::allFeatures()};
  testing::Client client{server};
};

TEST_F(FeaturesTest, ListsAddressesApartFromTemplates) {
  const Json resources = asModern("resources/list")["result"];
  ASSERT_EQ(resources["resources"].size(), 1u);
  EXPECT_EQ(resources["resources"][0], (Json{{"uri", "memo://logo"},
                                             {"name", "logo"},
                                             {"description", "A picture."},
                                             {"mimeType", "image/png"}}));
  EXPECT_EQ(resources["cacheScope"], "public");
  const Json templates = asModern("resources/templates/list")["result"]["resourceTemplates"];
  ASSERT_EQ(templates.size(), 1u);
  EXPECT_EQ(templates[0]["uriTemplate"], "memo://{box}/{name}");
  EXPECT_EQ(templates[0]["title"], "Memo");
  EXPECT_FALSE(asHandshake("resources/list")["result"].contains("ttlMs"));
}

TEST_F(FeaturesTest, ReadsTextAndBytes) {
  const Json memo = asModern("resources/read", {{"uri", "memo://inbox/a%20b"}})["result"];
  EXPECT_EQ(memo["contents"][0],
            (Json{{"uri", "memo://inbox/a%20b"}, {"mimeType", "text/plain"}, {"text", "Buy milk."}}));
  EXPECT_EQ(memo["cacheScope"], "private");
  EXPECT_EQ(memo["ttlMs"], 0);
  const Json logo = asHandshake("resources/read", {{"uri", "memo://logo"}})["result"];
  EXPECT_EQ(logo["contents"][0]["blob"], toBase64(std::string_view("\x89PNG\0", 5)));
  EXPECT_FALSE(logo.contains("ttlMs"));
}

TEST_F(FeaturesTest, SaysThatAResourceIsMissingInTheCodeOfTheRevision) {
  for (const char* uri :
       {"memo://inbox/other", "memo://inbox", "other://x", "memo://inbox/a/b", "memo://inbox/%zz"}) {
    const Json error = asModern("resources/read", {{"uri", uri}})["error"];
    EXPECT_EQ(error["code"], -32602) << uri;
    EXPECT_EQ(error["data"]["uri"], uri);
    EXPECT_EQ(asHandshake("resources/read", {{"uri", uri}})["error"]["code"], -32002) << uri;
  }
  EXPECT_EQ(asModern("resources/read")["error"]["code"], -32602);
  EXPECT_EQ(asModern("resources/read", {{"uri", "memo://inbox/broken"}})["error"]["code"], -32603);
}

TEST_F(FeaturesTest, ComparesTheNameHeaderWithTheAddress) {
  client.context = testing::overHttp("2026-07-28", "resources/read", "memo://logo");
  EXPECT_TRUE(asModern("resources/read", {{"uri", "memo://logo"}}).contains("result"));
  EXPECT_EQ(asModern("resources/read", {{"uri", "memo://inbox/a%20b"}})["error"]["code"], -32020);
}

TEST_F(FeaturesTest, GivesAPromptItsArguments) {
  const Json listed = asModern("prompts/list")["result"]["prompts"];
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["arguments"][0],
            (Json{{"name", "who"}, {"title", "Who"}, {"description", "Whom to greet"}, {"required", true}}));
  const Json prompt =
      asHandshake("prompts/get", {{"name", "greet"}, {"arguments", {{"who", "Ann"}}}})["result"];
  EXPECT_EQ(prompt["description"], "A greeting");
  EXPECT_EQ(prompt["messages"][0]["role"], "user");
  EXPECT_EQ(prompt["messages"][0]["content"]["text"], "Hello Ann");
}

TEST_F(FeaturesTest, RefusesPromptsItCannotGive) {
  const auto refusal = [&](const Json& params) {
    const Json error = asModern("prompts/get", params)["error"];
    EXPECT_EQ(error["code"], -32602) << params;
    return error.value("message", "");
  };
  EXPECT_THAT(refusal({{"name", "great"}}), HasSubstr("Did you mean \"greet\"?"));
  EXPECT_THAT(refusal({{"name", "greet"}}), HasSubstr("\"who\" is missing: Whom to greet"));
  EXPECT_THAT(refusal({{"name", "greet"}, {"arguments", {{"who", 1}}}}), HasSubstr("must be a string"));
  EXPECT_THAT(refusal({{"name", "greet"}, {"arguments", {{"who", "A"}, {"why", "B"}}}}),
              HasSubstr("no argument"));
  EXPECT_THAT(refusal({{"name", "greet"}, {"arguments", {{"who", "nobody"}}}}),
              HasSubstr("Nobody is there."));
  EXPECT_THAT(refusal(Json::object()), HasSubstr("which prompt"));
}

TEST_F(FeaturesTest, CompletesArgumentsAndSaysHowManyThereAre) {
  const Json found = asModern("completion/complete",
                              {{"ref", {{"type", "ref/resource"}, {"uri", "memo://{box}/{name}"}}},
                               {"argument", {{"name", "box"}, {"value", "in"}}}})["result"]["completion"];
  EXPECT_EQ(found["values"].size(), 100u);
  EXPECT_EQ(found["values"][7], "in7");
  EXPECT_EQ(found["total"], 1'000);
  EXPECT_EQ(found["hasMore"], true);
  const Json prompt = asHandshake("completion/complete",
                                  {{"ref", {{"type", "ref/prompt"}, {"name", "greet"}}},
                                   {"argument", {{"name", "how"}, {"value", ""}}},
                                   {"context", {{"arguments", {{"who", "Ann"}}}}}})["result"]["completion"];
  EXPECT_EQ(prompt, (Json{{"values", {"Ann"}}, {"total", 1}, {"hasMore", false}}));
}

TEST_F(FeaturesTest, RefusesToCompleteWhatItDoesNotKnow) {
  const Json prompt = {{"type", "ref/prompt"}, {"name", "greet"}};
  const Json argument = {{"name", "who"}, {"value", ""}};
  for (const Json& params :
       {Json{{"argument", argument}}, Json{{"ref", prompt}},
        Json{{"ref", {{"type", "ref/tool"}}}, {"argument", argument}},
        Json{{"ref", {{"type", "ref/prompt"}, {"name", "x"}}}, {"argument", argument}},
        Json{{"ref", prompt}, {"argument", {{"name", "where"}, {"value", ""}}}},
        Json{{"ref", prompt}, {"argument", {{"name", "who"}}}},
        Json{{"ref", {{"type", "ref/resource"}, {"uri", "memo://inbox/a"}}}, {"argument", argument}},
        Json{{"ref", prompt}, {"argument", argument}, {"context", 1}},
        Json{{"ref", prompt}, {"argument", argument}, {"context", {{"arguments", {{"who", 1}}}}}}})
    EXPECT_EQ(asModern("completion/complete", params)["error"]["code"], -32602) << params;
}

TEST_F(FeaturesTest, ListsOfOnePageKnowNoCursor) {
  for (const char* method : {"resources/list", "resources/templates/list", "prompts/list"})
    EXPECT_EQ(asModern(method, {{"cursor", "x"}})["error"]["code"], -32602) << method;
}

TEST(WithoutFeatures, TheirMethodsAreUnknown) {
  const Server bare(testing::fakeInfo(), testing::fakeFeatures());
  testing::Client client(bare);
  for (const char* method :
       {"resources/list", "resources/read", "prompts/list", "prompts/get", "completion/complete"})
    EXPECT_EQ(client.exchange(modern(method))["error"]["code"], -32601) << method;
}

TEST(UriTemplateTest, FitsWholeAddressesOnly) {
  const UriTemplate memo("memo://{box}/{name}.txt");
  EXPECT_EQ(memo.match("memo://in/a.txt"), (NamedValues{{"box", "in"}, {"name", "a"}}));
  EXPECT_EQ(memo.match("memo://in/%C3%A4%2Fb.txt"), (NamedValues{{"box", "in"}, {"name", "ä/b"}}));
  for (const char* uri : {"memo://in/.txt", "memo:///a.txt", "memo://in/a.txt2", "memo://in/a",
                          "nemo://in/a.txt", "memo://in/a%0ab.txt", "memo://in/a%2.txt", ""})
    EXPECT_EQ(memo.match(uri), std::nullopt) << uri;
  EXPECT_TRUE(UriTemplate("memo://logo").isPlain());
  EXPECT_EQ(UriTemplate("memo://logo").match("memo://logo"), NamedValues());
}

}  // namespace
}  // namespace checkout::mcp
