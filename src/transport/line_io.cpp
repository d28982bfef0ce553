#include "transport/line_io.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>

namespace checkout::transport {

int Deadline::left() const {
  const auto rest = std::chrono::ceil<Milliseconds>(end_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::max(Milliseconds(0), rest).count());
}

bool waitFor(int fd, short events, const Deadline& deadline, int stopFd) {
  for (;;) {
    std::array<pollfd, 2> polled{{{fd, events, 0}, {stopFd, POLLIN, 0}}};
    const int ready = ::poll(polled.data(), polled.size(), deadline.left());
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && polled[1].revents == 0;
  }
}

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

}  // namespace checkout::transport
