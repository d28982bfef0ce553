#include "transport/http_server.hpp"

#include <algorithm>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.hpp"
#include "transport/error_response.hpp"
#include "transport/http_connection.hpp"

namespace checkout::transport {

namespace {

namespace net = boost::asio;
using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr Milliseconds kFirstAcceptPause{50}, kLongestAcceptPause{1'000};
constexpr std::size_t kUrgentWorkers = 8;
constexpr Milliseconds kUrgentIdle{60'000};
constexpr Milliseconds kShortestSweep{5}, kLongestSweep{250};

Error cannotListen(const HttpServerOptions& options, const error_code& failure) {
  return {ErrorCode::ServiceUnavailable,
          "cannot listen on " + options.host + ":" + std::to_string(options.port) + ": " + failure.message()};
}

class Server final : public HttpServer {
 public:
  Server(HttpServerOptions options, HttpHandler handler)
      : core_(std::move(options), std::move(handler)),
        acceptor_(core_.loop->io),
        retry_(core_.loop->io),
        sweep_(core_.loop->io),
        work_(net::make_work_guard(core_.loop->io)) {}

  ~Server() override { stop(Milliseconds{0}); }

  Result<void> listen() {
    error_code failure;
    const auto& options = core_.options;
    const auto address =
        net::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, failure);
    if (failure) return Error{ErrorCode::ValidationFailed, "not an IP address to listen on: " + options.host};
    const tcp::endpoint endpoint(address, options.port);
    acceptor_.open(endpoint.protocol(), failure);
    if (!failure) acceptor_.set_option(net::socket_base::reuse_address(true), failure);
    if (!failure) acceptor_.bind(endpoint, failure);
    if (!failure) acceptor_.listen(net::socket_base::max_listen_connections, failure);
    if (!failure) port_ = acceptor_.local_endpoint(failure).port();
    if (failure) return cannotListen(options, failure);
    net::post(core_.loop->io, [this] { accept(); });
    thread_ = std::thread([this] { run(); });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void stop(Milliseconds grace) override {
    const std::lock_guard once(stopMutex_);
    if (!thread_.joinable()) return;
    core_.loop->post([this] { stopAccepting(); });
    {
      std::unique_lock lock(core_.emptyMutex);
      core_.emptied.wait_for(lock, grace, [this] { return core_.empty; });
    }
    core_.loop->post([this] { cutAll(); });
    core_.pool.stop();
    core_.urgentPool.stop();
    core_.loop->close();
    work_.reset();
    thread_.join();
  }

 private:
  void run() {
    for (;;) {
      try {
        core_.loop->io.run();
        return;
      } catch (const std::exception& failure) {
        log::error("the I/O thread caught an exception", {{"reason", failure.what()}});
      }
    }
  }

  void accept() {
    acceptor_.async_accept([this](const error_code& failure, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (failure) return acceptLater(failure);
      acceptPause_ = kFirstAcceptPause;
      admit(std::move(socket));
      accept();
    });
  }

  // Out of descriptors or memory: what is open goes on, and new clients wait in the kernel's queue.
  void acceptLater(const error_code& failure) {
    core_.metrics.counter("checkout_http_accept_errors_total", "Failed accepts.").add();
    if (acceptPause_ == kFirstAcceptPause) log::warn("accept failed", {{"reason", failure.message()}});
    retry_.expires_after(acceptPause_);
    acceptPause_ = std::min(acceptPause_ * 2, kLongestAcceptPause);
    retry_.async_wait([this](const error_code& cancelled) {
      if (!cancelled) accept();
    });
  }

  void admit(tcp::socket socket) {
    error_code failure;
    socket.non_blocking(true, failure);
    const auto remote = socket.remote_endpoint(failure);
    if (failure) return;  // gone already
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(net::socket_base::keep_alive(true), ignored);
    if (core_.connections.size() >= core_.options.maxConnections) return turnAway(std::move(socket));
    const auto connection =
        std::make_shared<Connection>(std::move(socket), remote.address().to_string(), core_);
    core_.add(connection);
    connection->start();
    if (!std::exchange(sweeping_, true)) sweepLater();
  }

  // Best effort: a turned-away client gets no state here, so that a flood of them costs nothing.
  void turnAway(tcp::socket socket) {
    core_.metrics.counter("checkout_http_turned_away_total", "Connections beyond the limit.").add();
    const HttpResponse response = overloadResponse("too many connections; try again");
    std::string message = responseHead(response, {Framing::Body::Whole, false, false}, std::time(nullptr));
    message += response.body;
    error_code ignored;
    socket.write_some(net::buffer(message), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    socket.read_some(net::buffer(core_.scratch), ignored);  // unread bytes would turn the close into a reset
  }

  // Deadlines are checked by one walk over all connections, which costs less than a timer for each request.
  void sweepLater() {
    const auto& options = core_.options;
    const Milliseconds shortest =
        std::min({options.headerDeadline, options.bodyDeadline, options.writeDeadline, options.probeDelay});
    sweep_.expires_after(std::clamp(shortest / 4, kShortestSweep, kLongestSweep));
    sweep_.async_wait([this](const error_code& cancelled) {
      sweeping_ = !cancelled && !core_.connections.empty();
      if (cancelled) return;
      core_.queued.set(static_cast<std::int64_t>(core_.pool.queued()));
      const auto now = Connection::Clock::now();
      forEach([&](Connection& connection) { return connection.isOverdue(now); },
              [](Connection& connection) { connection.expire(); });
      if (sweeping_) sweepLater();
    });
  }

  // Acting on a connection may remove it from the set.
  template <class Condition, class Action>
  void forEach(Condition condition, Action action) {
    std::vector<std::shared_ptr<Connection>> chosen;
    for (const auto& connection : core_.connections)
      if (condition(*connection)) chosen.push_back(connection);
    for (const auto& connection : chosen) action(*connection);
  }

  void stopAccepting() {
    core_.stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    forEach([](Connection&) { return true; }, [](Connection& connection) { connection.stopping(); });
  }

  void cutAll() {
    sweep_.cancel();
    forEach([](Connection&) { return true; }, [](Connection& connection) { connection.cut(); });
  }

  ServerCore core_;
  tcp::acceptor acceptor_;
  net::steady_timer retry_, sweep_;
  net::executor_work_guard<net::io_context::executor_type> work_;
  Milliseconds acceptPause_ = kFirstAcceptPause;
  bool sweeping_ = false;
  std::uint16_t port_ = 0;
  std::mutex stopMutex_;
  std::thread thread_;
};

}  // namespace

ServerCore::ServerCore(HttpServerOptions o, HttpHandler h)
    : options(std::move(o)),
      handler(std::move(h)),
      pool(options.workers, options.maxQueued),
      urgentPool(kUrgentWorkers, options.maxQueued, kUrgentIdle),
      metrics(options.metrics ? *options.metrics : ownMetrics),
      openConnections(metrics.gauge("checkout_http_connections", "Open connections.")),
      inFlight(metrics.gauge("checkout_http_in_flight", "Requests received and not yet answered.")),
      queued(metrics.gauge("checkout_http_queued", "Requests waiting for a worker.")) {}

void ServerCore::add(const std::shared_ptr<Connection>& connection) {
  connections.insert(connection);
  openConnections.add(1);
  const std::lock_guard lock(emptyMutex);
  empty = false;
}

void ServerCore::remove(const std::shared_ptr<Connection>& connection) {
  connections.erase(connection);
  openConnections.add(-1);
  if (!connections.empty()) return;
  const std::lock_guard lock(emptyMutex);
  empty = true;
  emptied.notify_all();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, HttpHandler handler) {
  auto server = std::make_unique<Server>(std::move(options), std::move(handler));
  CHECKOUT_TRY(server->listen());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace checkout::transport
