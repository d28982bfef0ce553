#include "transport/line_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "base/log.hpp"

namespace checkout::transport {
namespace {

constexpr std::size_t kMuch = 1024 * 1024, kTooMuch = 4 * kMuch;

}  // namespace

LineWriter::LineWriter(int out, int stopFd, Milliseconds grace)
    : out_(out), stopFd_(stopFd), grace_(grace), thread_([this] { run(); }) {}

LineWriter::~LineWriter() {
  finish();
}

void LineWriter::enqueue(std::string line) {
  // Descriptors are served as they were written; a line break between tokens may as well be a space.
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '\r', ' ');
  queue_ += line;
  queue_ += '\n';
}

void LineWriter::write(std::string line) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return queue_.size() <= kMuch || broken_ || finishing_; });
  if (broken_ || finishing_) return;
  enqueue(std::move(line));
  if (!busy_) takeTurn(lock);  // otherwise the thread sees to it
  due_.notify_one();
}

void LineWriter::post(std::string line) {
  std::lock_guard lock(mutex_);
  if (broken_ || finishing_) return;
  if (queue_.size() > kTooMuch) return log::warn("a client that does not read missed a notification");
  enqueue(std::move(line));
  due_.notify_one();
}

void LineWriter::finish() {
  {
    std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  due_.notify_one();
  room_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LineWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    due_.wait(lock, [this] { return !busy_ && (finishing_ || !queue_.empty()); });
    if (queue_.empty()) return;
    takeTurn(lock);
  }
}

void LineWriter::takeTurn(std::unique_lock<std::mutex>& lock) {
  busy_ = true;
  const std::string lines = std::exchange(queue_, {});
  lock.unlock();
  const bool sent = send(lines);
  lock.lock();
  busy_ = false;
  if (!sent) {
    broken_ = true;
    queue_.clear();
    brokenEvent_.set();
  }
  room_.notify_all();
}

bool LineWriter::send(std::string_view lines) {
  while (!lines.empty()) {
    if (!waitUntilWritable()) return false;
    // At most PIPE_BUF bytes are sure not to block now that poll() said so.
    const ssize_t written = ::write(out_, lines.data(), std::min<std::size_t>(lines.size(), 4096));
    if (written >= 0) {
      lines.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

bool LineWriter::waitUntilWritable() {
  std::array<pollfd, 3> polled{{{out_, POLLOUT, 0}, {hurry_.fd(), POLLIN, 0}, {stopFd_, POLLIN, 0}}};
  int ready = ::poll(polled.data(), polled.size(), -1);
  if (ready > 0 && polled[0].revents == 0) ready = ::poll(polled.data(), 1, static_cast<int>(grace_.count()));
  if (ready < 0) return errno == EINTR;
  return ready > 0;
}

}  // namespace checkout::transport
