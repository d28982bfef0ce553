// Batches, cancellations and errors without an id, behind a relay.
#include "unit/transport/relay_session_fixture.hpp"

namespace checkout::transport {
namespace {

using namespace relayed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RelayedBatch : public RelaySessionTest {};

TEST_F(RelayedBatch, AwaitsNothingOfABatchThatWasCancelled) {
  shakeHands();
  sentOff(batchOf({call(1, "buy")}));
  sentOff(cancelled(1));
  EXPECT_FALSE(session_.awaitsAnswers());
  session_.holderLost();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized));
}

TEST_F(RelayedBatch, DoesNotMakeTheCancelledPartsOfABatchAgain) {
  sentOff(batchOf({call(1, "look"), request(2, "ping"), call(3, "buy")}));
  sentOff(cancelled(1));
  sentOff(cancelled(3));
  EXPECT_TRUE(session_.awaitsAnswers());
  session_.holderLost();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(sent(), ElementsAre(batchOf({request(2, "ping")})));
  holder(batchOf({answer(2)}));
  EXPECT_FALSE(session_.awaitsAnswers());
}

TEST_F(RelayedBatch, DoesNotSendWhatWasCancelledBeforeItLeft) {
  client(batchOf({call(1, "buy"), request(2, "ping")}));
  client(batchOf({call(3, "buy")}));
  client(cancelled(1));
  client(cancelled(3));
  EXPECT_THAT(sent(), ElementsAre(batchOf({request(2, "ping")}), cancelled(1), cancelled(3)));
  EXPECT_EQ(session_.waitingForHolder(), 0u);
}

TEST_F(RelayedBatch, MakesNoCallThatWasCancelledWhileAPartOfItHadLeft) {
  const std::string batch = batchOf({call(2, "buy"), request(3, "ping")});
  for (const std::string& line : {call(1, "buy"), batch}) {
    client(line);
    ASSERT_FALSE(session_.forHolder().empty());
    session_.sentToHolder(10);
    client(cancelled(line == batch ? 2 : 1));
    session_.holderLost();
    EXPECT_THAT(told(), IsEmpty());
    if (line != batch) {
      EXPECT_THAT(sent(), ElementsAre(cancelled(1)));
    }
  }
  EXPECT_THAT(sent(), ElementsAre(batchOf({request(3, "ping")}), cancelled(2)));
}

TEST_F(RelayedBatch, HeedsACancellationWithinABatch) {
  sentOff(call(1, "buy"));
  sentOff(batchOf({cancelled(1), call(2, "buy"), cancelled(2)}));
  EXPECT_FALSE(session_.awaitsAnswers());
  session_.holderLost();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RelayedBatch, FindsTheBatchOfAnAnswerOfWhichAPartCrossedItsCancellation) {
  sentOff(batchOf({request(1, "ping"), request(2, "ping")}));
  sentOff(cancelled(1));
  const std::string answers = batchOf({answer(1), answer(2)});
  holder(answers);
  EXPECT_THAT(told(), ElementsAre(answers));
  EXPECT_FALSE(session_.awaitsAnswers());
}

const std::string kParseErrorAnswer = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}})";

TEST_F(RelayedBatch, TellsTheAnswerToALineThatIsNoMessageFromThatToABatch) {
  const std::string batch = batchOf({request(1, "ping"), call(2, "look")});
  sentOff(batch);
  sentOff("hello");
  holder(kParseErrorAnswer);
  EXPECT_THAT(told(), ElementsAre(kParseErrorAnswer));
  EXPECT_TRUE(session_.awaitsAnswers());
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(batch));
  holder(batchOf({answer(1), answer(2)}));
  EXPECT_FALSE(session_.awaitsAnswers());
}

TEST_F(RelayedBatch, TakesOneErrorForTheAnswerToAWholeBatch) {
  sentOff("[]");
  sentOff(batchOf({request(1, "ping")}));
  for (int batches = 0; batches < 2; ++batches) {
    EXPECT_TRUE(session_.awaitsAnswers());
    holder(R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"no batches"}})");
  }
  EXPECT_FALSE(session_.awaitsAnswers());
  EXPECT_EQ(told().size(), 2u);
}

TEST_F(RelayedBatch, LeavesABatchAloneWhenTheHolderRefusesTheBeginningOfALine) {
  sentOff(batchOf({request(1, "ping")}));
  client(call(2, "buy"));
  ASSERT_FALSE(session_.forHolder().empty());
  session_.sentToHolder(10);
  holder(kParseErrorAnswer);
  EXPECT_THAT(told(), IsEmpty());
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(batchOf({request(1, "ping")}), call(2, "buy")));
}

TEST_F(RelayedBatch, ForgetsWhatABatchWasRefused) {
  shakeHands();
  const std::string a = request(2, "resources/subscribe", {{"uri", "a:1"}});
  const std::string b = request(3, "resources/subscribe", {{"uri", "b:2"}});
  const std::string level = request(4, "logging/setLevel", {{"level", "loud"}});
  exchanged(batchOf({a, b, level}), batchOf({answer(2), refusal(3), refusal(4)}));
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized, a));
}

TEST_F(RelayedBatch, ForgetsWhatABatchUnsubscribed) {
  shakeHands();
  exchanged(request(2, "resources/subscribe", {{"uri", "a:1"}}), answer(2));
  const std::string b = request(3, "resources/subscribe", {{"uri", "b:2"}});
  exchanged(batchOf({request(4, "resources/unsubscribe", {{"uri", "a:1"}}), b}),
            batchOf({answer(4), answer(3)}));
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized, b));
}

TEST_F(RelayedBatch, KeepsTheEndOfAHandshakeThatCameInABatch) {
  exchanged(kInitialize, answer("i", {{"protocolVersion", "2025-03-26"}}));
  sentOff(batchOf({kInitialized}));
  session_.holderLost();
  EXPECT_THAT(sent(), ElementsAre(kInitialize, kInitialized));
}

TEST_F(RelayedBatch, DoesNotCancelAQuestionThatABatchHasAnswered) {
  sentOff(call(1, "look"));
  holder(request("s1", "elicitation/create"));
  told();
  sentOff(batchOf({answer("s1", {{"action", "accept"}})}));
  session_.holderLost();
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace checkout::transport
