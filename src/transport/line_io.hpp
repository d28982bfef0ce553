// Single lines over a socket, each by a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <checkout/clock.hpp>

namespace checkout::transport {

class Deadline {
 public:
  explicit Deadline(Milliseconds patience) : end_(std::chrono::steady_clock::now() + patience) {}
  int left() const;  // milliseconds, as poll() takes them; 0: it has passed

 private:
  std::chrono::steady_clock::time_point end_;
};

// True once `fd` can be read (POLLIN) or written (POLLOUT) without blocking; false at the deadline, or if
// `stopFd` (-1: none) becomes readable.
bool waitFor(int fd, short events, const Deadline& deadline, int stopFd);

// Up to the line's end, or the stream's; what came behind the end is lost. False if the line is too long, or
// does not come in time.
bool readLine(int fd, std::string& line, std::size_t maxBytes, const Deadline& deadline, int stopFd);

bool writeLine(int fd, std::string line, const Deadline& deadline, int stopFd);

}  // namespace checkout::transport
