// 2026-07-28: every request stands for itself.
#include <gmock/gmock.h>

#include "unit/mcp/fake_tools.hpp"

namespace checkout::mcp {
namespace {

using testing::Client;
using testing::modern;
using testing::overHttp;

class Modern : public ::testing::Test {
 protected:
  Server server{testing::fakeInfo(), testing::fakeFeatures()};
  Client client{server};

  void expectError(const std::shared_ptr<testing::Sink>& sink, int code, int status) {
    EXPECT_EQ(sink->body()["error"]["code"], code) << sink->replies.at(0).body;
    EXPECT_EQ(sink->replies.at(0).httpStatus, status) << sink->replies.at(0).body;
    EXPECT_EQ(sink->body()["id"], 7);
  }
};

TEST_F(Modern, NeedsNoHandshake) {
  const Json result = client.exchange(modern("tools/list"))["result"];
  EXPECT_EQ(result["resultType"], "complete");
  EXPECT_EQ(result["tools"].size(), 3u);
  EXPECT_EQ(result["cacheScope"], "public");
  EXPECT_GT(result["ttlMs"], 0);
  EXPECT_EQ(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "fake");
}

TEST_F(Modern, IsServedBesideAHandshakeInTheSameSession) {
  client.initialize("2025-11-25");
  EXPECT_EQ(client.exchange(modern("tools/list"))["result"]["resultType"], "complete");
  EXPECT_FALSE(client.ask("tools/list")["result"].contains("resultType"));
}

TEST_F(Modern, DiscoversVersionsAndCapabilities) {
  const Json result = client.exchange(modern("server/discover"))["result"];
  EXPECT_EQ(result["resultType"], "complete");
  EXPECT_EQ(result["supportedVersions"], Json::array({"2026-07-28"}));
  EXPECT_EQ(result["capabilities"], (Json{{"tools", Json::object()}, {"logging", Json::object()}}));
  EXPECT_EQ(result["instructions"], "Be kind.");
  EXPECT_TRUE(result["ttlMs"].is_number_integer());
  EXPECT_EQ(result["cacheScope"], "public");
}

TEST_F(Modern, CallResultsCarryNoCachingHints) {
  const Json result = client.exchange(modern("tools/call", {{"name", "echo"}}))["result"];
  EXPECT_EQ(result["resultType"], "complete");
  EXPECT_EQ(result["structuredContent"], (Json{{"echo", Json::object()}}));
  EXPECT_FALSE(result.contains("ttlMs"));
  EXPECT_FALSE(result.contains("isError"));
}

TEST_F(Modern, KnowsNoMethodOfTheHandshakeEra) {
  for (const char* method :
       {"initialize", "ping", "logging/setLevel", "resources/subscribe", "unknown/method"})
    expectError(client.send(modern(method)), -32601, 404);
}

TEST_F(Modern, RefusesAnIncompleteMeta) {
  Json request = modern("tools/list");
  request["params"]["_meta"].erase("io.modelcontextprotocol/protocolVersion");
  expectError(client.send(request), -32602, 400);
  request = modern("tools/list");
  request["params"]["_meta"].erase("io.modelcontextprotocol/clientCapabilities");
  expectError(client.send(request), -32602, 400);
  request["params"]["_meta"] = "none";
  expectError(client.send(request), -32602, 400);
}

TEST_F(Modern, RefusesVersionsItCannotServePerRequest) {
  for (const char* version : {"1900-01-01", "2025-11-25"}) {
    Json request = modern("tools/list");
    request["params"]["_meta"] = testing::modernMeta(version);
    const auto sink = client.send(request);
    expectError(sink, -32022, 400);
    EXPECT_EQ(sink->body()["error"]["data"],
              (Json{{"supported", Json::array({"2026-07-28"})}, {"requested", version}}));
  }
}

TEST_F(Modern, RefusesBatches) {
  client.context = overHttp("2026-07-28", "tools/list");
  EXPECT_EQ(client.send(Json::array({modern("tools/list")}))->replies.at(0).httpStatus, 400);
}

struct HeaderCase {
  const char* name;
  std::optional<std::string> version, method, tool;
  bool accepted;
};

class ModernHeaders : public Modern, public ::testing::WithParamInterface<HeaderCase> {};

TEST_P(ModernHeaders, AreComparedWithTheBody) {
  client.context = overHttp(GetParam().version, GetParam().method, GetParam().tool);
  const auto sink = client.send(modern("tools/call", {{"name", "echo"}}));
  if (GetParam().accepted)
    EXPECT_EQ(sink->replies.at(0).httpStatus, 200) << sink->replies.at(0).body;
  else
    expectError(sink, -32020, 400);
}

INSTANTIATE_TEST_SUITE_P(
    Headers, ModernHeaders,
    ::testing::Values(HeaderCase{"AllRight", "2026-07-28", "tools/call", "echo", true},
                      HeaderCase{"EncodedName", "2026-07-28", "tools/call", "=?base64?ZWNobw==?=", true},
                      HeaderCase{"NoVersion", std::nullopt, "tools/call", "echo", false},
                      HeaderCase{"OtherVersion", "2025-11-25", "tools/call", "echo", false},
                      HeaderCase{"NoMethod", "2026-07-28", std::nullopt, "echo", false},
                      HeaderCase{"OtherMethod", "2026-07-28", "tools/list", "echo", false},
                      HeaderCase{"MethodInCapitals", "2026-07-28", "TOOLS/CALL", "echo", false},
                      HeaderCase{"NoName", "2026-07-28", "tools/call", std::nullopt, false},
                      HeaderCase{"OtherName", "2026-07-28", "tools/call", "wrong", false},
                      HeaderCase{"NameTwice", "2026-07-28", "tools/call", "echo, echo", false},
                      HeaderCase{"BadlyEncodedName", "2026-07-28", "tools/call", "=?base64?ZWNobw?=", false}),
    [](const auto& info) { return info.param.name; });

TEST_F(Modern, HeaderWithoutMetaIsAMalformedRequest) {
  client.context = overHttp("2026-07-28", "tools/list");
  expectError(client.send(Json{{"jsonrpc", "2.0"}, {"id", 7}, {"method", "tools/list"}}), -32602, 400);
}

class MirroredParams : public Modern {
 protected:
  std::shared_ptr<testing::Sink> call(Json arguments,
                                      std::vector<std::pair<std::string, std::string>> headers) {
    client.context = overHttp("2026-07-28", "tools/call", "routed");
    client.context.http->params = std::move(headers);
    return client.send(modern("tools/call", {{"name", "routed"}, {"arguments", std::move(arguments)}}));
  }
};

TEST_F(MirroredParams, MustBeTheArguments) {
  EXPECT_EQ(call({{"tenant", "a"}, {"number", 42}}, {{"tenant", "a"}, {"NUMBER", "42.0"}})
                ->replies.at(0)
                .httpStatus,
            200);
  EXPECT_EQ(call({{"tenant", "日本"}}, {{"tenant", "=?base64?5pel5pys?="}})->replies.at(0).httpStatus, 200);
  EXPECT_EQ(call({{"tenant", nullptr}}, {})->body()["result"]["isError"], true);  // no header for null
  expectError(call({{"tenant", "a"}}, {{"tenant", "b"}}), -32020, 400);
  expectError(call({{"number", 42}}, {{"number", "43"}}), -32020, 400);
}

TEST_F(MirroredParams, MustBeThereExactlyWhenTheArgumentIs) {
  EXPECT_EQ(call(Json::object(), {})->replies.at(0).httpStatus, 200);
  expectError(call({{"tenant", "a"}}, {}), -32020, 400);
  expectError(call(Json::object(), {{"tenant", "a"}}), -32020, 400);
}

TEST_F(MirroredParams, AreNotAskedOfHandshakeClientsOrStdio) {
  EXPECT_TRUE(client.exchange(modern("tools/call", {{"name", "routed"}, {"arguments", {{"tenant", "a"}}}}))
                  .contains("result"));
  client.context = overHttp("2025-11-25");
  EXPECT_TRUE(client.call("routed", {{"tenant", "a"}}).contains("result"));
}

}  // namespace
}  // namespace checkout::mcp
