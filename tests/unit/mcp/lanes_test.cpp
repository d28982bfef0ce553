// Which calls run in the payment provider's lane, and what becomes of those that find no place there.
#include <latch>

#include "unit/mcp/fake_features.hpp"

namespace checkout::mcp {
namespace {

constexpr std::size_t kPlaces = 4;  // one tenant gets two

RegisteredTool toolOf(const std::string& name, ProviderUse provider, testing::Body body) {
  auto tool = testing::registered(R"({"name":")" + name + R"(","inputSchema":{"type":"object"}})", name,
                                  std::move(body));
  tool.provider = provider;
  return tool;
}

class Lanes : public ::testing::Test {
 protected:
  struct Accepted {
    Work work;
    std::shared_ptr<testing::Sink> sink;
    Json result() const { return sink->body().at("result"); }
    Json error() const { return result().at("structuredContent").at("error"); }
  };

  Accepted accept(const Json& message) {
    Accepted accepted{{}, std::make_shared<testing::Sink>()};
    accepted.work = server->accept(message.dump(), session, {}, accepted.sink);
    return accepted;
  }
  static Json message(const std::string& tool, const std::string& tenant) {
    return testing::modern("tools/call", {{"name", tool}, {"arguments", {{"tenant_id", tenant}}}});
  }
  Accepted call(const std::string& tool, const std::string& tenant = "one") {
    return accept(message(tool, tenant));
  }
  std::vector<Accepted> fill(const std::string& tenant) {
    std::vector<Accepted> calls;
    for (std::size_t i = 0; i < kPlaces / 2; ++i) calls.push_back(call("pay", tenant));
    return calls;
  }

  static Result<Json> work(const Json&, CallContext& context) {
    return Json{{"asked", context.mayAskProvider}};
  }
  static Features features() {
    Features features;
    features.tools.push_back(toolOf("view", ProviderUse::None, work));
    features.tools.push_back(toolOf("status", ProviderUse::Optional, work));
    features.tools.push_back(toolOf("pay", ProviderUse::Needed, work));
    return features;
  }
  static ServerOptions options() {
    ServerOptions options;
    options.providerCalls = kPlaces;
    return options;
  }
  std::unique_ptr<Server> server = std::make_unique<Server>(testing::fakeInfo(), features(), options());
  std::shared_ptr<Session> session = server->newSession();
};

TEST_F(Lanes, OnlyWhatMayWaitForTheProviderRunsInItsLane) {
  EXPECT_FALSE(call("view").work.inProviderLane());
  EXPECT_TRUE(call("status").work.inProviderLane());
  EXPECT_TRUE(call("pay").work.inProviderLane());
  const auto unknown = call("no such tool");
  EXPECT_FALSE(unknown.work.inProviderLane());
}

TEST_F(Lanes, BeyondItsShareATenantIsToldToWait) {
  const auto running = fill("sick");
  const auto refused = call("pay", "sick");
  EXPECT_FALSE(refused.work.inProviderLane());
  refused.work();
  EXPECT_EQ(refused.result().at("isError"), true);
  EXPECT_EQ(refused.error().at("code"), "RATE_LIMITED");
  EXPECT_EQ(refused.error().at("retryable"), true);
  EXPECT_GT(refused.error().at("details").at("retryAfterMs"), 0);
  EXPECT_EQ(refused.error().at("nextAction").at("type"), "wait");

  const auto other = call("pay", "healthy");
  EXPECT_TRUE(other.work.inProviderLane());
  other.work();
  EXPECT_EQ(other.result().at("structuredContent"), (Json{{"asked", true}}));
}

TEST_F(Lanes, BeyondItsShareAStatusIsAnsweredFromTheStore) {
  const auto running = fill("sick");
  const auto status = call("status", "sick");
  EXPECT_FALSE(status.work.inProviderLane());
  status.work();
  EXPECT_EQ(status.result().at("structuredContent"), (Json{{"asked", false}}));
}

TEST_F(Lanes, AnAnsweredCallHasGivenBackItsPlace) {
  const auto running = fill("one");
  running[0].work();
  EXPECT_TRUE(call("pay").work.inProviderLane());
}

TEST_F(Lanes, SoHasOneThatWasCancelledBeforeItWasBegun) {
  const auto running = fill("one");
  accept({{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 7}}}});
  running[0].work();
  EXPECT_TRUE(running[0].sink->endedInSilence());
  EXPECT_TRUE(call("pay").work.inProviderLane());
}

TEST_F(Lanes, ABatchRunsInTheLaneIfAnyOfItDoes) {
  testing::Client client(*server);
  client.initialize("2025-03-26");
  session = client.session();
  const auto part = [](int id, const std::string& tool) {
    return Json{{"jsonrpc", "2.0"},
                {"id", id},
                {"method", "tools/call"},
                {"params", {{"name", tool}, {"arguments", {{"tenant_id", "one"}}}}}};
  };
  EXPECT_FALSE(accept(Json::array({part(1, "view"), part(2, "view")})).work.inProviderLane());
  const auto mixed = accept(Json::array({part(1, "view"), part(2, "pay"), part(3, "pay"), part(4, "pay")}));
  EXPECT_TRUE(mixed.work.inProviderLane());
  mixed.work();
  const Json answers = mixed.sink->body();
  EXPECT_EQ(answers.at(2).at("result").contains("isError"), false);
  EXPECT_EQ(answers.at(3).at("result").at("isError"), true) << "it had no place, the others took the share";
}

TEST_F(Lanes, HandlingReturnsWhileACallWaitsInTheLaneAndTheEndOfTheServerWaitsForIt) {
  std::latch begun(1), release(1);
  Features slow;
  slow.tools.push_back(toolOf("pay", ProviderUse::Needed, [&](const Json&, CallContext&) -> Result<Json> {
    begun.count_down();
    release.wait();
    return Json::object();
  }));
  server = std::make_unique<Server>(testing::fakeInfo(), std::move(slow), options());
  const auto sink = std::make_shared<testing::Sink>();
  server->handle(message("pay", "one").dump(), server->newSession(), {}, sink);
  begun.wait();
  release.count_down();
  server.reset();
  EXPECT_EQ(sink->replies.size(), 1u);
}

// A handshake client's answer to what it was asked lets the call go on: that may wait again.
TEST_F(Lanes, ACallThatGoesOnAfterAQuestionRunsInTheLane) {
  Features asking = testing::askingFeatures([](CallContext& context) -> Result<ToolOutcome> {
    if (context.input.elicited("name")) return ToolOutcome(Json{{"asked", context.mayAskProvider}});
    return ToolOutcome(InputNeeded{{elicitForm("name", "Who?", {{"type", "object"}})}, {{"n", 1}}});
  });
  for (RegisteredTool& tool : asking.tools) tool.provider = ProviderUse::Needed;
  server = std::make_unique<Server>(testing::fakeInfo(), std::move(asking), options());
  const auto outlet = std::make_shared<testing::RecordingOutlet>();
  session = server->newSession(outlet);
  accept({{"jsonrpc", "2.0"},
          {"id", 0},
          {"method", "initialize"},
          {"params",
           {{"protocolVersion", "2025-06-18"},
            {"capabilities", {{"elicitation", Json::object()}}},
            {"clientInfo", Json::object()}}}});
  const auto asked =
      accept({{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/call"}, {"params", {{"name", "ask"}}}});
  ASSERT_TRUE(asked.work.inProviderLane());
  asked.work();
  ASSERT_EQ(asked.sink->notifications.size(), 1u);
  const auto answer = accept({{"jsonrpc", "2.0"},
                              {"id", asked.sink->notifications[0].at("id")},
                              {"result", {{"action", "accept"}, {"content", Json::object()}}}});
  EXPECT_TRUE(answer.work.inProviderLane());
  answer.work();
  EXPECT_EQ(asked.result().at("structuredContent"), (Json{{"asked", true}}));
}

}  // namespace
}  // namespace checkout::mcp
