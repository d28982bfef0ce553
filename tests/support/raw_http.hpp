// A client that sends exactly the bytes a test wants, well-formed or not, over a plain POSIX socket.
// Blocking, with a deadline on every wait, so that a server that hangs fails the test instead of stopping it.
#pragma once

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace checkout::test {

struct RawResponse {
  int status = 0;  // 0: none came
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;       // chunks joined
  bool complete = false;  // as long as its framing promised

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (std::equal(key.begin(), key.end(), name.begin(), name.end(),
                     [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); }))
        return value;
    return {};
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receiveBuffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receiveBuffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), buffer_(std::move(other.buffer_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { close(); }

  bool connected() const { return connected_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int descriptor() const { return fd_; }
  void closeSending() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  // False if the server has closed. Never raises SIGPIPE.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  enum class End { Open, Closed, Reset };
  // Takes in what has arrived, waiting for at least a byte or the end of the connection.
  End receive() {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, kDeadlineMillis) != 1) {
      ADD_FAILURE() << "the server neither answered nor closed in time";
      return End::Open;
    }
    char bytes[65536];
    const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0 ? End::Open : got == 0 ? End::Closed : End::Reset;
  }
  // How the connection ends; everything before is kept in received().
  End receiveToEnd() {
    for (;;) {
      const std::size_t before = buffer_.size();
      const End end = receive();
      if (end != End::Open || buffer_.size() == before) return end;
    }
  }
  bool receiveUntil(std::string_view marker) {
    while (buffer_.find(marker) == std::string::npos) {
      const std::size_t before = buffer_.size();
      if (receive() != End::Open || buffer_.size() == before) return false;
    }
    return true;
  }
  const std::string& received() const { return buffer_; }

  // The next response. `toHead`: its request was a HEAD.
  RawResponse response(bool toHead = false) {
    RawResponse response;
    if (!receiveUntil("\r\n\r\n")) return response;
    const auto headEnd = buffer_.find("\r\n\r\n") + 4;
    parseHead(std::string_view(buffer_).substr(0, headEnd), response);
    buffer_.erase(0, headEnd);
    if (response.status == 100 || response.status == 204 || response.status == 304 || toHead) {
      response.complete = true;
    } else if (response.header("Transfer-Encoding") == "chunked") {
      response.complete = takeChunks(response.body);
    } else if (const auto length = response.header("Content-Length"); !length.empty()) {
      response.complete = take(std::stoul(length), response.body);
    } else {
      response.complete = receiveToEnd() == End::Closed;
      response.body = std::exchange(buffer_, {});
    }
    return response;
  }
  RawResponse exchange(std::string_view request) {
    send(request);
    return response();
  }

 private:
  static constexpr int kDeadlineMillis = 10'000;

  static void parseHead(std::string_view head, RawResponse& response) {
    response.status = std::stoi(std::string(head.substr(9, 3)));
    for (auto at = head.find("\r\n") + 2; head.substr(at, 2) != "\r\n";) {
      const auto end = head.find("\r\n", at), colon = head.find(": ", at);
      response.headers.emplace_back(head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2));
      at = end + 2;
    }
  }
  // Moves `bytes` into `out`; what there was, and false, if the connection ends before.
  bool take(std::size_t bytes, std::string& out) {
    while (buffer_.size() < bytes) {
      const std::size_t before = buffer_.size();
      if (receive() != End::Open || buffer_.size() == before) {
        out += std::exchange(buffer_, {});
        return false;
      }
    }
    out.append(buffer_, 0, bytes);
    buffer_.erase(0, bytes);
    return true;
  }
  bool takeChunks(std::string& out) {
    for (;;) {
      if (!receiveUntil("\r\n")) return false;
      const std::size_t size = std::stoul(buffer_, nullptr, 16);
      buffer_.erase(0, buffer_.find("\r\n") + 2);
      std::string ending;
      if (!take(size, out) || !take(2, ending) || ending != "\r\n") return false;
      if (size == 0) return true;
    }
  }

  int fd_;
  bool connected_ = false;
  std::string buffer_;
};

inline std::string get(std::string_view path, std::string_view headers = {}) {
  return std::string("GET ")
      .append(path)
      .append(" HTTP/1.1\r\nHost: localhost\r\n")
      .append(headers)
      .append("\r\n");
}
inline std::string post(std::string_view path, std::string_view body, std::string_view headers = {}) {
  return std::string("POST ")
      .append(path)
      .append(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n")
      .append(headers)
      .append("\r\n")
      .append(body);
}

}  // namespace checkout::test
