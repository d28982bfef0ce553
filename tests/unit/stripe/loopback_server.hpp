// A server on 127.0.0.1 that does exactly what a test tells it to, byte by byte.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace checkout::stripe::testing {

// One accepted connection, on a thread of its own.
class Peer {
 public:
  Peer(int fd, int number, const std::atomic<bool>& stopping)
      : fd_(fd), number_(number), stopping_(stopping) {}

  int fd() const { return fd_; }
  int number() const { return number_; }  // from 1, in the order of acceptance

  // Head and body of the next request; empty if the client closed the connection or the test is over.
  std::string request() {
    for (;;) {
      const auto headEnd = buffer_.find("\r\n\r\n");
      if (headEnd != std::string::npos) {
        const auto length = buffer_.find("Content-Length: ");
        const std::size_t body =
            length < headEnd
                ? std::stoul(buffer_.substr(length + std::string_view("Content-Length: ").size()))
                : 0;
        const std::size_t whole = headEnd + 4 + body;
        if (buffer_.size() >= whole) {
          std::string request = buffer_.substr(0, whole);
          buffer_.erase(0, whole);
          return request;
        }
      }
      char bytes[4096];
      if (!readable()) return {};
      const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
      if (n <= 0) return {};
      buffer_.append(bytes, static_cast<std::size_t>(n));
    }
  }
  bool send(std::string_view bytes) {  // false once the client is gone
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  bool respond(const std::string& body, const std::string& moreHeaders = "") {
    return send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + moreHeaders +
                "\r\n" + body);
  }
  void waitForBytes() { readable(); }
  void reset() {  // on closing, RST instead of FIN
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  bool waitForClose() { return !readable() || request().empty(); }
  // Sends the pieces of an endless answer until the client gives up.
  void drip(std::string_view piece, int everyMs) {
    while (send(piece) && !stopping_) {
      pollfd fd{fd_, POLLRDHUP, 0};
      if (::poll(&fd, 1, everyMs) > 0) return;
    }
  }

 private:
  bool readable() {
    pollfd fd{fd_, POLLIN, 0};
    while (!stopping_)
      if (::poll(&fd, 1, 20) > 0) return true;
    return false;
  }

  int fd_;
  int number_;
  const std::atomic<bool>& stopping_;
  std::string buffer_;
};

class LoopbackServer {
 public:
  explicit LoopbackServer(std::function<void(Peer&)> serve) : serve_(std::move(serve)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      std::abort();
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~LoopbackServer() {
    stopping_ = true;
    acceptor_.join();
    for (auto& thread : peers_) thread.join();
    ::close(listener_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string origin() const { return "http://" + authority(); }
  int connections() const { return connections_; }

 private:
  void accept() {
    pollfd fd{listener_, POLLIN, 0};
    while (!stopping_) {
      if (::poll(&fd, 1, 20) <= 0) continue;
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      const int number = ++connections_;
      peers_.emplace_back([this, peer, number] {
        Peer connection(peer, number, stopping_);
        serve_(connection);
        ::close(peer);
      });
    }
  }

  std::function<void(Peer&)> serve_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::vector<std::thread> peers_;
  std::thread acceptor_;
};

}  // namespace checkout::stripe::testing
