#include "transport/http_wire.hpp"

#include <algorithm>
#include <array>

#include <boost/beast/http/status.hpp>

#include "base/log.hpp"

namespace checkout::transport {
namespace {

bool sameText(std::string_view a, std::string_view b) {
  const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : int{c}; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool isControl(unsigned char c) {
  return (c < 0x20 && c != '\t') || c == 0x7F;
}

bool framesTheMessage(std::string_view name) {
  constexpr std::array<std::string_view, 4> kOurs = {"Content-Length", "Transfer-Encoding", "Connection",
                                                     "Keep-Alive"};
  return std::any_of(kOurs.begin(), kOurs.end(), [&](std::string_view ours) { return sameText(ours, name); });
}

bool isSafeField(std::string_view name, std::string_view value) {
  const auto badInName = [](unsigned char c) { return c <= 0x20 || c >= 0x7F || c == ':'; };
  return !name.empty() && std::none_of(name.begin(), name.end(), badInName) &&
         std::none_of(value.begin(), value.end(), isControl);
}

// The text of the current second is kept: one thread writes thousands.
const std::string& httpDate(std::time_t now) {
  thread_local std::time_t cachedFor = -1;
  thread_local std::string text;
  if (now != cachedFor) {
    text = toHttpDate(fromUnixSeconds(now));
    cachedFor = now;
  }
  return text;
}

}  // namespace

HeadScanner::Verdict HeadScanner::scan(std::string_view received) {
  while (at_ < received.size()) {
    const auto c = static_cast<unsigned char>(received[at_]);
    if (carriageReturn_) {
      if (c != '\n') return Verdict::Malformed;
      ++at_;
      carriageReturn_ = false;
      if (lineLength_ == 0 && begin_ + 2 == at_) {
        begin_ = at_;
      } else if (lineLength_ == 0) {
        return Verdict::Complete;
      }
      lineLength_ = 0;
      continue;
    }
    const bool folded = lineLength_ == 0 && (c == ' ' || c == '\t');
    if (folded || (isControl(c) && c != '\r')) return Verdict::Malformed;
    if (c == '\r') {
      carriageReturn_ = true;
    } else {
      ++lineLength_;
    }
    ++at_;
  }
  return Verdict::Incomplete;
}

std::optional<std::string_view> faultOf(const RequestLine& line, const HttpHeaders& headers) {
  std::size_t lengths = 0, encodings = 0, hosts = 0;
  bool chunked = false;
  for (const auto& [name, value] : headers.fields()) {
    if (sameText(name, "Content-Length")) {
      ++lengths;
      if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos)
        return "the Content-Length is no number";
    }
    if (sameText(name, "Host")) ++hosts;
    if (sameText(name, "Transfer-Encoding")) {
      ++encodings;
      chunked = sameText(value, "chunked");
    }
  }
  if (lengths > 1) return "more than one Content-Length";
  if (encodings > 0 && lengths > 0) return "Content-Length together with Transfer-Encoding";
  if (encodings > 1 || (encodings == 1 && !chunked))
    return "the only Transfer-Encoding understood is chunked";
  if (encodings > 0 && line.http10) return "Transfer-Encoding in an HTTP/1.0 request";
  if (hosts > 1 || (hosts == 0 && !line.http10)) return "exactly one Host is required";
  if (!line.target.starts_with('/') && !(line.target == "*" && line.method == "OPTIONS"))
    return "the request target must be a path";
  return std::nullopt;
}

bool statusHasBody(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string responseHead(const HttpResponse& response, const Framing& framing, std::time_t now) {
  std::string head;
  head.reserve(256);
  const auto field = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason.data(), reason.size()).append("\r\n");
  if (!response.headers.get("Date")) field("Date", httpDate(now));  // the simulator has a clock of its own
  for (const auto& [name, value] : response.headers.fields()) {
    if (framesTheMessage(name)) continue;
    if (isSafeField(name, value)) {
      field(name, value);
    } else {
      log::error("a response header was left out: it would have broken the message");
    }
  }
  if (statusHasBody(response.status)) {
    if (framing.body == Framing::Body::Whole) field("Content-Length", std::to_string(response.body.size()));
    if (framing.body == Framing::Body::Chunked) field("Transfer-Encoding", "chunked");
  }
  if (!framing.keepAlive) {
    field("Connection", "close");
  } else if (framing.http10) {
    field("Connection", "keep-alive");
  }
  return head += "\r\n";
}

}  // namespace checkout::transport
