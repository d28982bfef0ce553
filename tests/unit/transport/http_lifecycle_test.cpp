// Overload, exhaustion and the end: what must not stop the server, and what must stop it cleanly.
#include <atomic>
#include <latch>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/metrics.hpp"
#include "support/server_fixture.hpp"

namespace checkout::transport {
namespace {

using test::get;
using test::post;
using test::RawClient;

class HttpLifecycleTest : public test::ServerTest {
 protected:
  void SetUp() override { options.metrics = &metrics; }
  std::int64_t value(std::string_view name) { return metrics.gauge(name, "").get(); }
  // Waits for something that the server does on its own; the deadline is the test's.
  template <class Condition>
  void eventually(Condition condition) {
    while (!condition()) std::this_thread::yield();
  }
  Metrics metrics;
};

TEST_F(HttpLifecycleTest, AnswersWhatIsUrgentWhileEveryWorkerIsBusy) {
  options.workers = 2;
  options.isUrgent = [](const HttpRequest& request) { return request.path() == "/healthz"; };
  std::latch running(2), release(1);
  serve([&](const HttpRequest& request, const Responder& responder) {
    if (request.path() != "/healthz") {
      running.count_down();
      release.wait();
    }
    responder->respond({});
  });
  std::vector<RawClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(client());
    clients.back().send(get("/"));
  }
  running.wait();
  EXPECT_EQ(client().exchange(get("/healthz")).status, 200);
  release.count_down();
  for (auto& http : clients) EXPECT_EQ(http.response().status, 200);
}

TEST_F(HttpLifecycleTest, Answers503WhenEveryWorkerIsBusyAndTheQueueIsFull) {
  options.workers = 2;
  options.maxQueued = 3;
  std::latch running(2), release(1);
  std::atomic<int> handled = 0;
  serve([&](const HttpRequest&, const Responder& responder) {
    if (++handled <= 2) running.count_down();
    release.wait();
    responder->respond({});
  });
  std::vector<RawClient> clients;
  for (int i = 0; i < 2; ++i) clients.push_back(client());
  for (auto& http : clients) http.send(get("/"));
  running.wait();
  for (int i = 0; i < 3; ++i) {
    clients.push_back(client());
    clients.back().send(get("/"));
  }
  eventually([&] { return value("checkout_http_in_flight") == 5; });

  auto unlucky = client();
  for (int i = 0; i < 2; ++i) {
    const auto refused = unlucky.exchange(post("/", "x"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_NE(refused.body.find("\"SERVICE_UNAVAILABLE\""), std::string::npos);
  }
  release.count_down();
  for (auto& http : clients) EXPECT_EQ(http.response().status, 200);
  EXPECT_EQ(unlucky.exchange(get("/")).status, 200);
}

TEST_F(HttpLifecycleTest, TurnsConnectionsBeyondTheLimitAway) {
  options.maxConnections = 2;
  serveEcho();
  auto one = client(), two = client();
  EXPECT_EQ(one.exchange(get("/")).status, 200);
  EXPECT_EQ(two.exchange(get("/")).status, 200);
  auto three = client();
  const auto refused = three.response();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(three.receive(), RawClient::End::Closed);
  one.close();
  eventually([&] { return value("checkout_http_connections") == 1; });
  EXPECT_EQ(client().exchange(get("/")).status, 200);
}

TEST_F(HttpLifecycleTest, SurvivesAThousandConnectionsOpenedAndDropped) {
  serveEcho();
  auto bystander = client();
  for (int i = 0; i < 1'000; ++i) {
    auto http = client();
    ASSERT_TRUE(http.connected());
    if (i % 4 == 1) http.send("GET / HT");
    if (i % 4 == 2) http.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    if (i % 4 == 3) http.send(get("/"));
    if (i % 100 == 0) {
      EXPECT_EQ(bystander.exchange(get("/still-served")).status, 200);
    }
    i % 2 ? http.reset() : http.close();
  }
  EXPECT_EQ(bystander.exchange(get("/")).status, 200);
  eventually([&] { return value("checkout_http_connections") == 1; });
  eventually([&] { return value("checkout_http_in_flight") == 0; });
}

// Leaves this process without a free descriptor for as long as it lives.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit low = before_;
    low.rlim_cur = 256;
    setrlimit(RLIMIT_NOFILE, &low);
    for (int fd; (fd = ::dup(0)) >= 0;) fillers_.push_back(fd);
  }
  ~NoDescriptorsLeft() {
    for (const int fd : fillers_) ::close(fd);
    setrlimit(RLIMIT_NOFILE, &before_);
  }
  void freeOne() {
    ::close(fillers_.back());
    fillers_.pop_back();
  }

 private:
  rlimit before_{};
  std::vector<int> fillers_;
};

TEST_F(HttpLifecycleTest, GoesOnAcceptingAfterItRanOutOfDescriptors) {
  serveEcho();
  auto before = client();
  EXPECT_EQ(before.exchange(get("/")).status, 200);
  std::optional<NoDescriptorsLeft> exhausted(std::in_place);
  exhausted->freeOne();  // for the client; the server's end finds none
  auto waiting = client();
  ASSERT_TRUE(waiting.connected());
  waiting.send(get("/waited"));
  while (metrics.counter("checkout_http_accept_errors_total", "").get() < 2)
    ASSERT_EQ(before.exchange(get("/")).status, 200);  // who is connected notices nothing
  exhausted.reset();
  EXPECT_EQ(waiting.response().body, "GET /waited\n");
  EXPECT_EQ(client().exchange(get("/")).status, 200);
}

TEST_F(HttpLifecycleTest, StopLetsRequestsInFlightFinish) {
  std::latch running(1), release(1);
  serve([&](const HttpRequest&, const Responder& responder) {
    running.count_down();
    release.wait();
    responder->respond({200, {}, "finished", std::nullopt});
  });
  auto busy = client(), idle = client(), halfway = client();
  halfway.send("GET / HTTP/1.1\r\n");
  busy.send(get("/"));
  running.wait();
  eventually([&] { return value("checkout_http_connections") == 3; });
  std::jthread stopper([&] { server->stop(Milliseconds(10'000)); });
  EXPECT_EQ(idle.receiveToEnd(), RawClient::End::Closed);
  EXPECT_NE(halfway.receiveToEnd(), RawClient::End::Open);
  release.count_down();
  const auto response = busy.response();
  EXPECT_EQ(response.body, "finished");
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_EQ(busy.receive(), RawClient::End::Closed);
  stopper.join();
  EXPECT_FALSE(client().connected());
}

TEST_F(HttpLifecycleTest, StopCutsWhatOutlastsTheGrace) {
  std::latch streaming(1), gone(1);
  Responder kept;
  serve([&](const HttpRequest&, const Responder& responder) {
    kept = responder;
    responder->onDisconnect([&] { gone.count_down(); });
    responder->begin(200, {});
    streaming.count_down();
  });
  auto http = client();
  http.send(get("/"));
  streaming.wait();
  server->stop(Milliseconds(20));
  gone.wait();
  EXPECT_NE(http.receiveToEnd(), RawClient::End::Open);
  server->stop(Milliseconds(20));
  EXPECT_EQ(value("checkout_http_connections"), 0);
  EXPECT_EQ(value("checkout_http_in_flight"), 0);
}

TEST_F(HttpLifecycleTest, CallsNoHandlerForAClientThatLeftTheQueue) {
  options.workers = 1;
  std::latch running(1), release(1);
  std::atomic<int> handled = 0;
  serve([&](const HttpRequest&, const Responder& responder) {
    if (++handled == 1) {
      running.count_down();
      release.wait();
    }
    responder->respond({});
  });
  auto busy = client(), waiting = client();
  busy.send(get("/"));
  running.wait();
  waiting.send(get("/"));
  eventually([&] { return value("checkout_http_in_flight") == 2; });
  waiting.reset();
  eventually([&] { return value("checkout_http_in_flight") == 1; });
  release.count_down();
  EXPECT_EQ(busy.response().status, 200);
  server->stop(Milliseconds(5'000));
  EXPECT_EQ(handled, 1);
}

TEST_F(HttpLifecycleTest, HoldsManyIdleConnectionsWhileOthersAreServed) {
  serveEcho();
  std::vector<RawClient> idle;
  for (int i = 0; i < 300; ++i) idle.push_back(client());
  for (int i = 0; i < 300; i += 3) idle[static_cast<std::size_t>(i)].send("GET / HTT");
  auto active = client();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(active.exchange(get("/")).status, 200);
  eventually([&] { return value("checkout_http_connections") == 301; });
  idle[0].send("P/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(idle[0].response().status, 200);
}

}  // namespace
}  // namespace checkout::transport
