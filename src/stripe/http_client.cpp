#include "stripe/http_client.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <httplib.h>
#include <sys/socket.h>

#include "base/descriptor.hpp"
#include "stripe/deadline_watch.hpp"
#include "stripe/sigpipe_guard.hpp"

namespace checkout::stripe {
namespace {

using SteadyClock = std::chrono::steady_clock;
using FailureKind = HttpFailure::Kind;

// Middleboxes forget idle connections silently; a request on one would run into its deadline.
constexpr std::chrono::seconds kMaxIdle{60};

HttpExchange failed(FailureKind kind, bool maybeSent, std::string message) {
  return {std::nullopt, HttpFailure{kind, maybeSent, std::move(message)}};
}

// What cpp-httplib would misread: an origin with a path, or bytes that end a header line early.
std::optional<std::string> whyUnsendable(const std::string& origin, const HttpRequest& request) {
  const auto scheme = origin.rfind("https://", 0) == 0 ? 8u : origin.rfind("http://", 0) == 0 ? 7u : 0u;
  if (scheme == 0 || origin.size() == scheme || origin.find_first_of("/?#@ ", scheme) != std::string::npos)
    return "'" + origin + "' is not an origin (https://host or https://host:port)";
  const auto isControl = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  const auto isControlOrSpace = [&](unsigned char c) { return isControl(c) || c == ' '; };
  if (request.target.empty() || request.target[0] != '/' ||
      std::ranges::any_of(request.target, isControlOrSpace))
    return "the request target is not an absolute path";
  for (const auto& [name, value] : request.headers.fields())
    if (std::ranges::any_of(name, isControlOrSpace) || std::ranges::any_of(value, isControl))
      return "a header field has a control character in it";
  return std::nullopt;
}

// Safe to send twice without asking: a second copy can't take effect.
bool isRepeatable(const HttpRequest& request) {
  return request.method == "GET" || request.headers.get("Idempotency-Key").has_value();
}

// One keep-alive connection. Used by one thread at a time.
class Connection {
 public:
  Connection(const std::string& origin, const HttpClientOptions& options)
      : client_(origin), options_(options) {
    client_.set_keep_alive(true);
    client_.set_follow_location(false);
    client_.set_decompress(false);  // a compressed body could be any size
    client_.set_url_encode(false);
    client_.set_tcp_nodelay(true);
    client_.enable_server_certificate_verification(true);
    if (options.caFile) client_.set_ca_cert_path(*options.caFile);
    client_.set_socket_options([this](socket_t socket) { opened(socket); });
  }

  struct Outcome {
    HttpExchange exchange;
    bool reusedAndUnanswered = false;  // failed on an old connection before the head of an answer
  };

  Outcome exchange(DeadlineWatch& watch, const HttpRequest& request, SteadyClock::time_point due);

  bool isReusable() const {
    if (!client_.is_valid() || client_.is_socket_open() == 0 || SteadyClock::now() - idleSince_ > kMaxIdle)
      return false;
    // Anything readable is the end of the connection or an answer that nobody asked for.
    char byte = 0;
    return ::recv(socket_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
  }
  void becomeIdle() { idleSince_ = SteadyClock::now(); }

 private:
  // cpp-httplib opened a socket. A duplicate of the descriptor can be shut down by the watch at any moment,
  // even while cpp-httplib closes its own and the number is given to somebody else.
  void opened(socket_t socket) {
    Descriptor duplicate(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    if (watched_ != nullptr) watched_->attach(duplicate.fd());
    socket_ = std::move(duplicate);
    fresh_ = true;
  }

  httplib::Client client_;
  const HttpClientOptions& options_;
  Descriptor socket_;
  DeadlineWatch::Exchange* watched_ = nullptr;
  bool fresh_ = false;
  SteadyClock::time_point idleSince_;
};

httplib::Request toHttplib(const HttpRequest& request) {
  httplib::Request wire;
  wire.method = request.method;
  wire.path = request.target;
  wire.body = request.body;
  for (const auto& [name, value] : request.headers.fields()) wire.headers.emplace(name, value);
  return wire;
}

HttpExchange toFailure(httplib::Error error, bool expired, bool tooLarge) {
  using E = httplib::Error;
  const bool neverSent = error == E::Connection || error == E::ConnectionTimeout ||
                         error == E::BindIPAddress || error == E::SSLConnection ||
                         error == E::SSLLoadingCerts || error == E::SSLServerVerification;
  if (expired)
    return failed(FailureKind::Timeout, !neverSent, "the deadline passed before the answer was complete");
  if (tooLarge) return failed(FailureKind::TooLarge, true, "the answer is larger than the limit");
  switch (error) {
    case E::Connection:
    case E::ConnectionTimeout:
    case E::BindIPAddress:
      return failed(FailureKind::Connect, false, "no connection could be made");
    case E::SSLConnection:
      return failed(FailureKind::Tls, false, "the TLS handshake failed");
    case E::SSLLoadingCerts:
      return failed(FailureKind::Tls, false, "the trusted certificates could not be loaded");
    case E::SSLServerVerification:
      return failed(FailureKind::Tls, false, "the server's certificate is not trusted or not for this host");
    case E::Read:
      return failed(FailureKind::Reset, true, "the connection ended before the answer was complete");
    case E::Write:
      return failed(FailureKind::Reset, true, "the connection ended while the request was being sent");
    default:
      return failed(FailureKind::Malformed, true, "the answer is not HTTP: " + httplib::to_string(error));
  }
}

Connection::Outcome Connection::exchange(DeadlineWatch& watch, const HttpRequest& request,
                                         SteadyClock::time_point due) {
  const auto remaining = std::max(std::chrono::ceil<Milliseconds>(due - SteadyClock::now()), Milliseconds{1});
  client_.set_connection_timeout(std::min(remaining, options_.connectTimeout));
  client_.set_read_timeout(remaining);
  client_.set_write_timeout(remaining);

  bool headSeen = false, tooLarge = false;
  HttpResponse response;
  auto wire = toHttplib(request);
  wire.response_handler = [&](const httplib::Response& head) {
    headSeen = true;
    tooLarge = head.get_header_value<std::uint64_t>("Content-Length") > options_.maxResponseBytes;
    return !tooLarge;
  };
  wire.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    tooLarge = size > options_.maxResponseBytes - response.body.size();
    if (!tooLarge) response.body.append(data, size);
    return !tooLarge;
  };

  DeadlineWatch::Exchange watched(watch, due);
  watched.attach(socket_.fd());
  watched_ = &watched;
  fresh_ = false;
  httplib::Response head;
  auto error = httplib::Error::Success;
  const bool ok = client_.send(wire, head, error);
  watched_ = nullptr;

  const bool expired = watched.expired() || (!ok && SteadyClock::now() >= due);
  // A body without a length ends with its connection, and the watch may have been what ended it.
  if (!ok || expired) return {toFailure(error, expired, tooLarge), !fresh_ && !headSeen && !expired};
  response.status = head.status;
  for (const auto& [name, value] : head.headers) response.headers.add(name, value);
  return {{std::move(response), std::nullopt}, false};
}

// Idle connections by origin. The newest is reused first, so that surplus ones grow old and are dropped.
class Pool {
 public:
  explicit Pool(std::size_t maxIdlePerOrigin) : maxIdle_(maxIdlePerOrigin) {}

  std::unique_ptr<Connection> take(const std::string& origin) {
    for (;;) {
      std::unique_ptr<Connection> candidate;
      {
        const std::lock_guard lock(mutex_);
        auto& idle = idle_[origin];
        if (idle.empty()) return nullptr;
        candidate = std::move(idle.back());
        idle.pop_back();
      }
      if (candidate->isReusable()) return candidate;
    }
  }

  void give(const std::string& origin, std::unique_ptr<Connection> connection) {
    connection->becomeIdle();
    if (!connection->isReusable()) return;
    std::unique_ptr<Connection> surplus;  // closed after the lock is gone
    const std::lock_guard lock(mutex_);
    auto& idle = idle_[origin];
    idle.push_back(std::move(connection));
    if (idle.size() <= maxIdle_) return;
    surplus = std::move(idle.front());
    idle.erase(idle.begin());
  }

 private:
  const std::size_t maxIdle_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<Connection>>> idle_;
};

class HttplibClient final : public HttpClient {
 public:
  explicit HttplibClient(HttpClientOptions options)
      : options_(std::move(options)), pool_(std::in_place, options_.maxIdlePerOrigin) {}
  ~HttplibClient() override {
    const SigpipeGuard guard;
    pool_.reset();
  }

  HttpExchange send(const std::string& origin, const HttpRequest& request, Milliseconds deadline) override {
    const auto due = SteadyClock::now() + deadline;
    if (deadline <= Milliseconds{0})
      return failed(FailureKind::Timeout, false, "no time is left for the request");
    if (auto reason = whyUnsendable(origin, request)) return failed(FailureKind::Malformed, false, *reason);
    const SigpipeGuard guard;
    try {
      auto connection = pool_->take(origin);
      if (!connection) connection = std::make_unique<Connection>(origin, options_);
      auto outcome = connection->exchange(watch_, request, due);
      if (outcome.reusedAndUnanswered && isRepeatable(request)) {
        connection = std::make_unique<Connection>(origin, options_);
        outcome = connection->exchange(watch_, request, due);
      }
      if (outcome.exchange.response) pool_->give(origin, std::move(connection));
      return std::move(outcome.exchange);
    } catch (const std::exception& problem) {
      return failed(FailureKind::Malformed, true, problem.what());
    }
  }

 private:
  const HttpClientOptions options_;
  DeadlineWatch watch_;
  std::optional<Pool> pool_;
};

}  // namespace

std::unique_ptr<HttpClient> makeHttpClient(HttpClientOptions options) {
  return std::make_unique<HttplibClient>(std::move(options));
}

}  // namespace checkout::stripe
