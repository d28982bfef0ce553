// Who hears of a change, in both eras.
#include "mcp/subscriptions.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "unit/mcp/fake_features.hpp"

namespace checkout::mcp {
namespace {

using testing::modern;

constexpr char kMemo[] = "memo://inbox/a b";
const ResourceChange kChange{kMemo, {{"test/about", 1}}};

class Listening : public ::testing::Test {
 protected:
  Json listen(Json filter) { return modern("subscriptions/listen", {{"notifications", std::move(filter)}}); }

  Server server{testing::fakeInfo(), testing::allFeatures()};
  testing::Client client{server};
};

TEST_F(Listening, AcknowledgesWhatItCanAndThenTellsOfChanges) {
  const auto sink =
      client.send(listen({{"toolsListChanged", true},
                          {"resourceSubscriptions", {kMemo, kMemo, "memo://inbox/other", "other://x"}}}));
  ASSERT_EQ(sink->notifications.size(), 1u);
  EXPECT_EQ(sink->notifications[0]["method"], "notifications/subscriptions/acknowledged");
  EXPECT_EQ(sink->notifications[0]["params"],
            (Json{{"_meta", {{"io.modelcontextprotocol/subscriptionId", 7}}},
                  {"notifications", {{"resourceSubscriptions", {kMemo}}}}}));
  server.announce(kChange);
  server.announce({"memo://logo", nullptr});
  ASSERT_EQ(sink->notifications.size(), 2u);
  EXPECT_EQ(sink->notifications[1]["method"], "notifications/resources/updated");
  EXPECT_EQ(
      sink->notifications[1]["params"],
      (Json{{"uri", kMemo}, {"_meta", {{"io.modelcontextprotocol/subscriptionId", 7}, {"test/about", 1}}}}));
  EXPECT_TRUE(sink->replies.empty());
}

TEST_F(Listening, EndsWithItsStreamOrItsCancellation) {
  const auto sink = client.send(listen({{"resourceSubscriptions", {kMemo}}}));
  server.streamClosed(client.session());
  server.announce(kChange);
  EXPECT_EQ(sink->notifications.size(), 1u);
  EXPECT_TRUE(sink->replies.empty());

  testing::Client other(server);
  const auto cancelled = other.send(listen({{"resourceSubscriptions", {kMemo}}}));
  other.send(Json{{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 7}}}});
  server.announce(kChange);
  EXPECT_EQ(cancelled->notifications.size(), 1u);
  EXPECT_TRUE(cancelled->replies.empty());
}

TEST_F(Listening, IsAnsweredWhenTheServerEndsIt) {
  const auto sink = client.send(listen(Json::object()));
  server.endSubscriptions();
  EXPECT_EQ(
      sink->body(),
      (Json{{"jsonrpc", "2.0"},
            {"id", 7},
            {"result",
             {{"resultType", "complete"}, {"_meta", {{"io.modelcontextprotocol/subscriptionId", 7}}}}}}));
  server.endSubscriptions();
  EXPECT_EQ(sink->replies.size(), 1u);
}

TEST_F(Listening, EndsWithItsSessionAndNoOther) {
  testing::Client other(server);
  const auto mine = client.send(listen({{"resourceSubscriptions", {kMemo}}}));
  const auto theirs = other.send(listen({{"resourceSubscriptions", {kMemo}}}));
  server.endSession(client.session());
  EXPECT_EQ(mine->replies.size(), 1u);
  server.announce(kChange);
  EXPECT_EQ(mine->notifications.size(), 1u);
  EXPECT_EQ(theirs->notifications.size(), 2u);
}

TEST_F(Listening, OnASessionThatHasEndedIsOverAtOnce) {
  server.endSession(client.session());
  const auto sink = client.send(listen({{"resourceSubscriptions", {kMemo}}}));
  EXPECT_TRUE(sink->body().contains("result"));
  server.announce(kChange);
  EXPECT_EQ(sink->notifications.size(), 1u);  // the acknowledgement
}

TEST_F(Listening, OfAClientThatIsGoneAlreadyTakesNoPlace) {
  ServerOptions options;
  options.maxSubscriptions = 1;
  const Server small(testing::fakeInfo(), testing::allFeatures(), options);
  testing::Client gone(small), other(small);
  small.streamClosed(gone.session());
  EXPECT_TRUE(gone.send(listen({{"resourceSubscriptions", {kMemo}}}))->notifications.empty());
  EXPECT_TRUE(other.send(listen(Json::object()))->replies.empty());
}

TEST_F(Listening, RefusesAFilterThatIsNone) {
  for (const Json& filter : {Json(1), Json{{"toolsListChanged", 1}}, Json{{"resourceSubscriptions", "x"}},
                             Json{{"resourceSubscriptions", {1}}},
                             Json{{"resourceSubscriptions", std::vector<std::string>(1'001, kMemo)}}})
    EXPECT_EQ(client.exchange(listen(filter))["error"]["code"], -32602) << filter.dump().substr(0, 80);
  EXPECT_EQ(client.exchange(modern("subscriptions/listen"))["error"]["code"], -32602);
}

TEST_F(Listening, HasALimit) {
  ServerOptions options;
  options.maxSubscriptions = 2;
  const Server small(testing::fakeInfo(), testing::allFeatures(), options);
  testing::Client many(small);
  const auto first = many.send(listen(Json::object()));
  many.send(listen(Json::object()));
  EXPECT_EQ(many.exchange(listen(Json::object()))["error"]["code"], -32603);
  small.streamClosed(many.session());
  testing::Client next(small);
  EXPECT_TRUE(next.send(listen(Json::object()))->replies.empty());
}

class Subscribing : public ::testing::Test {
 protected:
  Subscribing() { exchange("initialize", {{"protocolVersion", "2025-11-25"}}); }
  Json exchange(const std::string& method, Json params) {
    auto sink = std::make_shared<testing::Sink>();
    server.handle(
        Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}}.dump(),
        session, {}, sink);
    return sink->body();
  }

  Server server{testing::fakeInfo(), testing::allFeatures()};
  std::shared_ptr<testing::RecordingOutlet> outlet = std::make_shared<testing::RecordingOutlet>();
  std::shared_ptr<Session> session = server.newSession(outlet);
};

TEST_F(Subscribing, TellsTheSessionUntilItUnsubscribes) {
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(exchange("resources/subscribe", {{"uri", kMemo}})["result"], Json::object());
  server.announce(kChange);
  ASSERT_EQ(outlet->messages.size(), 1u);
  EXPECT_EQ(outlet->messages[0], (Json{{"jsonrpc", "2.0"},
                                       {"method", "notifications/resources/updated"},
                                       {"params", {{"uri", kMemo}, {"_meta", {{"test/about", 1}}}}}}));
  EXPECT_EQ(exchange("resources/unsubscribe", {{"uri", kMemo}})["result"], Json::object());
  server.announce(kChange);
  EXPECT_EQ(outlet->messages.size(), 1u);
}

TEST_F(Subscribing, NeedsAResourceThatExistsAndASession) {
  for (const char* uri : {"memo://inbox/other", "memo://logo", "other://x"})
    EXPECT_EQ(exchange("resources/subscribe", {{"uri", uri}})["error"]["code"], -32002) << uri;
  EXPECT_EQ(exchange("resources/subscribe", Json::object())["error"]["code"], -32602);
  session = server.newSession();
  exchange("initialize", {{"protocolVersion", "2025-11-25"}});
  EXPECT_EQ(exchange("resources/subscribe", {{"uri", kMemo}})["error"]["code"], -32600);
}

TEST_F(Subscribing, EndsWithTheSession) {
  exchange("resources/subscribe", {{"uri", kMemo}});
  server.endSession(session);
  EXPECT_TRUE(exchange("resources/subscribe", {{"uri", kMemo}}).contains("error"));
  server.announce(kChange);
  EXPECT_TRUE(outlet->messages.empty());
}

TEST(SubscriptionsTest, LetsGoOfWhatWasDropped) {
  const Subscriptions subscriptions(10);
  int heard = 0;
  auto handle = subscriptions.add({nullptr, {"a", "b"}, [&](const ResourceChange&) { ++heard; }, {}});
  subscriptions.announce({"a", {}});
  subscriptions.announce({"b", {}});
  EXPECT_EQ(heard, 2);
  handle.reset();
  subscriptions.announce({"a", {}});
  EXPECT_EQ(heard, 2);
  EXPECT_EQ(subscriptions.size(), 0u);
}

TEST(SubscriptionsTest, ManyThreadsComeAndGo) {
  const Subscriptions subscriptions(1'000);
  std::atomic<int> heard{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const auto handle = subscriptions.add({nullptr, {"a"}, [&](const ResourceChange&) { ++heard; }, {}});
        subscriptions.announce({"a", {}});
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(heard.load(), 2'000);
  EXPECT_EQ(subscriptions.size(), 0u);
}

}  // namespace
}  // namespace checkout::mcp
