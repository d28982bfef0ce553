// One client connection, and what all connections of a server share. Private to the server: no other header
// knows Asio or Beast.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/metrics.hpp"
#include "base/worker_pool.hpp"
#include "transport/http_exchange.hpp"
#include "transport/http_server.hpp"
#include "transport/http_wire.hpp"

namespace checkout::transport {

// The I/O thread's event loop. Answers may come when the server is long gone: post() then does nothing.
class IoLoop {
 public:
  boost::asio::io_context io{1};

  template <class Function>
  void post(Function&& function) {
    const std::lock_guard lock(mutex_);
    if (open_) boost::asio::post(io, std::forward<Function>(function));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }

 private:
  std::mutex mutex_;
  bool open_ = true;
};

class Connection;

// What the connections of one server share. Touched on the I/O thread only, where nothing else is said.
struct ServerCore {
  ServerCore(HttpServerOptions o, HttpHandler h);
  void add(const std::shared_ptr<Connection>& connection);
  void remove(const std::shared_ptr<Connection>& connection);

  const HttpServerOptions options;
  const HttpHandler handler;
  const std::shared_ptr<IoLoop> loop = std::make_shared<IoLoop>();
  WorkerPool pool, urgentPool;  // any thread
  std::unordered_set<std::shared_ptr<Connection>> connections;
  bool stopping = false;
  std::array<char, 64 * 1024> scratch;  // every read lands here first, so that idle connections own no buffer

  std::mutex emptyMutex;  // any thread: `empty` for whoever waits in stop()
  std::condition_variable emptied;
  bool empty = true;

  Metrics ownMetrics;  // where the options name none
  Metrics& metrics;
  Metrics::Value &openConnections, &inFlight, &queued;
};

// Everything runs on the I/O thread, one request at a time; what a client sends ahead waits in a bounded
// buffer. Reading goes on while a handler works, to notice that the client has left. One that only stops
// sending still gets its answer.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;
  using Socket = boost::asio::ip::tcp::socket;

  Connection(Socket socket, std::string peer, ServerCore& core);
  void start();
  bool isOverdue(Clock::time_point now) const { return now >= deadline_; }
  void expire();    // the deadline has passed: refuses or closes
  void stopping();  // closes unless a request is in flight; then its answer will close
  void cut();       // closes now, with a reset; an answer under way is lost

 private:
  enum class State { Head, Body, Answering, Refusing, Draining, Closed };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void waitReadable();
  void onReadable();
  void onPeerClosed();
  void probe();
  bool sendContinue();
  void advance();
  void receiveHead();
  void parseHead();
  bool acceptHead();
  void receiveBody();
  void dispatch();
  void pump();
  Framing framingOf(const Exchange::Output& output) const;
  void send(std::string head, std::string body, std::string tail);
  void onWritten();
  void answered();
  void refuse(int status, std::string_view code, std::string_view message);
  void refuse(const boost::system::error_code& parseError);
  void drain();
  void close();

  void setDeadline(Milliseconds fromNow) { deadline_ = Clock::now() + fromNow; }
  void noDeadline() { deadline_ = Clock::time_point::max(); }

  ServerCore& core_;
  Socket socket_;
  const std::string peer_;
  State state_ = State::Head;
  Clock::time_point deadline_ = Clock::time_point::max();

  std::string received_;     // not yet parsed
  bool waiting_ = false;     // for the socket to become readable, or once the peer sends no more, to fail
  bool peerClosed_ = false;  // its sending side
  bool headBegun_ = false;
  std::size_t drained_ = 0;
  HeadScanner scanner_;
  std::optional<Parser> parser_;
  HttpRequest request_;

  std::shared_ptr<Exchange> exchange_;
  Framing framing_;
  bool headOnly_ = false;     // the request is a HEAD
  bool answerBegun_ = false;  // its head is being written, or was
  bool writing_ = false, lastWrite_ = false, resetAfterWrite_ = false, cutShort_ = false;
  std::size_t streamedBytes_ = 0;  // in the write under way
  std::string out_[3];
};

}  // namespace checkout::transport
