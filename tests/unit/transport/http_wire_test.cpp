#include "transport/http_wire.hpp"

#include <gtest/gtest.h>

#include <checkout/clock.hpp>

namespace checkout::transport {
namespace {

using Verdict = HeadScanner::Verdict;

Verdict scanned(std::string_view text) {
  return HeadScanner().scan(text);
}

TEST(HeadScanner, FindsTheEndHoweverTheBytesArrive) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody";
  HeadScanner whole;
  EXPECT_EQ(whole.scan(text), Verdict::Complete);
  EXPECT_EQ(whole.begin(), 0u);
  EXPECT_EQ(whole.end(), text.size() - 4);

  HeadScanner piecemeal;
  for (std::size_t size = 0; size < text.size() - 4; ++size)
    ASSERT_EQ(piecemeal.scan(text.substr(0, size)), Verdict::Incomplete) << size;
  EXPECT_EQ(piecemeal.scan(text.substr(0, text.size() - 4)), Verdict::Complete);
  EXPECT_EQ(piecemeal.end(), text.size() - 4);
}

TEST(HeadScanner, SkipsEmptyLinesBeforeTheRequest) {
  HeadScanner scanner;
  EXPECT_EQ(scanner.scan("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), Verdict::Complete);
  EXPECT_EQ(scanner.begin(), 4u);
  EXPECT_EQ(scanner.end(), 22u);
}

TEST(HeadScanner, RefusesWhatParsersReadDifferently) {
  using std::string_view_literals::operator""sv;
  for (const auto text : {
           "GET / HTTP/1.1\nHost: a\n\n"sv,
           "GET / HTTP/1.1\r\nHost: a\n\r\n"sv,
           "GET / HTTP/1.1\r\nA: b\rc: d\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n"sv,
           "GET / HTTP/1.1\r\n Host: a\r\n\r\n"sv,
           " GET / HTTP/1.1\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nA: \0b\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nA: \x01\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nA: \x7f\r\n\r\n"sv,
           "\x16\x03\x01\x02"sv,
           "\n"sv,
       })
    EXPECT_EQ(scanned(text), Verdict::Malformed) << text;
  EXPECT_EQ(scanned("GET / HTTP/1.1\r\nA: b\tc \xC3\xA9\r\n\r\n"), Verdict::Complete);
}

HttpHeaders headers(std::vector<std::pair<std::string, std::string>> fields) {
  HttpHeaders made;
  for (auto& [name, value] : fields) made.add(name, value);
  return made;
}

TEST(FaultOf, LetsOnlyUnambiguousFramingPass) {
  const RequestLine line{"POST", "/", false};
  const auto fault = [&](std::vector<std::pair<std::string, std::string>> fields) {
    fields.emplace_back("Host", "a");
    return faultOf(line, headers(std::move(fields))).has_value();
  };
  EXPECT_FALSE(fault({}));
  EXPECT_FALSE(fault({{"Content-Length", "3"}}));
  EXPECT_FALSE(fault({{"Transfer-Encoding", "chunked"}}));
  EXPECT_FALSE(fault({{"transfer-encoding", "Chunked"}}));
  EXPECT_TRUE(fault({{"Content-Length", "3"}, {"Content-Length", "3"}}));
  EXPECT_TRUE(fault({{"Content-Length", "3"}, {"content-length", "4"}}));
  EXPECT_TRUE(fault({{"Content-Length", "3, 3"}}));
  EXPECT_TRUE(fault({{"Content-Length", "+3"}}));
  EXPECT_TRUE(fault({{"Content-Length", ""}}));
  EXPECT_TRUE(fault({{"Content-Length", "3"}, {"Transfer-Encoding", "chunked"}}));
  EXPECT_TRUE(fault({{"Transfer-Encoding", "identity"}, {"Content-Length", "3"}}));
  EXPECT_TRUE(fault({{"Transfer-Encoding", "gzip, chunked"}}));
  EXPECT_TRUE(fault({{"Transfer-Encoding", "chunked, chunked"}}));
  EXPECT_TRUE(fault({{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}));
  EXPECT_TRUE(fault({{"Transfer-Encoding", "xchunked"}}));
}

TEST(FaultOf, WantsOneHostAndAPath) {
  const auto host = headers({{"Host", "a"}});
  EXPECT_TRUE(faultOf({"GET", "/", false}, {}).has_value());
  EXPECT_FALSE(faultOf({"GET", "/", true}, {}).has_value());
  EXPECT_TRUE(faultOf({"GET", "/", false}, headers({{"Host", "a"}, {"Host", "a"}})).has_value());
  EXPECT_TRUE(faultOf({"GET", "http://other/", false}, host).has_value());
  EXPECT_TRUE(faultOf({"CONNECT", "other:443", false}, host).has_value());
  EXPECT_TRUE(faultOf({"GET", "*", false}, host).has_value());
  EXPECT_FALSE(faultOf({"OPTIONS", "*", false}, host).has_value());
  EXPECT_TRUE(faultOf({"POST", "/", true}, headers({{"Transfer-Encoding", "chunked"}})).has_value());
}

TEST(ResponseHead, FramesTheAnswer) {
  HttpResponse response{200, headers({{"Content-Type", "text/plain"}}), "abc", std::nullopt};
  EXPECT_EQ(responseHead(response, {}, 784111777),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
            "Content-Length: 3\r\n\r\n");
  EXPECT_NE(responseHead(response, {Framing::Body::Chunked, false, false}, 0)
                .find("Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"),
            std::string::npos);
  EXPECT_NE(responseHead(response, {Framing::Body::Whole, true, true}, 0).find("Connection: keep-alive"),
            std::string::npos);
  response.status = 204;
  EXPECT_EQ(responseHead(response, {}, 0).find("Content-Length"), std::string::npos);
}

TEST(ResponseHead, LeavesOutHeadersThatWouldBreakTheMessage) {
  const HttpResponse response{200,
                              headers({{"Location", "/a\r\nSet-Cookie: x=1"},
                                       {"Bad Name", "x"},
                                       {"Content-Length", "9"},
                                       {"transfer-encoding", "chunked"},
                                       {"Connection", "upgrade"},
                                       {"X", "kept"}}),
                              "", std::nullopt};
  EXPECT_EQ(responseHead(response, {}, 0),
            "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX: kept\r\nContent-Length: 0\r\n\r\n");
}

TEST(HttpDate, IsWrittenAndReadBack) {
  const TimePoint time = fromUnixSeconds(784111777);  // RFC 9110's example
  EXPECT_EQ(toHttpDate(time), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(timePointFromHttpDate(toHttpDate(time)), time);
  for (const char* text :
       {"", "yesterday", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:37 GMT+1"})
    EXPECT_EQ(timePointFromHttpDate(text), std::nullopt) << text;
}

}  // namespace
}  // namespace checkout::transport
