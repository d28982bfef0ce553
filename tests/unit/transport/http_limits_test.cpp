// What the server refuses before a handler sees it, and that it tells the client why.
#include <atomic>

#include <gtest/gtest.h>

#include <checkout/json.hpp>

#include "support/server_fixture.hpp"

namespace checkout::transport {
namespace {

using test::get;
using test::post;
using test::RawClient;
using test::RawResponse;

class HttpLimitsTest : public test::ServerTest {
 protected:
  void SetUp() override {
    options.maxHeaderBytes = 1024;
    options.maxBodyBytes = 2048;
  }
  void serveCounting() {
    serve([this](const HttpRequest& request, const Responder& responder) {
      ++handled;
      responder->respond({200, {}, std::to_string(request.body.size()), std::nullopt});
    });
  }
  // Refused with this status and a JSON body, after which the connection ends in order.
  void expectRefused(std::string_view request, int status, std::string_view code) {
    SCOPED_TRACE(request.substr(0, 200));
    auto http = client();
    const RawResponse response = http.exchange(request);
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.header("Connection"), "close");
    const Json body = Json::parse(response.body, nullptr, false);
    ASSERT_TRUE(body.is_object()) << response.body;
    EXPECT_EQ(body.at("error").at("code"), code);
    EXPECT_FALSE(body.at("error").at("message").get<std::string>().empty());
    http.closeSending();
    EXPECT_EQ(http.receiveToEnd(), RawClient::End::Closed);
    EXPECT_EQ(handled, 0);
  }
  std::atomic<int> handled = 0;
};

TEST_F(HttpLimitsTest, RefusesSmuggling) {
  serveCounting();
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const std::string& rest : {
           std::string("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
           std::string("Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
           std::string("Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
           std::string("Content-Length: 3, 3\r\n\r\nabc"),
           std::string("Content-Length: +3\r\n\r\nabc"),
           std::string("Content-Length: -1\r\n\r\nabc"),
           std::string("Content-Length: 0x3\r\n\r\nabc"),
           std::string("Content-Length:\r\n\r\nabc"),
           std::string("Content-Length: 99999999999999999999999\r\n\r\nabc"),
           std::string("Content-Length : 3\r\n\r\nabc"),
           std::string("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
           std::string("Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
           std::string("X: a\r\n b\r\n\r\n"),
           std::string("X: a\rb\r\n\r\n"),
           std::string("X: a\nY: b\r\n\r\n"),
           std::string("X: a\0b\r\n\r\n", 10),
           std::string("X\0: a\r\n\r\n", 9),
           std::string("Host: b\r\n\r\n"),
           std::string("no colon\r\n\r\n"),
           std::string(": no name\r\n\r\n"),
       })
    expectRefused(start + rest, 400, "BAD_REQUEST");
}

TEST_F(HttpLimitsTest, RefusesWhatIsNoRequest) {
  serveCounting();
  for (const char* text :
       {"GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\n\r\n", "nonsense\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\r\n\r\n", "\x16\x03\x01\x02\x01\x01",
        "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"})
    expectRefused(text, 400, "BAD_REQUEST");
  expectRefused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED");
  expectRefused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED");
}

TEST_F(HttpLimitsTest, RefusesMalformedChunks) {
  serveCounting();
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunks : {"x\r\n\r\n", "-1\r\nab\r\n0\r\n\r\n", "2\r\nabc\r\n0\r\n\r\n", "\r\n\r\n\r\n",
                             "fffffffffffffffff\r\nx\r\n"})
    expectRefused(start + chunks, 400, "BAD_REQUEST");
  // A reader that ends a chunk's header at a line feed sees another body.
  expectRefused(start + "4;a=\"\nx\"\r\nabcd\r\n0\r\n\r\n", 400, "BAD_REQUEST");
  expectRefused(start + "1;" + std::string(5'000, 'x'), 400, "BAD_REQUEST");
  expectRefused(start + "0\r\n" + std::string(5'000, 'x'), 400, "BAD_REQUEST");
}

TEST_F(HttpLimitsTest, HoldsTheHeaderLimitAtItsEdge) {
  serveCounting();
  const std::string bare = get("/", "X: \r\n");
  const auto padded = [&](std::size_t total) {
    return get("/", "X: " + std::string(total - bare.size(), 'x') + "\r\n");
  };
  expectRefused(padded(1025), 431, "HEADER_TOO_LARGE");
  expectRefused("GET /" + std::string(100'000, 'x'), 431, "HEADER_TOO_LARGE");
  expectRefused("GET / HTTP/1.1\r\n" + std::string(5'000, 'x'), 431, "HEADER_TOO_LARGE");
  EXPECT_EQ(client().exchange(padded(1024)).status, 200);
}

TEST_F(HttpLimitsTest, HoldsTheBodyLimitAtItsEdge) {
  serveCounting();
  expectRefused(post("/", std::string(2049, 'x')), 413, "BODY_TOO_LARGE");
  expectRefused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413, "BODY_TOO_LARGE");
  expectRefused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2049\r\nExpect: 100-continue\r\n\r\n", 413,
                "BODY_TOO_LARGE");
  EXPECT_EQ(client().exchange(post("/", std::string(2048, 'x'))).body, "2048");
}

TEST_F(HttpLimitsTest, HoldsTheBodyLimitOnChunkedBodies) {
  serveCounting();
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto chunks = [&](int count) {
    std::string text = start;
    for (int i = 0; i < count; ++i) text += "1\r\nx\r\n";
    return text += "0\r\n\r\n";
  };
  expectRefused(chunks(2049), 413, "BODY_TOO_LARGE");
  expectRefused(start + "801\r\n", 413, "BODY_TOO_LARGE");
  expectRefused(start + "ffffffffffffffff\r\n", 413, "BODY_TOO_LARGE");
  EXPECT_EQ(client().exchange(chunks(2048)).body, "2048");
}

TEST_F(HttpLimitsTest, TellsAClientThatIsStillSendingWhyItWasRefused) {
  serveCounting();
  auto http = client();
  // The refusal is made after the header; half a megabyte follows it, which a hasty close would answer with a
  // reset.
  http.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
  http.send(std::string(500'000, 'x'));
  EXPECT_EQ(http.response().status, 413);
}

TEST_F(HttpLimitsTest, EndsASlowHeader) {
  options.headerDeadline = Milliseconds(40);
  serveCounting();
  expectRefused("GET / HTTP/1.1\r\nHo", 408, "REQUEST_TIMEOUT");
  expectRefused("\r\n", 408, "REQUEST_TIMEOUT");
}

TEST_F(HttpLimitsTest, EndsASlowHeaderHoweverSteadilyItDrips) {
  options.headerDeadline = Milliseconds(40);
  serveCounting();
  auto http = client();
  http.send("GET / HTTP/1.1\r\nX: ");
  std::size_t sent = 0;
  while (http.send("x") && ++sent < 100'000'000) {
    pollfd readable{http.descriptor(), POLLIN, 0};
    if (::poll(&readable, 1, 1) == 1) break;
  }
  EXPECT_EQ(http.response().status, 408);
}

TEST_F(HttpLimitsTest, EndsASlowBody) {
  options.bodyDeadline = Milliseconds(40);
  serveCounting();
  expectRefused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", 408, "REQUEST_TIMEOUT");
  expectRefused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 408,
                "REQUEST_TIMEOUT");
}

TEST_F(HttpLimitsTest, ClosesAnIdleConnectionWithoutAWord) {
  options.headerDeadline = Milliseconds(10);
  serveCounting();
  auto fresh = client();
  EXPECT_EQ(fresh.receiveToEnd(), RawClient::End::Closed);
  EXPECT_EQ(fresh.received(), "");
  auto used = client();
  EXPECT_EQ(used.exchange(get("/")).status, 200);
  EXPECT_EQ(used.receiveToEnd(), RawClient::End::Closed);
  EXPECT_EQ(used.received(), "");
}

}  // namespace
}  // namespace checkout::transport
