#include "unit/transport/relay_session_fixture.hpp"

namespace checkout::transport {
namespace {

using namespace relayed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(RelaySessionTest, PassesLinesThroughAsTheyAre) {
  const std::string odd = R"({ "method":"ping" ,"id":1,"jsonrpc":"2.0", "x":"é\u00e9"})";
  const std::string back = R"({"result":{ },   "jsonrpc":"2.0","id":1})";
  exchanged(odd, back);
  holder(notification("notifications/progress", {{"progressToken", 1}, {"progress", 0.5}}));
  EXPECT_EQ(told().size(), 1u);
  EXPECT_FALSE(session_.awaitsAnswers());
  EXPECT_EQ(session_.waitingForHolder(), 0u);
}

TEST_F(RelaySessionTest, MakesTheHandshakeAgainAndSwallowsItsAnswer) {
  shakeHands();
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized));
  holder(answer("i", {{"protocolVersion", "2025-11-25"}}));
  EXPECT_THAT(told(), IsEmpty());
  exchanged(request(2, "tools/list"), answer(2));
}

TEST_F(RelaySessionTest, DoesSoForEveryHolder) {
  shakeHands();
  for (int holders = 0; holders < 5; ++holders) {
    session_.holderLost();
    EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized));
    if (holders != 2) holder(answer("i"));  // the third one died before it answered
    EXPECT_THAT(told(), IsEmpty());
  }
}

TEST_F(RelaySessionTest, AsksAgainWhatIsHarmlessAndTellsTheAnswer) {
  shakeHands();
  const std::string list = request(7, "tools/list"), look = call(8, "look");
  sentOff(list);
  sentOff(look);
  session_.holderLost();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized, list, look));
  holder(answer("i"));
  holder(answer(8));
  holder(answer(7));
  EXPECT_THAT(told(), ElementsAre(answer(8), answer(7)));
}

TEST_F(RelaySessionTest, FinishesAHandshakeThatTheHolderDidNotAnswer) {
  sentOff(kInitialize);
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(kInitialize));
  holder(answer("i"));
  EXPECT_THAT(told(), ElementsAre(answer("i")));
}

TEST_F(RelaySessionTest, AnswersALostCallHonestlyAndMakesItOnce) {
  shakeHands();
  sentOff(call(9, "buy"));
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized));
  const auto lines = told();
  ASSERT_EQ(lines.size(), 1u);
  const Json message = Json::parse(lines[0]);
  EXPECT_EQ(message["id"], 9);
  const Json& result = message["result"];
  EXPECT_EQ(result["isError"], true);
  EXPECT_EQ(result["structuredContent"]["error"],
            (Json{{"code", "SERVICE_UNAVAILABLE"}, {"message", "Look first."}, {"retryable", false}}));
  EXPECT_EQ(Json::parse(result["content"][0]["text"].get<std::string>()), result["structuredContent"]);
  EXPECT_FALSE(result.contains("resultType"));
  EXPECT_FALSE(session_.awaitsAnswers());
}

TEST_F(RelaySessionTest, AnswersAModernLostCallAsItsRevisionHasIt) {
  sentOff(call(9, "buy", {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"}}));
  session_.holderLost();
  EXPECT_EQ(Json::parse(told().at(0))["result"]["resultType"], "complete");
}

TEST_F(RelaySessionTest, MakesACallThatNeverLeft) {
  const std::string buy = call(1, "buy");
  client(buy);
  session_.holderLost();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(sent(), ElementsAre(buy));
}

TEST_F(RelaySessionTest, MakesACallOfWhichOnlyAPartLeft) {
  const std::string buy = call(1, "buy");
  client(buy);
  ASSERT_FALSE(session_.forHolder().empty());
  session_.sentToHolder(buy.size() - 1);
  // What a holder that stops has to say to that part.
  holder(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}})");
  session_.holderLost();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(sent(), ElementsAre(buy));
}

TEST_F(RelaySessionTest, TakesACallWithoutItsLineEndForMade) {
  const std::string buy = call(1, "buy");
  client(buy + " \r");
  ASSERT_FALSE(session_.forHolder().empty());
  session_.sentToHolder(buy.size());
  EXPECT_EQ(session_.forHolder(), "\n");
  session_.holderLost();
  EXPECT_EQ(told().size(), 1u);
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RelaySessionTest, LeavesAloneWhatTheClientCancelled) {
  shakeHands();
  sentOff(request(3, "tools/list"));
  sentOff(call(4, "buy"));
  sentOff(notification("notifications/cancelled", {{"requestId", 3}}));
  sentOff(notification("notifications/cancelled", {{"requestId", 4}}));
  EXPECT_FALSE(session_.awaitsAnswers());
  session_.holderLost();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized));
}

TEST_F(RelaySessionTest, PassesOnAnAnswerThatCrossedItsCancellation) {
  sentOff(request(3, "tools/list"));
  sentOff(notification("notifications/cancelled", {{"requestId", 3}}));
  holder(answer(3));
  EXPECT_THAT(told(), ElementsAre(answer(3)));
}

TEST_F(RelaySessionTest, KeepsTheLatestLogLevel) {
  shakeHands();
  exchanged(request(2, "logging/setLevel", {{"level", "debug"}}), answer(2));
  const std::string error = request(3, "logging/setLevel", {{"level", "error"}});
  exchanged(error, answer(3));
  exchanged(request(4, "logging/setLevel", {{"level", "loud"}}), refusal(4));
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized, error));
  holder(answer("i"));
  holder(answer(3));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(RelaySessionTest, SubscribesAgainAndTellsTheClientToLook) {
  shakeHands();
  const std::string a = request(2, "resources/subscribe", {{"uri", "a:1"}});
  exchanged(a, answer(2));
  exchanged(request(3, "resources/subscribe", {{"uri", "b:2"}}), answer(3));
  exchanged(request(4, "resources/unsubscribe", {{"uri", "b:2"}}), answer(4));
  exchanged(request(5, "resources/subscribe", {{"uri", "c:3"}}), refusal(5));
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized, a));
  holder(answer("i"));
  holder(answer(2));
  EXPECT_THAT(told(), ElementsAre(updated("a:1")));  // what happened in between is not lost
  holder(updated("a:1"));
  EXPECT_THAT(told(), ElementsAre(updated("a:1")));
}

TEST_F(RelaySessionTest, SubscribesOnceHoweverOftenTheClientDid) {
  exchanged(request(2, "resources/subscribe", {{"uri", "a:1"}}), answer(2));
  const std::string again = request(3, "resources/subscribe", {{"uri", "a:1"}});
  exchanged(again, answer(3));
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(again));
}

TEST_F(RelaySessionTest, ListensAgainWithOneAcknowledgement) {
  exchanged(listen(1), acknowledged(1));
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(listen(1)));
  holder(acknowledged(1));
  const auto lines = told();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(Json::parse(lines[0]),
            (Json{{"jsonrpc", "2.0"},
                  {"method", "notifications/resources/updated"},
                  {"params", {{"uri", "a:1"}, {"_meta", {{"io.modelcontextprotocol/subscriptionId", 1}}}}}}));
}

TEST_F(RelaySessionTest, HidesThatAHolderThatStopsEndsAListening) {
  exchanged(listen(1), acknowledged(1));
  holder(answer(1));
  EXPECT_THAT(told(), IsEmpty());
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(listen(1)));
}

TEST_F(RelaySessionTest, TellsTheEndOfAListeningToAClientThatEnds) {
  exchanged(listen(1), acknowledged(1));
  session_.clientEnded();
  EXPECT_FALSE(session_.awaitsAnswers());
  holder(answer(1));
  EXPECT_THAT(told(), ElementsAre(answer(1)));
}

TEST_F(RelaySessionTest, ForgetsAListeningThatTheClientEnded) {
  exchanged(listen(1), acknowledged(1));
  sentOff(notification("notifications/cancelled", {{"requestId", 1}}));
  session_.holderLost();
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RelaySessionTest, TellsARefusedListening) {
  exchanged(listen(1), refusal(1));
  EXPECT_FALSE(session_.awaitsAnswers());
  session_.holderLost();
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RelaySessionTest, CarriesTheClientsAnswersToTheHolderThatAsked) {
  sentOff(call(1, "buy"));
  const std::string asks = request("s1", "elicitation/create");
  holder(asks);
  EXPECT_THAT(told(), ElementsAre(asks));
  sentOff(answer("s1", {{"action", "accept"}}));
}

TEST_F(RelaySessionTest, CancelsWhatALostHolderHadAskedAndDropsTheAnswer) {
  sentOff(call(1, "look"));
  holder(request("s1", "elicitation/create"));
  told();
  session_.holderLost();
  const auto lines = told();
  ASSERT_EQ(lines.size(), 1u);
  const Json cancelled = Json::parse(lines[0]);
  EXPECT_EQ(cancelled["method"], "notifications/cancelled");
  EXPECT_EQ(cancelled["params"]["requestId"], "s1");
  EXPECT_THAT(sent(), ElementsAre(call(1, "look")));

  client(answer("s1", {{"action", "accept"}}));  // it crossed the cancellation
  EXPECT_THAT(sent(), IsEmpty());
  holder(request("s2", "elicitation/create"));
  sentOff(answer("s2", {{"action", "decline"}}));
}

TEST_F(RelaySessionTest, RefusesQuestionsInTheNameOfAClientThatHasEnded) {
  sentOff(call(1, "look"));
  holder(request("s1", "elicitation/create"));
  told();
  session_.clientEnded();
  const auto first = sent();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(Json::parse(first[0])["id"], "s1");
  EXPECT_TRUE(Json::parse(first[0]).contains("error"));
  EXPECT_TRUE(session_.awaitsAnswers());
  holder(request("s2", "elicitation/create"));
  EXPECT_THAT(told(), IsEmpty());
  const auto second = sent();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(Json::parse(second[0])["id"], "s2");
  holder(answer(1));
  EXPECT_THAT(told(), ElementsAre(answer(1)));
  EXPECT_FALSE(session_.awaitsAnswers());
}

TEST_F(RelaySessionTest, DropsAnAnswerThatHadNotLeftWhenItsHolderWent) {
  holder(request("s1", "elicitation/create"));
  client(answer("s1"));
  session_.holderLost();
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RelaySessionTest, RepeatsABatchThatIsHarmless) {
  const std::string batch = "[" + request(1, "ping") + "," + call(2, "look") + "]";
  sentOff(batch);
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(batch));
  const std::string answers = "[" + answer(1) + "," + answer(2) + "]";
  holder(answers);
  EXPECT_THAT(told(), ElementsAre(answers));
  EXPECT_FALSE(session_.awaitsAnswers());
}

TEST_F(RelaySessionTest, DividesABatchOfWhichAPartIsLost) {
  sentOff("[" + request(1, "ping") + "," + call(2, "buy") + "," + call(3, "buy") + "]");
  session_.holderLost();
  const auto lines = told();
  ASSERT_EQ(lines.size(), 1u);
  const Json lost = Json::parse(lines[0]);
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_EQ(lost[0]["id"], 2);
  EXPECT_EQ(lost[1]["result"]["isError"], true);
  EXPECT_THAT(sent(), ElementsAre("[" + request(1, "ping") + "]"));
  holder("[" + answer(1) + "]");
  EXPECT_THAT(told(), ElementsAre("[" + answer(1) + "]"));
}

TEST_F(RelaySessionTest, KeepsWhatABatchHadSetUp) {
  shakeHands();
  const std::string level = request(2, "logging/setLevel", {{"level", "error"}});
  exchanged("[" + level + "," + request(3, "ping") + "]", "[" + answer(2) + "," + answer(3) + "]");
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized, level));
}

TEST_F(RelaySessionTest, GivesALineThatIsNoMessageItsAnswerToo) {
  const std::string problem = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}})";
  sentOff("hello");
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre("hello"));
  holder(problem);
  EXPECT_THAT(told(), ElementsAre(problem));
  EXPECT_FALSE(session_.awaitsAnswers());
}

TEST_F(RelaySessionTest, AnswersANotificationThatWasSentAsARequest) {
  exchanged(request(1, "notifications/initialized"), refusal(1));
  session_.holderLost();
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RelaySessionTest, CountsWhatWaits) {
  client(call(1, "look"));
  const std::size_t one = session_.waitingForHolder();
  EXPECT_EQ(one, call(1, "look").size() + 1);
  sent();
  EXPECT_EQ(session_.waitingForHolder(), 0u);
  session_.holderLost();
  EXPECT_EQ(session_.waitingForHolder(), one);
}

}  // namespace
}  // namespace checkout::transport
