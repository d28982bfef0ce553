#include "transport/local_listener.hpp"

#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/worker_pool.hpp"
#include "transport/event.hpp"
#include "transport/line_io.hpp"

namespace checkout::transport {
namespace {

constexpr int kBacklog = 16;
constexpr Milliseconds kConnectPause{10};
constexpr Milliseconds kAcceptPause{100};  // after a failure, such as no descriptors left

std::optional<sockaddr_un> addressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

const sockaddr* plain(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Error tooLong(const std::string& path) {
  return {ErrorCode::ValidationFailed, path + " is too long for a socket: at most " +
                                           std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes."};
}

Error cantUse(const std::string& path, int error) {
  return {ErrorCode::ServiceUnavailable, "Can't use the socket " + path + ": " + std::strerror(error) + "."};
}

Error ofAnotherUser(const std::string& path) {
  return {ErrorCode::Forbidden,
          path + " belongs to another user, and only that user is answered there. Run this as that user."};
}

// Of the process that connected or, seen from that one, of the one that listens: the file's owner may be
// somebody else.
bool isOfThisUser(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

bool bindAt(int fd, const sockaddr_un& address) {
  return ::bind(fd, plain(address), sizeof address) == 0;
}

// What a killed process left behind. Only a socket: anything else is somebody's file.
void removeStaleSocket(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(path.c_str());
}

class Listening final : public LocalListener {
 public:
  Listening(Descriptor listener, std::string path, std::size_t maxConnections, Handler handler)
      : path_(std::move(path)),
        handler_(std::move(handler)),
        listener_(std::move(listener)),
        pool_(maxConnections, 0),
        thread_([this] { acceptAll(); }) {}

  ~Listening() override {
    ::unlink(path_.c_str());  // first: who comes now finds nobody, and not a closed door
    stop_.set();
    thread_.join();
    listener_.close();  // sends those away who have connected and were not accepted any more
    closeReading();
    pool_.stop();
  }

 private:
  void acceptAll() {
    while (!stopsWithin(Milliseconds(0))) {
      if (!waitFor(listener_.fd(), POLLIN, Deadline(std::chrono::hours(1)), stop_.fd())) continue;
      auto connection = std::make_shared<Descriptor>(
          ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!connection->open() && stopsWithin(kAcceptPause)) return;
      if (!connection->open() || !isOfThisUser(connection->fd())) continue;
      remember(connection->fd());
      const bool isServed = pool_.trySubmit([this, connection] {
        handler_(connection->fd(), stop_.fd());
        forget(connection->fd());
        connection->close();
      });
      if (isServed) continue;
      forget(connection->fd());
      log::warn("local socket: too many connections at once", {{"socket", path_}});
    }
  }

  bool stopsWithin(Milliseconds time) const { return waitFor(stop_.fd(), POLLIN, Deadline(time), -1); }

  void remember(int fd) {
    const std::lock_guard lock(mutex_);
    connections_.insert(fd);
  }
  void forget(int fd) {
    const std::lock_guard lock(mutex_);
    connections_.erase(fd);
  }
  void closeReading() {
    const std::lock_guard lock(mutex_);
    for (const int fd : connections_) ::shutdown(fd, SHUT_RD);
  }

  const std::string path_;
  const Handler handler_;
  Descriptor listener_;
  Event stop_;
  std::mutex mutex_;
  std::set<int> connections_;  // those whose handlers have not returned
  WorkerPool pool_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

Result<std::unique_ptr<LocalListener>> LocalListener::listen(const std::string& path,
                                                             std::size_t maxConnections, Handler handler) {
  const auto address = addressOf(path);
  if (!address) return tooLong(path);
  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The file gets the descriptor's mode, so that there is no moment in which it is open to others.
  if (!listener.open() || ::fchmod(listener.fd(), 0600) != 0) return cantUse(path, errno);
  if (!bindAt(listener.fd(), *address)) {
    if (errno != EADDRINUSE) return cantUse(path, errno);
    removeStaleSocket(path);
    if (!bindAt(listener.fd(), *address)) return cantUse(path, errno);
  }
  if (::listen(listener.fd(), kBacklog) != 0) return cantUse(path, errno);
  return std::unique_ptr<LocalListener>(
      std::make_unique<Listening>(std::move(listener), path, maxConnections, std::move(handler)));
}

Result<std::optional<Descriptor>> connectLocally(const std::string& path, Milliseconds patience, int stopFd) {
  const auto address = addressOf(path);
  if (!address) return tooLong(path);
  Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!connection.open()) return cantUse(path, errno);
  const Deadline end(patience);
  while (::connect(connection.fd(), plain(*address), sizeof *address) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT) return std::optional<Descriptor>{};
    if (errno == EACCES) return ofAnotherUser(path);
    // EAGAIN: the listener's queue is full, which nothing can be polled for.
    const bool mayRepeat = errno == EAGAIN || errno == EINTR;
    if (!mayRepeat || end.left() == 0) return cantUse(path, errno);
    if (waitFor(stopFd, POLLIN, Deadline(kConnectPause), -1)) return cantUse(path, ECANCELED);
  }
  if (!isOfThisUser(connection.fd())) return ofAnotherUser(path);
  return std::optional<Descriptor>{std::move(connection)};
}

}  // namespace checkout::transport
