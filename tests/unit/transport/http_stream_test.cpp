// Streamed answers, and what happens when a client leaves before its answer is complete.
#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "support/server_fixture.hpp"

namespace checkout::transport {
namespace {

using test::get;
using test::post;
using test::RawClient;

class HttpStreamTest : public test::ServerTest {
 protected:
  void SetUp() override { options.probeDelay = Milliseconds(20); }
};

TEST_F(HttpStreamTest, SendsWhatIsWrittenAtOnceAndEndsInOrder) {
  std::latch first(1), second(1);
  serve([&](const HttpRequest&, const Responder& responder) {
    HttpHeaders headers;
    headers.add("Content-Type", "text/event-stream");
    responder->begin(200, std::move(headers));
    EXPECT_TRUE(responder->write("data: 1\n\n"));
    first.wait();
    EXPECT_TRUE(responder->write(""));  // an empty chunk would end the stream
    EXPECT_TRUE(responder->write("data: 2\n\n"));
    second.wait();
    responder->finish();
    EXPECT_FALSE(responder->write("too late"));
  });
  auto http = client();
  http.send(get("/"));
  EXPECT_TRUE(http.receiveUntil("\r\n\r\n9\r\ndata: 1\n\n\r\n"));
  EXPECT_NE(http.received().find("Content-Type: text/event-stream\r\n"), std::string::npos);
  first.count_down();
  EXPECT_TRUE(http.receiveUntil("9\r\ndata: 2\n\n\r\n"));
  second.count_down();
  const auto response = http.response();
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body, "data: 1\n\ndata: 2\n\n");
  EXPECT_EQ(http.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);  // the connection lives on
}

TEST_F(HttpStreamTest, WritesFromSeveralThreadsKeepTheirChunksWhole) {
  serve([](const HttpRequest&, const Responder& responder) {
    responder->begin(200, {});
    {
      std::vector<std::jthread> threads;
      for (const char letter : {'a', 'b', 'c', 'd'})
        threads.emplace_back([responder, letter] {
          for (int i = 0; i < 200; ++i) EXPECT_TRUE(responder->write(std::string(99, letter) + "\n"));
        });
    }
    responder->finish();
  });
  const auto response = client().exchange(get("/"));
  ASSERT_TRUE(response.complete);
  ASSERT_EQ(response.body.size(), 4u * 200 * 100);
  for (std::size_t line = 0; line < 800; ++line)
    EXPECT_EQ(response.body.substr(line * 100, 100).find_first_not_of(response.body[line * 100]), 99u);
}

TEST_F(HttpStreamTest, EndsAStreamToAnOldClientByClosing) {
  serve([](const HttpRequest&, const Responder& responder) {
    responder->begin(200, {});
    responder->write("one ");
    responder->write("two");
    responder->finish();
  });
  const auto response = client().exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(response.header("Transfer-Encoding"), "");
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_EQ(response.body, "one two");
}

TEST_F(HttpStreamTest, AnswersHeadOfAStreamAndReleasesItsHandler) {
  std::latch released(1);
  Responder kept;
  serve([&](const HttpRequest& request, const Responder& responder) {
    if (request.method != "HEAD") return responder->respond({});
    kept = responder;
    responder->onDisconnect([&] { released.count_down(); });
    responder->begin(200, {});
  });
  auto http = client();
  http.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(http.response(true).status, 200);
  released.wait();
  EXPECT_FALSE(kept->write("nobody reads this"));
  EXPECT_EQ(http.exchange(get("/")).status, 200);
}

TEST_F(HttpStreamTest, CutsAStreamThatItsHandlerLeftUnfinished) {
  serve([](const HttpRequest& request, const Responder& responder) {
    responder->begin(200, {});
    responder->write("part");
    if (request.path() == "/throw") throw std::runtime_error("on purpose");
  });
  for (const char* path : {"/drop", "/throw"}) EXPECT_FALSE(client().exchange(get(path)).complete);
}

TEST_F(HttpStreamTest, TellsARunningHandlerThatItsClientLeft) {
  for (const bool abruptly : {false, true}) {
    std::latch started(1), left(1);
    std::atomic<int> calls = 0;
    serve([&](const HttpRequest&, const Responder& responder) {
      responder->onDisconnect([&] {
        ++calls;
        left.count_down();
      });
      started.count_down();
      left.wait();  // the server's handlers may well wait for this
      responder->respond({});
    });
    auto http = client();
    http.send(post("/", "x"));
    started.wait();
    abruptly ? http.reset() : http.close();
    left.wait();
    server->stop(Milliseconds(5'000));
    EXPECT_EQ(calls, 1);
  }
}

// A client may say that it has sent all it will ever send, and is owed its answers all the same.
TEST_F(HttpStreamTest, AnswersAClientThatHasStoppedSending) {
  std::latch started(2), go(1);
  std::atomic<int> left = 0;
  serve([&](const HttpRequest& request, const Responder& responder) {
    responder->onDisconnect([&] { ++left; });
    if (request.path() != "/2") started.count_down();
    go.wait();
    if (request.path() != "/stream") return responder->respond({200, {}, "answer", std::nullopt});
    HttpHeaders headers;
    headers.add("Content-Type", "text/event-stream");
    responder->begin(200, std::move(headers));
    responder->write("data: one\n\n");
    responder->finish();
  });
  auto http = client(), streaming = client();
  http.send(get("/1") + get("/2"));
  http.closeSending();
  streaming.send(get("/stream"));
  streaming.closeSending();
  started.wait();
  // What asks whether it is still there is an interim response, which any client skips.
  EXPECT_EQ(http.response().status, 100);
  EXPECT_EQ(streaming.response().status, 100);
  go.count_down();
  EXPECT_EQ(http.response().body, "answer");
  EXPECT_EQ(http.response().body, "answer");
  EXPECT_EQ(streaming.response().body, "data: one\n\n");
  EXPECT_EQ(http.receiveToEnd(), RawClient::End::Closed);
  EXPECT_EQ(left, 0);
}

TEST_F(HttpStreamTest, FindsOutWhichOfItsListenersHaveLeft) {
  std::latch begun(2), left(1);
  std::mutex mutex;
  std::map<std::string, Responder> kept;
  serve([&](const HttpRequest& request, const Responder& responder) {
    const std::string path(request.path());
    if (path == "/leaves") responder->onDisconnect([&] { left.count_down(); });
    HttpHeaders headers;
    headers.add("Content-Type", "text/event-stream");
    responder->begin(200, std::move(headers));
    const std::lock_guard lock(mutex);
    kept[path] = responder;
    begun.count_down();
  });
  auto leaves = client(), listens = client();
  leaves.send(get("/leaves"));
  listens.send(get("/listens"));
  begun.wait();
  listens.closeSending();
  leaves.close();
  left.wait();
  EXPECT_TRUE(kept["/listens"]->write("data: still here\n\n"));
  kept["/listens"]->finish();
  const auto heard = listens.response();
  EXPECT_TRUE(heard.complete);
  EXPECT_NE(heard.body.find("data: still here"), std::string::npos);
  kept.clear();
}

TEST_F(HttpStreamTest, NoticesTheClientLeavingBehindPipelinedRequests) {
  std::latch started(1), left(1);
  std::atomic<int> handled = 0;
  serve([&](const HttpRequest&, const Responder& responder) {
    if (++handled > 1) return responder->respond({});
    responder->onDisconnect([&] { left.count_down(); });
    started.count_down();
    left.wait();
    responder->respond({});
  });
  auto http = client();
  http.send(get("/1") + get("/2"));
  started.wait();
  http.reset();
  left.wait();
  server->stop(Milliseconds(5'000));
}

TEST_F(HttpStreamTest, StopsAStreamWhoseClientLeft) {
  std::latch begun(1), left(1);
  Responder kept;
  serve([&](const HttpRequest&, const Responder& responder) {
    kept = responder;
    responder->onDisconnect([&] { left.count_down(); });
    HttpHeaders headers;
    headers.add("Content-Type", "text/event-stream");
    responder->begin(200, std::move(headers));
    responder->write("data");
    begun.count_down();
  });
  auto http = client();
  http.send(get("/"));
  begun.wait();
  http.close();
  left.wait();
  EXPECT_FALSE(kept->write("more"));
}

TEST_F(HttpStreamTest, CallsTheCallbackAtOnceIfTheClientHasLeftAlready) {
  std::latch started(1), left(1), late(1);
  serve([&](const HttpRequest&, const Responder& responder) {
    responder->onDisconnect([&] { left.count_down(); });
    started.count_down();
    left.wait();
    responder->onDisconnect([&] { late.count_down(); });
    responder->respond({});
  });
  auto http = client();
  http.send(get("/"));
  started.wait();  // a request whose client left before is not begun
  http.close();
  late.wait();
}

TEST_F(HttpStreamTest, CallsNoCallbackOnceTheAnswerIsComplete) {
  std::atomic<int> calls = 0;
  serve([&](const HttpRequest&, const Responder& responder) {
    responder->onDisconnect([&] { ++calls; });
    responder->respond({});
  });
  {
    auto http = client();
    EXPECT_EQ(http.exchange(get("/")).status, 200);
    EXPECT_EQ(http.exchange(get("/")).status, 200);
  }
  server->stop(Milliseconds(5'000));
  EXPECT_EQ(calls, 0);
}

TEST_F(HttpStreamTest, DisconnectsAClientThatReadsTooSlowly) {
  options.writeDeadline = Milliseconds(600'000);  // what ends it is the queue
  std::latch left(1), ended(1);
  std::atomic<std::size_t> written = 0;
  serve([&](const HttpRequest&, const Responder& responder) {
    responder->onDisconnect([&] { left.count_down(); });
    responder->begin(200, {});
    while (responder->write(std::string(64 * 1024, 'x'))) written += 64 * 1024;
    ended.count_down();
  });
  RawClient http(server->port(), 4096);
  http.send(get("/"));
  ended.wait();
  left.wait();
  EXPECT_GT(written, 1024u * 1024);
  EXPECT_LT(written, 16u * 1024 * 1024);  // the queue, and what the kernel buffers on loopback
  EXPECT_EQ(http.receiveToEnd(), RawClient::End::Reset);
}

TEST_F(HttpStreamTest, GivesUpOnAClientThatTakesNothing) {
  options.writeDeadline = Milliseconds(40);
  std::latch left(1);
  serve([&](const HttpRequest&, const Responder& responder) {
    responder->onDisconnect([&] { left.count_down(); });
    responder->respond({200, {}, std::string(32 * 1024 * 1024, 'x'), std::nullopt});
  });
  RawClient http(server->port(), 4096);
  http.send(get("/"));
  left.wait();
}

TEST_F(HttpStreamTest, ATardyAnswerToAServerThatIsGoneIsHarmless) {
  Responder kept, streaming;
  std::latch both(2);
  serve([&](const HttpRequest& request, const Responder& responder) {
    if (request.path() == "/stream") responder->begin(200, {});
    (request.path() == "/stream" ? streaming : kept) = responder;
    both.count_down();
  });
  auto one = client(), two = client();
  one.send(get("/"));
  two.send(get("/stream"));
  both.wait();
  server.reset();
  kept->respond({});
  EXPECT_FALSE(streaming->write("x"));
  streaming->finish();
  kept = streaming = nullptr;
}

}  // namespace
}  // namespace checkout::transport
