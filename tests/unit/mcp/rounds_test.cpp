// Tools and prompts that ask the client, in both eras.
#include <gmock/gmock.h>

#include "unit/mcp/fake_features.hpp"

namespace checkout::mcp {
namespace {

using ::testing::HasSubstr;
using testing::modern;

struct TestClock final : Clock {
  TimePoint time = fromUnixMillis(1'800'000'000'000);
  TimePoint now() const override { return time; }
};

// Asks for a name, keeps a number meanwhile, and then greets.
Result<ToolOutcome> greet(CallContext& context) {
  const auto answer = context.input.elicited("name");
  if (!answer || context.input.state.is_null())
    return ToolOutcome(
        InputNeeded{{elicitForm("name", "Who are you?", {{"type", "object"}})}, {{"number", 7}}});
  if (answer->action != ElicitAction::Accept) return ToolOutcome(Json{{"refused", true}});
  return ToolOutcome(
      Json{{"hello", answer->content.value("name", "?")}, {"number", context.input.state.at("number")}});
}

class Asking : public ::testing::Test {
 protected:
  void serve(testing::AskingTool::Ask ask) {
    ServerOptions options;
    options.clock = &clock;
    options.stateLifetime = Milliseconds(1'000);
    server = std::make_unique<Server>(testing::fakeInfo(), testing::askingFeatures(std::move(ask)), options);
    outlet = std::make_shared<testing::RecordingOutlet>();
    session = server->newSession(outlet);
  }
  std::shared_ptr<testing::Sink> send(const Json& message) {
    auto sink = std::make_shared<testing::Sink>();
    server->handle(message.dump(), session, context, sink);
    return sink;
  }
  static Json call(Json params = Json::object(),
                   const Json& capabilities = {{"elicitation", Json::object()}}) {
    params["name"] = "ask";
    Json message = modern("tools/call", params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    return message;
  }
  void initialize(const std::string& revision, const Json& capabilities) {
    send({{"jsonrpc", "2.0"},
          {"id", 0},
          {"method", "initialize"},
          {"params",
           {{"protocolVersion", revision}, {"capabilities", capabilities}, {"clientInfo", Json::object()}}}});
  }
  std::shared_ptr<testing::Sink> callByHandshake(int id = 1) {
    return send({{"jsonrpc", "2.0"}, {"id", id}, {"method", "tools/call"}, {"params", {{"name", "ask"}}}});
  }
  std::shared_ptr<testing::Sink> respond(const Json& id, const Json& result) {
    return send({{"jsonrpc", "2.0"}, {"id", id}, {"result", result}});
  }
  static Json accepted(const std::string& name) {
    return {{"action", "accept"}, {"content", {{"name", name}}}};
  }

  TestClock clock;
  std::unique_ptr<Server> server;
  std::shared_ptr<testing::RecordingOutlet> outlet;
  std::shared_ptr<Session> session;
  RequestContext context;
};

TEST_F(Asking, AModernClientComesBackWithTheAnswer) {
  serve(greet);
  const Json asked = send(call())->body()["result"];
  EXPECT_EQ(asked["resultType"], "input_required");
  EXPECT_EQ(asked["inputRequests"]["name"]["method"], "elicitation/create");
  EXPECT_EQ(asked["inputRequests"]["name"]["params"]["message"], "Who are you?");
  EXPECT_FALSE(asked.contains("ttlMs"));
  const Json done = send(call({{"inputResponses", {{"name", accepted("Ann")}, {"other", Json::object()}}},
                               {"requestState", asked["requestState"]}}))
                        ->body()["result"];
  EXPECT_EQ(done["resultType"], "complete");
  EXPECT_EQ(done["structuredContent"], (Json{{"hello", "Ann"}, {"number", 7}}));
}

TEST_F(Asking, TheStateIsGoodForThisRequestOfThisCallerOnly) {
  serve(greet);
  const Json state = send(call())->body()["result"]["requestState"];
  const auto codeOf = [&](Json message) {
    return send(message)->body().value("error", Json::object()).value("code", 0);
  };
  const Json answer = {{"name", accepted("Ann")}};
  EXPECT_EQ(codeOf(call({{"requestState", state}, {"inputResponses", answer}})), 0);
  EXPECT_EQ(codeOf(call({{"requestState", state.get<std::string>() + "-TAMPERED"}})), -32602);
  EXPECT_EQ(codeOf(call({{"requestState", 7}})), -32602);
  EXPECT_EQ(codeOf(call({{"requestState", state}, {"arguments", {{"other", 1}}}})), -32602);
  Json otherTool = call({{"requestState", state}});
  otherTool["params"]["name"] = "echo";
  EXPECT_EQ(codeOf(otherTool), -32602);
  context.principal.subject = "mallory";
  EXPECT_EQ(codeOf(call({{"requestState", state}})), -32602);
  context.principal.subject = "";
  clock.time += Milliseconds(1'000);
  EXPECT_EQ(codeOf(call({{"requestState", state}})), -32602);
}

TEST_F(Asking, TheStateDoesNotDependOnTheOrderOfMembers) {
  serve(greet);
  const Json state = send(call({{"arguments", {{"a", 1}, {"b", 2}}}}))->body()["result"]["requestState"];
  EXPECT_TRUE(
      send(call({{"arguments", {{"b", 2}, {"a", 1}}}, {"requestState", state}}))->body().contains("result"));
}

TEST_F(Asking, MalformedAnswersAreRefusedAndMissingOnesAskedForAgain) {
  serve(greet);
  for (const Json& responses :
       {Json(), Json(1), Json::array(), Json{{"name", 12345}}, Json{{"name", nullptr}}})
    EXPECT_EQ(send(call({{"inputResponses", responses}}))->body()["error"]["code"], -32602) << responses;
  const Json state = send(call())->body()["result"]["requestState"];
  const auto resultOf = [&](const Json& responses) {
    return send(call({{"inputResponses", responses}, {"requestState", state}}))
        ->body()["result"]["resultType"];
  };
  for (const Json& responses : {Json::object(), Json{{"wrong", accepted("x")}}})
    EXPECT_EQ(resultOf(responses), "input_required") << responses;
  // What can't be understood counts as no: asked again, the same answer would come for ever.
  EXPECT_EQ(resultOf(Json{{"name", {{"action", "maybe"}}}}), "complete");
}

TEST_F(Asking, AClientThatCannotBeAskedIsToldWhatItWouldNeed) {
  serve([](CallContext&) -> Result<ToolOutcome> {
    return ToolOutcome(InputNeeded{{elicitUrl("page", "Open it", "https://shop.example"),
                                    {"model", "sampling/createMessage", Json::object()},
                                    {"roots", "roots/list", Json::object()}},
                                   {}});
  });
  const auto refused = send(call({}, Json::object()));
  EXPECT_EQ(refused->replies.at(0).httpStatus, 400);
  EXPECT_EQ(refused->body()["error"]["code"], -32021);
  EXPECT_EQ(refused->body()["error"]["data"]["requiredCapabilities"],
            (Json{{"elicitation", {{"url", Json::object()}}},
                  {"sampling", Json::object()},
                  {"roots", Json::object()}}));
  EXPECT_EQ(send(call({}, {{"elicitation", {{"url", Json::object()}}},
                           {"sampling", Json::object()},
                           {"roots", Json::object()}}))
                ->body()["result"]["resultType"],
            "input_required");
}

TEST_F(Asking, CapabilitiesMeanWhatTheirRevisionSays) {
  std::vector<std::pair<bool, bool>> seen;
  serve([&](CallContext& context) -> Result<ToolOutcome> {
    seen.emplace_back(context.client.elicitForm, context.client.elicitUrl);
    return ToolOutcome(Json::object());
  });
  const Json empty = {{"elicitation", Json::object()}}, url = {{"elicitation", {{"url", Json::object()}}}};
  send(call({}, empty));
  send(call({}, url));
  send(call({}, {{"elicitation", {{"url", Json::object()}, {"form", Json::object()}}}}));
  send(call({}, {{"elicitation", 1}}));
  for (const auto& [revision, capabilities] :
       {std::pair("2025-03-26", empty), std::pair("2025-06-18", url), std::pair("2025-11-25", url)}) {
    initialize(revision, capabilities);
    callByHandshake();
  }
  const std::vector<std::pair<bool, bool>> expected = {{true, false},  {false, true},  {true, true},
                                                       {false, false}, {false, false}, {false, false},
                                                       {false, true}};
  EXPECT_EQ(seen, expected);
}

TEST_F(Asking, AHandshakeClientIsSentARequest) {
  serve(greet);
  initialize("2025-11-25", {{"elicitation", Json::object()}});
  const auto sink = callByHandshake();
  ASSERT_EQ(sink->notifications.size(), 1u);
  EXPECT_TRUE(sink->replies.empty());
  const Json& question = sink->notifications[0];
  EXPECT_EQ(question["method"], "elicitation/create");
  EXPECT_EQ(question["params"]["mode"], "form");
  const auto acknowledged = respond(question["id"], accepted("Ann"));
  EXPECT_EQ(acknowledged->replies.at(0).body, "");
  EXPECT_EQ(acknowledged->replies.at(0).httpStatus, 202);
  EXPECT_EQ(sink->body()["result"]["structuredContent"], (Json{{"hello", "Ann"}, {"number", 7}}));
  EXPECT_EQ(sink->body()["id"], 1);
  respond(question["id"], accepted("Bob"));  // twice is once
  EXPECT_EQ(sink->replies.size(), 1u);
}

TEST_F(Asking, QuestionsAreWordedAsTheRevisionKnowsThem) {
  serve([](CallContext& context) -> Result<ToolOutcome> {
    if (context.client.elicitUrl)
      return ToolOutcome(InputNeeded{{elicitUrl("page", "Open it", "https://shop.example")}, {}});
    return ToolOutcome(InputNeeded{{elicitForm("form", "Fill it", {{"type", "object"}})}, {}});
  });
  initialize("2025-06-18", {{"elicitation", Json::object()}});
  EXPECT_FALSE(callByHandshake()->notifications.at(0)["params"].contains("mode"));
  initialize("2025-11-25", {{"elicitation", {{"url", Json::object()}}}});
  const Json params = callByHandshake()->notifications.at(0)["params"];
  EXPECT_EQ(params["url"], "https://shop.example");
  EXPECT_EQ(params["elicitationId"].get<std::string>().size(), 32u);
}

TEST_F(Asking, WaitsForAllAnswersAndTakesAnErrorForACancel) {
  serve([](CallContext& context) -> Result<ToolOutcome> {
    if (context.input.responses.empty())
      return ToolOutcome(InputNeeded{{elicitForm("a", "A?", {}), {"b", "roots/list", Json::object()}}, {}});
    return ToolOutcome(context.input.responses);
  });
  initialize("2025-11-25", {{"elicitation", Json::object()}, {"roots", Json::object()}});
  const auto sink = callByHandshake();
  ASSERT_EQ(sink->notifications.size(), 2u);
  respond(sink->notifications[1]["id"], {{"roots", Json::array()}});
  EXPECT_TRUE(sink->replies.empty());
  send({{"jsonrpc", "2.0"},
        {"id", sink->notifications[0]["id"]},
        {"error", {{"code", -1}, {"message", "no"}}}});
  EXPECT_EQ(sink->body()["result"]["structuredContent"],
            (Json{{"b", {{"roots", Json::array()}}}, {"a", {{"action", "cancel"}}}}));
}

TEST_F(Asking, ACancelledCallForgetsItsQuestion) {
  serve(greet);
  initialize("2025-11-25", {{"elicitation", Json::object()}});
  const auto sink = callByHandshake();
  send({{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 1}}}});
  EXPECT_TRUE(sink->endedInSilence());
  respond(sink->notifications.at(0)["id"], accepted("Ann"));
  EXPECT_EQ(sink->replies.size(), 1u);
}

TEST_F(Asking, AnEndedSessionForgetsItsQuestions) {
  serve(greet);
  initialize("2025-11-25", {{"elicitation", Json::object()}});
  const auto sink = callByHandshake();
  server->endSession(session);
  EXPECT_TRUE(sink->endedInSilence());
  respond(sink->notifications.at(0)["id"], accepted("Ann"));
  EXPECT_EQ(sink->replies.size(), 1u);
}

TEST_F(Asking, ASessionThatHasEndedIsNotAskedAndTheCallIsAnswered) {
  serve(greet);
  initialize("2025-11-25", {{"elicitation", Json::object()}});
  server->endSession(session);
  const auto sink = callByHandshake();
  EXPECT_TRUE(sink->notifications.empty());
  EXPECT_EQ(sink->body()["error"]["code"], -32603);
}

TEST_F(Asking, OpenQuestionsOfOneClientAreLimited) {
  serve(greet);
  initialize("2025-11-25", {{"elicitation", Json::object()}});
  for (int id = 1; id <= 64; ++id) EXPECT_TRUE(callByHandshake(id)->replies.empty()) << id;
  EXPECT_EQ(callByHandshake(65)->body()["error"]["code"], -32603);
}

TEST_F(Asking, AQuestionThatDoesNotGetThereFailsItsCall) {
  serve(greet);
  initialize("2025-11-25", {{"elicitation", Json::object()}});
  const auto sink = std::make_shared<testing::Sink>();
  sink->reads = false;
  server->handle(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}})", session,
                 context, sink);
  EXPECT_EQ(sink->body()["error"]["code"], -32603);
  EXPECT_EQ(server->gauges().openQuestions, 0);
}

TEST_F(Asking, AClientThatTakesTooLongIsNotWaitedFor) {
  serve(greet);
  initialize("2025-11-25", {{"elicitation", Json::object()}});
  const auto sink = callByHandshake();
  server->expireQuestions(session);
  EXPECT_TRUE(sink->replies.empty());
  clock.time += Milliseconds(60 * 60 * 1000);
  server->expireQuestions(session);
  EXPECT_EQ(sink->body()["error"]["code"], -32603);
  respond(sink->notifications.at(0)["id"], accepted("Ann"));
  EXPECT_EQ(sink->replies.size(), 1u);
}

TEST_F(Asking, ASessionThatNobodyOwnsAnyMoreEndsWhatWaitsInIt) {
  serve(greet);
  initialize("2025-11-25", {{"elicitation", Json::object()}});
  const auto sink = callByHandshake();
  const std::weak_ptr gone = session;
  session = nullptr;
  EXPECT_TRUE(gone.expired());
  EXPECT_TRUE(sink->endedInSilence());
  EXPECT_EQ(server->gauges().openQuestions, 0);
  EXPECT_EQ(server->gauges().runningCalls, 0);
}

TEST_F(Asking, AClientWithoutAWayBackIsNotAsked) {
  serve(greet);
  initialize("2025-11-25", {{"elicitation", Json::object()}});
  outlet.reset();  // no stream for what belongs to no request, so no session either
  EXPECT_EQ(callByHandshake()->body()["error"]["code"], -32021);
}

TEST_F(Asking, APromptMayAskToo) {
  serve(greet);
  Json message = modern("prompts/get", {{"name", "greet"}, {"arguments", {{"who", "ask"}}}});
  message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = {
      {"elicitation", Json::object()}};
  EXPECT_EQ(send(message)->body()["result"]["resultType"], "input_required");
  message["params"]["inputResponses"] = {
      {"name", {{"action", "accept"}, {"content", {{"type", "text"}, {"text", "x"}}}}}};
  EXPECT_EQ(send(message)->body()["result"]["messages"][0]["role"], "assistant");
}

TEST_F(Asking, ContentBlocksGoOutAsTheyAre) {
  serve([](CallContext&) -> Result<ToolOutcome> {
    return ToolOutcome(ToolContent{{{{"type", "text"}, {"text", "sorry"}}}, true});
  });
  const Json result = send(call())->body()["result"];
  EXPECT_EQ(result["content"], Json::array({{{"type", "text"}, {"text", "sorry"}}}));
  EXPECT_EQ(result["isError"], true);
  EXPECT_FALSE(result.contains("structuredContent"));
}

TEST_F(Asking, LogsToTheClientFromTheLevelItAskedFor) {
  serve([](CallContext& context) -> Result<ToolOutcome> {
    context.log(ClientLogLevel::Debug, "quiet");
    context.log(ClientLogLevel::Warning, "loud");
    return ToolOutcome(Json::object());
  });
  EXPECT_TRUE(send(call())->notifications.empty());
  Json message = call();
  message["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = "notice";
  const auto sink = send(message);
  ASSERT_EQ(sink->notifications.size(), 1u);
  EXPECT_EQ(sink->notifications[0]["params"]["data"], "loud");
  EXPECT_EQ(sink->notifications[0]["params"]["level"], "warning");
  message["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = "noisy";
  EXPECT_EQ(send(message)->body()["error"]["code"], -32602);
}

}  // namespace
}  // namespace checkout::mcp
