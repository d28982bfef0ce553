#include "transport/http_server.hpp"

#include <atomic>
#include <latch>
#include <optional>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "support/server_fixture.hpp"

namespace checkout::transport {
namespace {

using test::get;
using test::post;
using test::RawClient;

std::string numbered(std::size_t i) {
  return std::string("/").append(std::to_string(i));
}

class HttpServerTest : public test::ServerTest {};

TEST_F(HttpServerTest, HandsOverTheRequestAsItWasSent) {
  std::optional<HttpRequest> seen;
  serve([&](HttpRequest request, const Responder& responder) {
    seen = std::move(request);
    responder->respond({});
  });
  ASSERT_EQ(client().exchange(post("/a%20b?x=1&y=%41", "body", "X-One: 1\r\nX-One: 2\r\n")).status, 200);
  EXPECT_EQ(seen->method, "POST");
  EXPECT_EQ(seen->target, "/a%20b?x=1&y=%41");
  EXPECT_EQ(seen->path(), "/a%20b");
  EXPECT_EQ(seen->query(), "x=1&y=%41");
  EXPECT_EQ(seen->headers.all("x-one"), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(seen->body, "body");
  EXPECT_EQ(seen->peer, "127.0.0.1");
}

TEST_F(HttpServerTest, KeepsTheConnectionForFurtherRequests) {
  serveEcho();
  auto http = client();
  for (std::size_t i = 0; i < 20; ++i) {
    const auto response = http.exchange(post(numbered(i), "b"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, std::string("POST ").append(numbered(i)).append("\nb"));
    EXPECT_EQ(response.header("Connection"), "");
    EXPECT_EQ(response.header("Server"), "");
    EXPECT_NE(response.header("Date"), "");
  }
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsksForIt) {
  serveEcho();
  auto http = client();
  EXPECT_EQ(http.exchange(get("/", "Connection: close\r\n")).header("Connection"), "close");
  EXPECT_EQ(http.receive(), RawClient::End::Closed);
  auto old = client();
  EXPECT_EQ(old.exchange("GET / HTTP/1.0\r\n\r\n").body, "GET /\n");
  EXPECT_EQ(old.receive(), RawClient::End::Closed);
  auto oldButKept = client();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(oldButKept.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").header("Connection"),
              "keep-alive");
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrderOneAtATime) {
  std::atomic<int> running = 0, most = 0;
  serve([&](const HttpRequest& request, const Responder& responder) {
    most = std::max(most.load(), ++running);
    HttpResponse response;
    response.body = request.target + request.body;
    --running;
    responder->respond(std::move(response));
  });
  std::string requests;
  for (std::size_t i = 0; i < 500; ++i) requests += post(numbered(i), i % 2 ? "x" : "");
  auto http = client();
  std::jthread sender([&] { http.send(requests); });
  for (std::size_t i = 0; i < 500; ++i) ASSERT_EQ(http.response().body, numbered(i).append(i % 2 ? "x" : ""));
  EXPECT_EQ(most, 1);
}

TEST_F(HttpServerTest, ReadsAChunkedBodyAndIgnoresItsTrailers) {
  std::optional<HttpRequest> seen;
  serve([&](HttpRequest request, const Responder& responder) {
    seen = std::move(request);
    responder->respond({});
  });
  ASSERT_EQ(client()
                .exchange("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "4;note=x\r\nWiki\r\n5\r\npedia\r\n0\r\nAuthorization: forged\r\n\r\n")
                .status,
            200);
  EXPECT_EQ(seen->body, "Wikipedia");
  EXPECT_FALSE(seen->headers.get("Authorization").has_value());
}

TEST_F(HttpServerTest, TakesARequestInOneByteSegments) {
  serveEcho();
  auto http = client();
  for (const char c : std::string("POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "1\r\nx\r\n2\r\nyz\r\n0\r\n\r\n"))
    ASSERT_TRUE(http.send(std::string_view(&c, 1)));
  EXPECT_EQ(http.response().body, "POST /slow\nxyz");
}

TEST_F(HttpServerTest, InvitesTheBodyThatWaitsForIt) {
  serveEcho();
  auto http = client();
  http.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(http.response().status, 100);
  EXPECT_EQ(http.exchange("abc").body, "POST /\nabc");
  EXPECT_EQ(http.exchange(get("/", "Expect: miracles\r\n")).status, 417);
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  serveEcho();
  auto http = client();
  http.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = http.response(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "8");
  EXPECT_EQ(http.exchange(get("/next")).body, "GET /next\n");
}

TEST_F(HttpServerTest, SendsNoBodyWhereTheStatusForbidsOne) {
  serve([](const HttpRequest&, const Responder& responder) {
    responder->respond({204, {}, "ignored", std::nullopt});
  });
  auto http = client();
  for (int i = 0; i < 2; ++i) {
    const auto response = http.exchange(get("/"));
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.header("Content-Length"), "");
  }
}

TEST_F(HttpServerTest, AnswersFromAnotherThreadAfterTheHandlerReturned) {
  std::vector<std::jthread> threads;
  serve([&](const HttpRequest&, const Responder& responder) {
    threads.emplace_back([responder] { responder->respond({201, {}, "later", std::nullopt}); });
  });
  const auto response = client().exchange(get("/"));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "later");
  server.reset();  // its handler uses `threads` until it returns
}

TEST_F(HttpServerTest, TurnsAnExceptionInto500AndGoesOn) {
  serve([](const HttpRequest& request, const Responder& responder) {
    if (request.path() == "/throw") throw std::runtime_error("secret detail");
    if (request.path() == "/odd") throw 42;
    responder->respond({});
  });
  auto http = client();
  for (const char* path : {"/throw", "/odd"}) {
    const auto response = http.exchange(get(path));
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body,
              R"({"error":{"code":"INTERNAL_ERROR","message":"the request failed on our side"}})");
  }
  EXPECT_EQ(http.exchange(get("/")).status, 200);
}

TEST_F(HttpServerTest, TurnsAForgottenAnswerInto500) {
  serve([](const HttpRequest&, const Responder&) {});
  EXPECT_EQ(client().exchange(get("/")).status, 500);
}

TEST_F(HttpServerTest, KeepsTheFirstOfTwoAnswers) {
  serve([](const HttpRequest&, const Responder& responder) {
    responder->respond({200, {}, "first", std::nullopt});
    responder->respond({500, {}, "second", std::nullopt});
    responder->begin(500, {});
    EXPECT_FALSE(responder->write("third"));
  });
  auto http = client();
  EXPECT_EQ(http.exchange(get("/")).body, "first");
  EXPECT_EQ(http.exchange(get("/")).body, "first");
}

TEST_F(HttpServerTest, AnswersAClientThatClosedOnlyItsSendingSide) {
  serveEcho();
  auto http = client();
  http.send(get("/1") + get("/2"));
  http.closeSending();
  EXPECT_EQ(http.response().body, "GET /1\n");
  EXPECT_EQ(http.response().body, "GET /2\n");
  EXPECT_EQ(http.receive(), RawClient::End::Closed);
}

TEST_F(HttpServerTest, SendsALargeAnswerWhole) {
  const std::string large(5'000'000, 'x');
  serve([&](const HttpRequest&, const Responder& responder) {
    responder->respond({200, {}, large, std::nullopt});
  });
  const auto response = client().exchange(get("/"));
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body, large);
}

TEST_F(HttpServerTest, ResetsAfterTheAskedBytes) {
  serve([](const HttpRequest& request, const Responder& responder) {
    HttpResponse response;
    response.body = "0123456789";
    response.resetAfterBytes = std::stoul(request.target.substr(1));
    responder->respond(std::move(response));
  });
  for (const std::size_t bytes : {4u, 10u}) {
    auto http = client();
    http.send(get(numbered(bytes)));
    EXPECT_EQ(http.receiveToEnd(), RawClient::End::Reset);
    EXPECT_NE(http.received().find("Content-Length: 10\r\n"), std::string::npos);
    EXPECT_TRUE(http.received().ends_with(std::string("\r\n\r\n0123456789", 4 + bytes)));
  }
  auto silent = client();
  silent.send(get("/0"));
  EXPECT_EQ(silent.receiveToEnd(), RawClient::End::Reset);
  EXPECT_EQ(silent.received(), "");
}

TEST(HttpServerStart, SaysWhyItCannotListen) {
  const HttpHandler handler = [](const HttpRequest&, const std::shared_ptr<HttpResponder>&) {};
  HttpServerOptions options;
  options.host = "no-such-host";
  EXPECT_EQ(HttpServer::start(options, handler).error().code, ErrorCode::ValidationFailed);
  options.host = "localhost";
  const auto first = HttpServer::start(options, handler);
  ASSERT_TRUE(first.ok());
  options.port = (*first)->port();
  const auto second = HttpServer::start(options, handler);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::ServiceUnavailable);
  EXPECT_NE(second.error().message.find("in use"), std::string::npos);
}

}  // namespace
}  // namespace checkout::transport
