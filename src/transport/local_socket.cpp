#include "transport/local_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/worker_pool.hpp"

namespace checkout::transport {
namespace {

constexpr int kBacklog = 16;
constexpr Milliseconds kAcceptPause{100};  // after a failure, such as no descriptors left
constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

class Deadline {
 public:
  explicit Deadline(Milliseconds patience) : end_(std::chrono::steady_clock::now() + patience) {}
  int left() const {
    const auto rest = std::chrono::ceil<Milliseconds>(end_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::max(Milliseconds(0), rest).count());
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

// True once `fd` can be read (or written) without blocking; false at the deadline, or if `stopFd` says so.
bool waitFor(int fd, short events, const Deadline& deadline, int stopFd) {
  for (;;) {
    std::array<pollfd, 2> polled{{{fd, events, 0}, {stopFd, POLLIN, 0}}};
    const int ready = ::poll(polled.data(), polled.size(), deadline.left());
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && polled[1].revents == 0;
  }
}

// Up to the line's end, or the stream's. False if it is too long, or does not come in time.
bool readLine(int fd, std::string& line, std::size_t maxBytes, const Deadline& deadline, int stopFd) {
  std::array<char, 16 * 1024> buffer;
  while (waitFor(fd, POLLIN, deadline, stopFd)) {
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size == 0) return !line.empty();
    if (size < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      return false;
    }
    line.append(buffer.data(), static_cast<std::size_t>(size));
    const auto end = line.find('\n', line.size() - static_cast<std::size_t>(size));
    if (end != std::string::npos) line.resize(end);
    if (line.size() > maxBytes) return false;
    if (end != std::string::npos) return true;
  }
  return false;
}

bool writeLine(int fd, std::string line, const Deadline& deadline, int stopFd) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    if (!waitFor(fd, POLLOUT, deadline, stopFd)) return false;
    const ssize_t size = ::send(fd, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0)
      rest.remove_prefix(static_cast<std::size_t>(size));
    else if (errno != EINTR && errno != EAGAIN)
      return false;
  }
  return true;
}

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

class Listening final : public LocalSocket {
 public:
  Listening(Descriptor listener, std::string path, Handler handler, const LocalSocketOptions& options)
      : path_(std::move(path)),
        handler_(std::move(handler)),
        options_(options),
        listener_(std::move(listener)),
        stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        pool_(options.maxConnections, 0),
        thread_([this] { acceptAll(); }) {}

  ~Listening() override {
    ::unlink(path_.c_str());  // first: who comes now finds nobody, and not a closed door
    ::eventfd_write(stop_.fd(), 1);
    thread_.join();
    listener_.close();  // sends those away who have connected and were not accepted any more
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
      if (!pool_.trySubmit([this, connection] { serve(connection->fd()); }))
        log::warn("local socket: too many connections at once", {{"socket", path_}});
    }
  }

  bool stopsWithin(Milliseconds time) const { return waitFor(stop_.fd(), POLLIN, Deadline(time), -1); }

  void serve(int fd) {
    std::string line;
    if (!readLine(fd, line, options_.maxLineBytes, Deadline(options_.patience), stop_.fd())) return;
    // An answer that is ready is worth its time even while stopping: something has been done.
    writeLine(fd, handler_(line), Deadline(options_.patience), -1);
  }

  const std::string path_;
  const Handler handler_;
  const LocalSocketOptions options_;
  Descriptor listener_;
  const Descriptor stop_;
  WorkerPool pool_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

Result<std::unique_ptr<LocalSocket>> LocalSocket::listen(const std::string& path, Handler handler,
                                                         const LocalSocketOptions& options) {
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
  return std::unique_ptr<LocalSocket>(
      std::make_unique<Listening>(std::move(listener), path, std::move(handler), options));
}

Result<std::optional<std::string>> askLocalSocket(const std::string& path, std::string_view line,
                                                  Milliseconds patience) {
  const auto address = addressOf(path);
  struct stat found {};
  if (!address || ::stat(path.c_str(), &found) != 0) return std::optional<std::string>{};
  if (found.st_uid != ::geteuid())
    return Error(ErrorCode::Forbidden, path + " belongs to user id " + std::to_string(found.st_uid) +
                                           ", and only that user is answered there. Run this as that user.");
  const Deadline deadline(patience);
  const Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // connect() blocks while the listener's queue is full.
  const timeval limit{std::chrono::floor<std::chrono::seconds>(patience).count() + 1, 0};
  if (!connection.open() || ::setsockopt(connection.fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
    return cantUse(path, errno);
  if (::connect(connection.fd(), plain(*address), sizeof *address) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT) return std::optional<std::string>{};
    return cantUse(path, errno);
  }
  std::string answer;
  if (writeLine(connection.fd(), std::string(line), deadline, -1) &&
      readLine(connection.fd(), answer, kMaxAnswer, deadline, -1))
    return std::optional<std::string>{std::move(answer)};
  return Error(ErrorCode::ServiceUnavailable,
               deadline.left() == 0
                   ? "No answer came over " + path + " in time."
                   : "The connection over " + path + " was closed without an answer; try again in a moment.");
}

}  // namespace checkout::transport
