// tools/list and tools/call, which both eras share.
#include <gmock/gmock.h>

#include "unit/mcp/fake_tools.hpp"

namespace checkout::mcp {
namespace {

using testing::Body;
using testing::Client;
using ::testing::HasSubstr;
using ::testing::Not;

class ToolList : public ::testing::Test {
 protected:
  Server server{testing::fakeInfo(), testing::fakeFeatures()};
};

TEST_F(ToolList, ServesDescriptorsByteForByteInTheGivenOrder) {
  Client client(server);
  client.initialize("2025-11-25");
  const std::string body =
      client.send(Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/list"}})->replies.at(0).body;
  std::string echo = testing::kEchoDescriptor;
  echo.pop_back();  // the file's last line end
  EXPECT_THAT(
      body, HasSubstr("[" + echo + "," + testing::kRoutedDescriptor + "," + testing::kBusyDescriptor + "]"));
  EXPECT_FALSE(Json::parse(body)["result"].contains("nextCursor"));
}

TEST_F(ToolList, ComesInPagesOfTheSizeAskedFor) {
  Server paged(testing::fakeInfo(), testing::fakeFeatures(), {.toolsPerPage = 2});
  Client client(paged);
  client.initialize("2025-11-25");
  const Json first = client.ask("tools/list")["result"];
  ASSERT_EQ(first["tools"].size(), 2u);
  const Json second = client.ask("tools/list", {{"cursor", first["nextCursor"]}})["result"];
  ASSERT_EQ(second["tools"].size(), 1u);
  EXPECT_EQ(second["tools"][0]["name"], "busy");
  EXPECT_FALSE(second.contains("nextCursor"));
}

TEST_F(ToolList, RefusesACursorThatIsNotItsOwn) {
  Client client(server);
  client.initialize("2025-11-25");
  for (const Json& cursor : {Json("nonsense"), Json(""), Json(3), Json(nullptr)})
    EXPECT_EQ(client.ask("tools/list", {{"cursor", cursor}})["error"]["code"], -32602) << cursor;
}

class ToolCallTest : public ::testing::Test {
 protected:
  Client& with(Body busy) {
    server = std::make_unique<Server>(testing::fakeInfo(), testing::fakeFeatures(std::move(busy)));
    client = std::make_unique<Client>(*server);
    client->initialize("2025-11-25");
    return *client;
  }
  Client& plain() { return with(testing::echo); }

  std::unique_ptr<Server> server;
  std::unique_ptr<Client> client;
};

TEST_F(ToolCallTest, GivesTheSameJsonAsStructureAndAsText) {
  const Json result = plain().call("echo", {{"text", "\"é\n"}})["result"];
  EXPECT_EQ(result["structuredContent"], (Json{{"echo", {{"text", "\"é\n"}}}}));
  ASSERT_EQ(result["content"].size(), 1u);
  EXPECT_EQ(result["content"][0]["type"], "text");
  EXPECT_EQ(Json::parse(result["content"][0]["text"].get<std::string>()), result["structuredContent"]);
}

TEST_F(ToolCallTest, TakesMissingArgumentsForNone) {
  EXPECT_EQ(plain().ask("tools/call", {{"name", "echo"}})["result"]["structuredContent"]["echo"],
            Json::object());
}

TEST_F(ToolCallTest, RefusesAnUnknownToolWithASuggestion) {
  const Json error = plain().call("ehco", Json::object())["error"];
  EXPECT_EQ(error["code"], -32602);
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("Did you mean \"echo\"?"));
}

TEST_F(ToolCallTest, RefusesMalformedParams) {
  EXPECT_EQ(plain().ask("tools/call")["error"]["code"], -32602);
  EXPECT_EQ(plain().ask("tools/call", {{"name", 5}})["error"]["code"], -32602);
  EXPECT_EQ(plain().ask("tools/call", {{"name", "echo"}, {"arguments", "x"}})["error"]["code"], -32602);
  EXPECT_EQ(plain().ask("tools/call", {{"name", "echo"}, {"arguments", nullptr}})["error"]["code"], -32602);
}

TEST_F(ToolCallTest, ExplainsEveryBreachOfTheSchema) {
  bool called = false;
  Client& client = with([&](const Json&, CallContext&) -> Result<Json> {
    called = true;
    return Json::object();
  });
  const Json result =
      client.call("echo", {{"quantity", 0}, {"text", "much too long"}, {"quantty", 1}})["result"];
  EXPECT_EQ(result["isError"], true);
  const Json error = result["structuredContent"]["error"];
  EXPECT_EQ(error["code"], "VALIDATION_FAILED");
  EXPECT_EQ(error["retryable"], false);
  EXPECT_THAT(error["message"].get<std::string>(),
              HasSubstr("quantity: expected an integer from 1 to 99, got 0"));
  EXPECT_EQ(error["details"]["violations"].size(), 3u);
  EXPECT_EQ(Json::parse(result["content"][0]["text"].get<std::string>()), result["structuredContent"]);
  EXPECT_FALSE(called);
}

TEST_F(ToolCallTest, TurnsAnErrorIntoAResult) {
  Client& client = with([](const Json&, CallContext&) -> Result<Json> {
    return Error(ErrorCode::CartEmpty, "The cart is empty.")
        .withNext(NextActionType::StartOver, "Add something.");
  });
  const Json response = client.call("busy", Json::object());
  EXPECT_FALSE(response.contains("error"));
  EXPECT_EQ(response["result"]["isError"], true);
  EXPECT_EQ(response["result"]["structuredContent"]["error"]["code"], "CART_EMPTY");
  EXPECT_EQ(response["result"]["structuredContent"]["error"]["nextAction"]["type"], "start_over");
}

TEST_F(ToolCallTest, HidesWhatAnExceptionSays) {
  Client& client =
      with([](const Json&, CallContext&) -> Result<Json> { throw std::runtime_error("secret path"); });
  const std::string body = client.call("busy", Json::object()).dump();
  EXPECT_THAT(body, HasSubstr("INTERNAL_ERROR"));
  EXPECT_THAT(body, Not(HasSubstr("secret path")));
}

TEST_F(ToolCallTest, LogsAFailureToClientsThatAskedForIt) {
  Client& client = with([](const Json&, CallContext&) -> Result<Json> { throw std::runtime_error("x"); });
  const Json call{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/call"}, {"params", {{"name", "busy"}}}};
  EXPECT_TRUE(client.send(call)->notifications.empty());
  client.ask("logging/setLevel", {{"level", "emergency"}});
  EXPECT_TRUE(client.send(call)->notifications.empty());
  client.ask("logging/setLevel", {{"level", "info"}});
  const auto sink = client.send(call);
  ASSERT_EQ(sink->notifications.size(), 1u);
  EXPECT_EQ(sink->notifications[0]["method"], "notifications/message");
  EXPECT_EQ(sink->notifications[0]["params"]["level"], "error");
}

TEST_F(ToolCallTest, ReportsProgressThatGrowsToWhoeverAskedForIt) {
  Client& client = with([](const Json&, CallContext& context) -> Result<Json> {
    context.reportProgress(1, 3, "one");
    context.reportProgress(1, 3, "again");
    context.reportProgress(2, std::nullopt, "");
    return Json::object();
  });
  Json call{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/call"}, {"params", {{"name", "busy"}}}};
  EXPECT_TRUE(client.send(call)->notifications.empty());
  call["params"]["_meta"]["progressToken"] = "p1";
  const auto sink = client.send(call);
  ASSERT_EQ(sink->notifications.size(), 2u);
  EXPECT_EQ(sink->notifications[0]["method"], "notifications/progress");
  EXPECT_EQ(sink->notifications[0]["params"],
            (Json{{"progressToken", "p1"}, {"progress", 1.0}, {"total", 3.0}, {"message", "one"}}));
  EXPECT_EQ(sink->notifications[1]["params"], (Json{{"progressToken", "p1"}, {"progress", 2.0}}));
}

TEST_F(ToolCallTest, PassesOnAWellFormedTraceparentOnly) {
  std::optional<std::string> seen;
  Client& client = with([&](const Json&, CallContext& context) -> Result<Json> {
    seen = context.traceparent;
    return Json::object();
  });
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
  client.ask("tools/call", {{"name", "busy"}, {"_meta", {{"traceparent", trace}}}});
  EXPECT_EQ(seen, trace);
  client.ask("tools/call", {{"name", "busy"}, {"_meta", {{"traceparent", "x\ninjected"}}}});
  EXPECT_EQ(seen, std::nullopt);
}

class Cancelling : public ToolCallTest {
 protected:
  // Accepts a call of `busy`, lets `meanwhile` happen, then runs it. The tool says whether it was cancelled.
  std::shared_ptr<testing::Sink> callAndMeanwhile(const Json& message,
                                                  const std::function<void()>& meanwhile) {
    const auto sink = std::make_shared<testing::Sink>();
    const Work work = server->accept(message.dump(), client->session(), {}, sink);
    meanwhile();
    work();
    return sink;
  }
  void serve() {
    with([this](const Json&, CallContext& context) -> Result<Json> {
      ++calls;
      during();
      wasCancelled = context.isCancelled();
      return Json::object();
    });
  }
  void sendCancel(const Json& id) {
    client->send(
        Json{{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", id}}}});
  }
  const Json call{{"jsonrpc", "2.0"}, {"id", 5}, {"method", "tools/call"}, {"params", {{"name", "busy"}}}};
  std::function<void()> during = [] {};
  int calls = 0;
  bool wasCancelled = false;
};

TEST_F(Cancelling, StopsTheAnswer) {
  serve();
  during = [&] { sendCancel(5); };
  const auto sink = callAndMeanwhile(call, [] {});
  EXPECT_TRUE(wasCancelled);
  EXPECT_TRUE(sink->endedInSilence());
}

TEST_F(Cancelling, BeforeItWasBegunSparesTheCall) {
  serve();
  const auto sink = callAndMeanwhile(call, [&] { sendCancel(5); });
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(sink->endedInSilence());
}

TEST_F(Cancelling, LeavesOtherCallsAlone) {
  serve();
  const auto sink = callAndMeanwhile(call, [&] {
    sendCancel("5");
    sendCancel(6);
    sendCancel(nullptr);
  });
  EXPECT_FALSE(wasCancelled);
  EXPECT_TRUE(sink->body().contains("result"));
}

TEST_F(Cancelling, ForgetsCallsThatAreOver) {
  serve();
  callAndMeanwhile(call, [] {});
  sendCancel(5);
  EXPECT_TRUE(callAndMeanwhile(call, [] {})->body().contains("result"));
}

TEST_F(Cancelling, FollowsAClosedStreamInTheModernEraOnly) {
  serve();
  Json modernCall = testing::modern("tools/call", {{"name", "busy"}});
  EXPECT_EQ(callAndMeanwhile(modernCall, [&] { server->streamClosed(client->session()); })->replies[0].body,
            "");
  EXPECT_TRUE(
      callAndMeanwhile(call, [&] { server->streamClosed(client->session()); })->body().contains("result"));
}

TEST(ClientThatIsGone, HasNoCallBegun) {
  int calls = 0;
  const Server server(testing::fakeInfo(),
                      testing::fakeFeatures([&](const Json&, CallContext&) -> Result<Json> {
                        ++calls;
                        return Json::object();
                      }));
  testing::Client client(server);
  server.streamClosed(client.session());
  EXPECT_EQ(client.send(testing::modern("tools/call", {{"name", "busy"}}))->replies.at(0).body, "");
  EXPECT_EQ(calls, 0);
}

TEST(Registration, AbortsOnADescriptorOfAnotherTool) {
  EXPECT_DEATH(
      {
        std::vector<RegisteredTool> tools;
        tools.push_back(testing::registered(testing::kBusyDescriptor, "idle", testing::echo));
        Server(testing::fakeInfo(), Features{std::move(tools), {}, {}});
      },
      "cannot be registered");
}

}  // namespace
}  // namespace checkout::mcp
