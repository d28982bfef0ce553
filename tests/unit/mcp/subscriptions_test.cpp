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
  EXPECT_TRUE(sink->endedInSilence());

  testing::Client other(server);
  const auto cancelled = other.send(listen({{"resourceSubscriptions", {kMemo}}}));
  other.send(Json{{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 7}}}});
  server.announce(kChange);
  EXPECT_EQ(cancelled->notifications.size(), 1u);
  EXPECT_TRUE(cancelled->endedInSilence());
}

TEST_F(Listening, IsAnsweredWhenTheServerEndsIt) {
  const auto sink = client.send(listen(Json::object()));
  server.endSession(client.session());
  EXPECT_EQ(
      sink->body(),
      (Json{{"jsonrpc", "2.0"},
            {"id", 7},
            {"result",
             {{"resultType", "complete"}, {"_meta", {{"io.modelcontextprotocol/subscriptionId", 7}}}}}}));
  server.endSession(client.session());
  server.streamClosed(client.session());
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

TEST_F(Listening, IsLimitedByWhatIsWatched) {
  ServerOptions options;
  options.maxSubscriptionsPerClient = 3;
  const Server fair(testing::fakeInfo(), testing::allFeatures(), options);
  std::vector<std::shared_ptr<Session>> sessions;
  const auto listenTo = [&](const std::vector<std::string>& uris) {
    sessions.push_back(fair.newSession({}, "10.0.0.1"));
    auto sink = std::make_shared<testing::Sink>();
    fair.handle(listen({{"resourceSubscriptions", uris}}).dump(), sessions.back(), {}, sink);
    return sink->replies.empty();
  };
  EXPECT_TRUE(listenTo({"memo://inbox/a b", "memo://inbox/a%20b"}));
  EXPECT_FALSE(listenTo({"memo://inbox/a b", "memo://inbox/a%20b"})) << "spellings count, too";
  EXPECT_TRUE(listenTo({"memo://inbox/a b"}));
  fair.streamClosed(sessions.front());
  EXPECT_TRUE(listenTo({"memo://inbox/a b", "memo://inbox/a%20b"}));
}

TEST_F(Listening, OfOneClientLeavesRoomForOthers) {
  ServerOptions options;
  options.maxSubscriptionsPerClient = 2;
  const Server fair(testing::fakeInfo(), testing::allFeatures(), options);
  std::vector<std::shared_ptr<Session>> sessions;
  const auto listenAs = [&](const std::string& name) {
    sessions.push_back(fair.newSession({}, name));
    auto sink = std::make_shared<testing::Sink>();
    fair.handle(listen(Json::object()).dump(), sessions.back(), {}, sink);
    return sink->replies.empty();
  };
  EXPECT_TRUE(listenAs("10.0.0.1"));
  EXPECT_TRUE(listenAs("10.0.0.1"));
  EXPECT_FALSE(listenAs("10.0.0.1"));
  EXPECT_TRUE(listenAs("10.0.0.2"));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(listenAs("")) << "each is a client of its own";
  fair.streamClosed(sessions.front());
  EXPECT_TRUE(listenAs("10.0.0.1"));
}

TEST_F(Listening, HearsOfAResourceUnderEachSpellingThatItGave) {
  const auto sink = client.send(listen(
      {{"resourceSubscriptions", {"memo://inbox/a%20b", "memo://%69nbox/a b", "memo://inbox/a%2fb"}}}));
  EXPECT_EQ(sink->notifications.at(0)["params"]["notifications"],
            (Json{{"resourceSubscriptions", {"memo://inbox/a%20b", "memo://%69nbox/a b"}}}));
  server.announce(kChange);
  ASSERT_EQ(sink->notifications.size(), 3u);
  EXPECT_EQ(sink->notifications[1]["params"]["uri"], "memo://inbox/a%20b");
  EXPECT_EQ(sink->notifications[2]["params"]["uri"], "memo://%69nbox/a b");
  server.streamClosed(client.session());
  EXPECT_EQ(server.gauges().subscriptions, 0);
}

TEST_F(Listening, HoldsNoLockWhileItTellsItsClient) {
  struct Restless final : ReplySink {
    std::function<void()> onNotify;
    int replies = 0;
    void notify(std::string) override { onNotify(); }
    bool ask(std::string) override { return true; }
    void reply(Reply) override { ++replies; }
  };
  const auto sink = std::make_shared<Restless>();
  int told = 0;
  sink->onNotify = [&] {
    if (++told == 1) server.announce(kChange);  // while it is being acknowledged
    if (told == 2) server.endSession(client.session());
  };
  server.handle(listen({{"resourceSubscriptions", {kMemo}}}).dump(), client.session(), {}, sink);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(sink->replies, 1);
  sink->onNotify = nullptr;
}

class Subscribing : public ::testing::TestWithParam<const char*> {
 protected:
  void initialize(const std::string& revision) { exchange("initialize", {{"protocolVersion", revision}}); }
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

TEST_P(Subscribing, TellsTheSessionUntilItUnsubscribes) {
  initialize(GetParam());
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

TEST_P(Subscribing, NeedsAResourceThatExistsAndASession) {
  initialize(GetParam());
  for (const char* uri : {"memo://inbox/other", "memo://logo", "other://x"})
    EXPECT_EQ(exchange("resources/subscribe", {{"uri", uri}})["error"]["code"], -32002) << uri;
  EXPECT_EQ(exchange("resources/subscribe", Json::object())["error"]["code"], -32602);
  session = server.newSession();
  exchange("initialize", {{"protocolVersion", "2025-11-25"}});
  EXPECT_EQ(exchange("resources/subscribe", {{"uri", kMemo}})["error"]["code"], -32600);
}

TEST_P(Subscribing, HearsOfAResourceUnderTheSpellingThatItGave) {
  initialize(GetParam());
  exchange("resources/subscribe", {{"uri", "memo://inbox/a%20b"}});
  server.announce(kChange);
  ASSERT_EQ(outlet->messages.size(), 1u);
  EXPECT_EQ(outlet->messages[0]["params"]["uri"], "memo://inbox/a%20b");
  exchange("resources/unsubscribe", {{"uri", kMemo}});  // the same resource
  server.announce(kChange);
  EXPECT_EQ(outlet->messages.size(), 1u);
  EXPECT_EQ(server.gauges().subscriptions, 0);
}

TEST_P(Subscribing, EndsWithTheSession) {
  initialize(GetParam());
  exchange("resources/subscribe", {{"uri", kMemo}});
  server.endSession(session);
  EXPECT_TRUE(exchange("resources/subscribe", {{"uri", kMemo}}).contains("error"));
  server.announce(kChange);
  EXPECT_TRUE(outlet->messages.empty());
}

INSTANTIATE_TEST_SUITE_P(EachRevision, Subscribing,
                         ::testing::Values("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"));

TEST(SubscriptionsTest, LetsGoOfWhatWasDropped) {
  const Subscriptions subscriptions(10, 10);
  int heard = 0;
  auto handle = subscriptions.add({"", {{"a", "a"}, {"b", "b"}}, [&](const ResourceChange&) { ++heard; }});
  subscriptions.announce("a", {"a", {}});
  subscriptions.announce("b", {"b", {}});
  EXPECT_EQ(heard, 2);
  handle.reset();
  subscriptions.announce("a", {"a", {}});
  EXPECT_EQ(heard, 2);
  EXPECT_EQ(subscriptions.size(), 0u);
}

TEST(SubscriptionsTest, ManyThreadsComeAndGo) {
  const Subscriptions subscriptions(1'000, 1'000);
  std::atomic<int> heard{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const auto handle = subscriptions.add({"", {{"a", "a"}}, [&](const ResourceChange&) { ++heard; }});
        subscriptions.announce("a", {"a", {}});
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(heard.load(), 2'000);
  EXPECT_EQ(subscriptions.size(), 0u);
}

}  // namespace
}  // namespace checkout::mcp
