#include "stripe/http_client.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/stripe/loopback_server.hpp"

namespace checkout::stripe {
namespace {

using ::testing::HasSubstr;
using testing::LoopbackServer;
using testing::Peer;
using Failure = HttpFailure::Kind;

constexpr Milliseconds kEnough{5000};
constexpr Milliseconds kShort{150};

HttpRequest get(std::string target = "/v1/thing") {
  return {"GET", std::move(target), {}, "", ""};
}

HttpRequest post(std::string body, const char* key = nullptr) {
  HttpRequest request{"POST", "/v1/thing", {}, std::move(body), ""};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  if (key != nullptr) request.headers.add("Idempotency-Key", key);
  return request;
}

void serveForever(Peer& peer) {
  while (!peer.request().empty())
    if (!peer.respond("ok " + std::to_string(peer.number()))) return;
}

struct Timed {
  HttpExchange exchange;
  Milliseconds took;
};

Timed timed(HttpClient& client, const std::string& origin, const HttpRequest& request,
            Milliseconds deadline) {
  const auto start = std::chrono::steady_clock::now();
  auto exchange = client.send(origin, request, deadline);
  return {std::move(exchange),
          std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start)};
}

TEST(HttpClient, SendsTheRequestAsGivenAndReturnsTheWholeAnswer) {
  std::string seen;
  LoopbackServer server([&](Peer& peer) {
    seen = peer.request();
    peer.send(
        "HTTP/1.1 402 Payment Required\r\nRequest-Id: req_1\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    peer.waitForClose();
  });
  {
    auto client = makeHttpClient();
    HttpRequest request = post("a=1&b=%20", "key_1");
    request.target = "/v1/x%2Fy?expand%5B0%5D=z";
    request.headers.add("User-Agent", "tester/1");
    const auto exchange = client->send(server.origin(), request, kEnough);
    ASSERT_TRUE(exchange.response) << exchange.failure->message;
    EXPECT_EQ(exchange.response->status, 402);
    EXPECT_EQ(exchange.response->body, "abcde");
    EXPECT_EQ(exchange.response->headers.get("request-id"), "req_1");
  }
  EXPECT_THAT(seen, HasSubstr("POST /v1/x%2Fy?expand%5B0%5D=z HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Host: " + server.authority() + "\r\n"));
  EXPECT_THAT(seen, HasSubstr("Idempotency-Key: key_1\r\n"));
  EXPECT_THAT(seen, HasSubstr("User-Agent: tester/1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_THAT(seen, ::testing::EndsWith("\r\n\r\na=1&b=%20"));
}

TEST(HttpClient, KeepsConnectionsAlive) {
  LoopbackServer server(serveForever);
  auto client = makeHttpClient();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client->send(server.origin(), get(), kEnough).response->body, "ok 1");
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, GivesEachOfManyThreadsItsOwnConnection) {
  LoopbackServer server([](Peer& peer) {
    for (std::string request; !(request = peer.request()).empty();)
      peer.respond(request.substr(request.find("\r\n\r\n") + 4));
  });
  auto client = makeHttpClient();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string body = "from=" + std::to_string(t) + "&n=" + std::to_string(i);
        const auto exchange = client->send(server.origin(), post(body, "k"), kEnough);
        if (exchange.response && exchange.response->body == body) ++right;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 25);
  EXPECT_LE(server.connections(), 8);
}

TEST(HttpClient, CutsOffAServerThatSaysNothing) {
  LoopbackServer server([](Peer& peer) {
    peer.request();
    peer.waitForClose();
  });
  auto client = makeHttpClient();
  const auto [exchange, took] = timed(*client, server.origin(), get(), kShort);
  ASSERT_TRUE(exchange.failure);
  EXPECT_EQ(exchange.failure->kind, Failure::Timeout);
  EXPECT_TRUE(exchange.failure->maybeSent);
  EXPECT_GE(took, kShort);
  EXPECT_LT(took, kEnough);
}

// Each read succeeds in time, so only a deadline over all of them ends this.
TEST(HttpClient, CutsOffAServerThatDrips) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
  for (const std::string& start : {std::string("HTTP/1.1 2"), std::string("HTTP/1.1 200 OK\r\nX-Long: "),
                                   head, std::string("HTTP/1.1 200 OK\r\n\r\n")}) {
    SCOPED_TRACE(start);
    LoopbackServer server([&](Peer& peer) {
      peer.request();
      peer.send(start);
      peer.drip("0", 5);
    });
    auto client = makeHttpClient();
    const auto [exchange, took] = timed(*client, server.origin(), get(), kShort);
    ASSERT_TRUE(exchange.failure);
    EXPECT_EQ(exchange.failure->kind, Failure::Timeout);
    EXPECT_LT(took, kEnough);
  }
}

TEST(HttpClient, CutsOffATlsHandshakeThatStalls) {
  LoopbackServer server([](Peer& peer) { peer.waitForClose(); });
  auto client = makeHttpClient();
  const auto [exchange, took] = timed(*client, "https://" + server.authority(), get(), kShort);
  ASSERT_TRUE(exchange.failure);
  EXPECT_EQ(exchange.failure->kind, Failure::Timeout);
  EXPECT_FALSE(exchange.failure->maybeSent);
  EXPECT_LT(took, kEnough);
}

TEST(HttpClient, TakesAShortBodyForAFailure) {
  for (const char* answer : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\":1}",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"",
                             "HTTP/1.1 200 OK\r\nContent-Le"}) {
    LoopbackServer server([&](Peer& peer) {
      peer.request();
      peer.send(answer);
    });
    auto client = makeHttpClient();
    const auto exchange = client->send(server.origin(), get(), kEnough);
    ASSERT_TRUE(exchange.failure) << answer;
    EXPECT_EQ(exchange.failure->kind, Failure::Reset);
    EXPECT_TRUE(exchange.failure->maybeSent);
  }
}

TEST(HttpClient, ReportsAReset) {
  LoopbackServer server([](Peer& peer) {
    peer.request();
    peer.reset();
  });
  auto client = makeHttpClient();
  const auto exchange = client->send(server.origin(), post("a=1", "k"), kEnough);
  ASSERT_TRUE(exchange.failure);
  EXPECT_EQ(exchange.failure->kind, Failure::Reset);
  EXPECT_TRUE(exchange.failure->maybeSent);
  EXPECT_EQ(server.connections(), 1);  // a fresh connection is not tried twice
}

TEST(HttpClient, SurvivesAPeerThatClosesWhileItSends) {
  LoopbackServer server([](Peer& peer) {
    peer.waitForBytes();
    peer.reset();
  });
  auto client = makeHttpClient();
  for (int i = 0; i < 5; ++i) {
    const auto exchange =
        client->send(server.origin(), post(std::string(4 * 1024 * 1024, 'x'), "k"), kEnough);
    ASSERT_TRUE(exchange.failure);  // and no SIGPIPE has ended the process
    EXPECT_EQ(exchange.failure->kind, Failure::Reset);
  }
}

TEST(HttpClient, BoundsTheSizeOfAnAnswer) {
  HttpClientOptions options;
  options.maxResponseBytes = 1000;
  for (const char* head : {"Content-Length: 1001\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    LoopbackServer server([&](Peer& peer) {
      peer.request();
      peer.send(std::string("HTTP/1.1 200 OK\r\n") + head + "\r\n");
      peer.drip("400\r\n" + std::string(0x400, 'x') + "\r\n", 1);
    });
    auto client = makeHttpClient(options);
    const auto exchange = client->send(server.origin(), get(), kEnough);
    ASSERT_TRUE(exchange.failure) << head;
    EXPECT_EQ(exchange.failure->kind, Failure::TooLarge) << head;
  }
  LoopbackServer server([](Peer& peer) {
    peer.request();
    peer.respond(std::string(1000, 'x'));
  });
  EXPECT_EQ(makeHttpClient(options)->send(server.origin(), get(), kEnough).response->body.size(), 1000u);
}

TEST(HttpClient, DoesNotFollowRedirects) {
  LoopbackServer server([](Peer& peer) {
    while (!peer.request().empty())
      peer.send("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
  });
  auto client = makeHttpClient();
  const auto exchange = client->send(server.origin(), get(), kEnough);
  ASSERT_TRUE(exchange.response);
  EXPECT_EQ(exchange.response->status, 302);
  EXPECT_EQ(exchange.response->headers.get("Location"), "/elsewhere");
}

// The server answers one request per connection and then, without a word, resets it when the second arrives.
void answerOnceThenReset(Peer& peer) {
  peer.request();
  peer.respond("ok " + std::to_string(peer.number()));
  if (!peer.request().empty()) peer.reset();
}

TEST(HttpClient, RepeatsARepeatableRequestOnceWhenAPooledConnectionTurnsOutDead) {
  LoopbackServer server(answerOnceThenReset);
  auto client = makeHttpClient();
  EXPECT_EQ(client->send(server.origin(), get(), kEnough).response->body, "ok 1");
  EXPECT_EQ(client->send(server.origin(), post("a=1", "key_1"), kEnough).response->body, "ok 2");
  EXPECT_EQ(client->send(server.origin(), get(), kEnough).response->body, "ok 3");
}

TEST(HttpClient, DoesNotRepeatWhatCouldTakeEffectTwice) {
  LoopbackServer server(answerOnceThenReset);
  auto client = makeHttpClient();
  EXPECT_EQ(client->send(server.origin(), get(), kEnough).response->body, "ok 1");
  const auto exchange = client->send(server.origin(), post("a=1"), kEnough);
  ASSERT_TRUE(exchange.failure);
  EXPECT_TRUE(exchange.failure->maybeSent);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, NeverReadsAnAnswerThatNobodyAskedFor) {
  LoopbackServer server([](Peer& peer) {
    peer.request();
    peer.send(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray");
    while (!peer.request().empty()) peer.respond("second");
  });
  auto client = makeHttpClient();
  EXPECT_EQ(client->send(server.origin(), get("/first"), kEnough).response->body, "first");
  EXPECT_NE(client->send(server.origin(), get("/second"), kEnough).response->body, "stray");
}

TEST(HttpClient, TellsThatNothingWasSentWhenNobodyListens) {
  std::string origin;
  {
    LoopbackServer closed(serveForever);
    origin = closed.origin();
  }
  auto client = makeHttpClient();
  const auto exchange = client->send(origin, get(), kEnough);
  ASSERT_TRUE(exchange.failure);
  EXPECT_EQ(exchange.failure->kind, Failure::Connect);
  EXPECT_FALSE(exchange.failure->maybeSent);
}

TEST(HttpClient, RefusesToSendWhatWouldBreakTheMessage) {
  LoopbackServer server(serveForever);
  auto client = makeHttpClient();
  HttpRequest injecting = get();
  injecting.headers.add("Stripe-Account", "acct_1\r\nEvil: 1");
  std::vector<std::pair<std::string, HttpRequest>> bad = {
      {server.origin(), injecting},           {server.origin(), get("/a b")},
      {server.origin(), get("/a\r\nX: 1")},   {server.origin(), get("")},
      {server.origin() + "/", get()},         {server.authority(), get()},
      {"ftp://" + server.authority(), get()}, {"https://", get()}};
  for (const auto& [origin, request] : bad) {
    const auto exchange = client->send(origin, request, kEnough);
    ASSERT_TRUE(exchange.failure) << origin << request.target;
    EXPECT_EQ(exchange.failure->kind, Failure::Malformed);
    EXPECT_FALSE(exchange.failure->maybeSent);
  }
  EXPECT_EQ(client->send(server.origin(), get(), Milliseconds{0}).failure->kind, Failure::Timeout);
  EXPECT_EQ(server.connections(), 0);
}

}  // namespace
}  // namespace checkout::stripe
