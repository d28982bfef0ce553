// The revisions that open with `initialize`, over a transport without headers and over HTTP.
#include <gmock/gmock.h>

#include "unit/mcp/fake_tools.hpp"

namespace checkout::mcp {
namespace {

using testing::Client;
using ::testing::HasSubstr;

class Handshake : public ::testing::Test {
 protected:
  Server server{testing::fakeInfo(), testing::fakeFeatures()};
  Client client{server};
};

TEST_F(Handshake, AgreesOnEveryRevisionItKnows) {
  for (const char* revision : {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"})
    EXPECT_EQ(client.initialize(revision)["result"]["protocolVersion"], revision);
}

TEST_F(Handshake, OffersTheLatestInsteadOfOneItCannotNegotiate) {
  for (const char* revision : {"1999-01-01", "2026-07-28", ""})
    EXPECT_EQ(client.initialize(revision)["result"]["protocolVersion"], "2025-11-25");
}

TEST_F(Handshake, IntroducesItself) {
  const Json result = client.initialize("2025-11-25")["result"];
  EXPECT_EQ(result["serverInfo"], (Json{{"name", "fake"}, {"title", "Fake server"}, {"version", "1.2.3"}}));
  EXPECT_EQ(result["instructions"], "Be kind.");
  EXPECT_TRUE(result["capabilities"].contains("tools"));
  EXPECT_FALSE(result.contains("resultType"));
}

TEST_F(Handshake, NeedsAProtocolVersion) {
  EXPECT_EQ(client.ask("initialize")["error"]["code"], -32602);
  EXPECT_EQ(client.ask("initialize", {{"protocolVersion", 3}})["error"]["code"], -32602);
}

TEST_F(Handshake, AnswersOnlyPingBeforeIt) {
  EXPECT_EQ(client.ask("ping")["result"], Json::object());
  const Json refused = client.ask("tools/list");
  EXPECT_EQ(refused["error"]["code"], -32602);
  EXPECT_THAT(refused["error"]["message"].get<std::string>(), HasSubstr("initialize"));
}

TEST_F(Handshake, AnswersABatchUpToASizeAndCarriesOutNoMoreOfIt) {
  int calls = 0;
  Features features;
  features.tools.push_back(testing::registered(R"({"name":"big","inputSchema":{"type":"object"}})", "big",
                                               [&](const Json&, CallContext&) -> Result<Json> {
                                                 ++calls;
                                                 return Json{{"text", std::string(200'000, 'x')}};
                                               }));
  const Server big(testing::fakeInfo(), std::move(features));
  Client batcher(big);
  batcher.initialize("2025-03-26");
  Json batch = Json::array();
  for (int id = 0; id < 32; ++id)
    batch.push_back({{"jsonrpc", "2.0"},
                     {"id", id},
                     {"method", "tools/call"},
                     {"params", {{"name", "big"}, {"arguments", Json::object()}}}});
  const Json answers = batcher.exchange(batch);
  ASSERT_EQ(answers.size(), 32u) << "each is answered";
  EXPECT_TRUE(answers[0].contains("result"));
  EXPECT_THAT(answers[31]["error"]["message"].get<std::string>(), HasSubstr("too large together"));
  EXPECT_EQ(answers[31]["id"], 31);
  EXPECT_LT(calls, 8);
}

TEST_F(Handshake, NeverAnswersNotifications) {
  client.initialize("2025-11-25");
  for (const char* method : {"notifications/initialized", "notifications/unknown", "tools/list"}) {
    const auto sink = client.send(Json{{"jsonrpc", "2.0"}, {"method", method}});
    EXPECT_EQ(sink->replies.at(0).body, "");
    EXPECT_EQ(sink->replies.at(0).httpStatus, 202);
  }
}

TEST_F(Handshake, RefusesUnknownMethodsAndThoseOfTheOtherEra) {
  client.initialize("2025-11-25");
  for (const char* method : {"no/such", "server/discover", "resources/list"}) {
    const auto sink = client.send(Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}});
    EXPECT_EQ(sink->body()["error"]["code"], -32601);
    EXPECT_EQ(sink->replies.at(0).httpStatus, 200);
  }
}

TEST_F(Handshake, SaysWhereJsonIsBroken) {
  const auto sink = client.send(std::string(R"({"jsonrpc":"2.0",)"));
  EXPECT_EQ(sink->body()["error"]["code"], -32700);
  EXPECT_FALSE(sink->body().contains("id"));
  EXPECT_GT(sink->body()["error"]["message"].get<std::string>().size(), std::string("Parse error: ").size());
  EXPECT_EQ(sink->replies.at(0).httpStatus, 400);
}

TEST_F(Handshake, SetsTheLogLevelByItsNameOnly) {
  client.initialize("2025-11-25");
  EXPECT_EQ(client.ask("logging/setLevel", {{"level", "warning"}})["result"], Json::object());
  EXPECT_EQ(client.ask("logging/setLevel", {{"level", "loud"}})["error"]["code"], -32602);
  EXPECT_EQ(client.ask("logging/setLevel")["error"]["code"], -32602);
}

TEST_F(Handshake, OverHttpTakesTheRevisionFromTheHeader) {
  client.context = testing::overHttp("2025-06-18");
  EXPECT_EQ(client.ask("tools/list")["result"]["tools"].size(), 3u);
  client.context = testing::overHttp(std::nullopt);
  EXPECT_EQ(client.ask("tools/list")["result"]["tools"].size(), 3u);
}

TEST_F(Handshake, OverHttpRefusesAnUnknownHeaderWithTheSupportedList) {
  client.context = testing::overHttp("1999-01-01");
  for (const Json& message : {Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/list"}},
                              Json{{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}}}) {
    const auto sink = client.send(message);
    EXPECT_EQ(sink->replies.at(0).httpStatus, 400);
    EXPECT_EQ(sink->body()["error"]["code"], -32022);
    EXPECT_EQ(sink->body()["error"]["data"]["supported"].size(), 5u);
  }
}

class Batches : public Handshake {
 protected:
  const Json ping_{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "ping"}};
  const Json note_{{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}};
};

TEST_F(Batches, AreAnsweredTogetherWithoutTheNotifications) {
  client.initialize("2025-03-26");
  const Json call{{"jsonrpc", "2.0"},
                  {"id", "c"},
                  {"method", "tools/call"},
                  {"params", {{"name", "echo"}, {"arguments", {{"text", "hi"}}}}}};
  const Json answers = client.exchange(Json::array({ping_, note_, call, Json(5)}));
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0]["result"], Json::object());
  EXPECT_EQ(answers[1]["result"]["structuredContent"]["echo"]["text"], "hi");
  EXPECT_EQ(answers[2]["error"]["code"], -32600);
}

TEST_F(Batches, OfNotificationsAreNotAnswered) {
  client.initialize("2025-03-26");
  EXPECT_EQ(client.send(Json::array({note_, note_}))->replies.at(0).body, "");
}

TEST_F(Batches, MustNotBeEmptyOrHugeOrOpenTheSession) {
  client.initialize("2025-03-26");
  EXPECT_EQ(client.exchange(Json::array())["error"]["code"], -32600);
  EXPECT_EQ(client.exchange(Json(std::vector<Json>(33, ping_)))["error"]["code"], -32600);
  const Json initialize{{"jsonrpc", "2.0"},
                        {"id", 1},
                        {"method", "initialize"},
                        {"params", {{"protocolVersion", "2025-03-26"}}}};
  EXPECT_EQ(client.exchange(Json::array({initialize}))[0]["error"]["code"], -32600);
}

TEST_F(Batches, AreRefusedByEveryOtherRevision) {
  for (const char* revision : {"2024-11-05", "2025-06-18", "2025-11-25"}) {
    client.initialize(revision);
    EXPECT_EQ(client.exchange(Json::array({ping_}))["error"]["code"], -32600) << revision;
  }
  Client fresh(server);
  EXPECT_EQ(fresh.exchange(Json::array({ping_}))["error"]["code"], -32600);
}

}  // namespace
}  // namespace checkout::mcp
