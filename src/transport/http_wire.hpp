// What HTTP/1.1 looks like on the wire, as far as the server decides it itself: where a request head ends,
// which heads are refused although a lenient parser would take them, and how an answer is framed.
#pragma once

#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include <checkout/http.hpp>

namespace checkout::transport {

// Finds the end of a request head in bytes that arrive piecemeal, looking at each byte once. Bare CR or LF,
// other control characters and folded lines are malformed: two parsers that read them differently are how
// requests get smuggled. Empty lines before the request line are skipped (RFC 9112 section 2.2).
class HeadScanner {
 public:
  enum class Verdict { Incomplete, Complete, Malformed };
  // `received` is everything since the last reset(), and only grows.
  Verdict scan(std::string_view received);
  std::size_t begin() const { return begin_; }  // of the request line
  std::size_t end() const { return at_; }       // once Complete: behind the blank line
  void reset() { *this = HeadScanner(); }

 private:
  std::size_t at_ = 0, begin_ = 0, lineLength_ = 0;
  bool carriageReturn_ = false;
};

struct RequestLine {
  std::string_view method, target;
  bool http10 = false;
};

// Why a request whose head is well-formed is refused with 400, or nullopt. What it lets through has one
// meaning only: at most one of Content-Length and "Transfer-Encoding: chunked", once, and one Host.
std::optional<std::string_view> faultOf(const RequestLine& line, const HttpHeaders& headers);

struct Framing {
  enum class Body { Whole, Chunked, UntilClose };
  Body body = Body::Whole;
  bool http10 = false;
  bool keepAlive = true;
};

bool statusHasBody(int status);

// Status line, Date, the response's own headers, and those that frame it. Headers of the response that would
// break the framing are left out.
std::string responseHead(const HttpResponse& response, const Framing& framing, std::time_t now);

}  // namespace checkout::transport
