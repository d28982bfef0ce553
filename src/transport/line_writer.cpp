#include "transport/line_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "base/log.hpp"

namespace checkout::transport {
namespace {

constexpr std::size_t kMuch = 1024 * 1024, kTooMuch = 4 * kMuch;

bool takesMore(int fd) {
  pollfd polled{fd, POLLOUT, 0};
  return ::poll(&polled, 1, 0) > 0;
}

}  // namespace

LineWriter::LineWriter(int out) : out_(out), thread_([this] { run(); }) {}

LineWriter::~LineWriter() {
  finish(Milliseconds(0));
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
  if (isBroken_ || end_) return;
  const bool isFree = queue_.empty() && !isWriting_;  // else somebody is at it
  enqueue(std::move(line));
  if (isFree) writeSome(lock);
  due_.notify_one();
}

bool LineWriter::post(std::string line) {
  const std::lock_guard lock(mutex_);
  if (isBroken_ || end_) return false;
  if (backlog() > kTooMuch) {
    log::warn("a client that does not read missed a notification");
    return false;
  }
  enqueue(std::move(line));
  due_.notify_one();
  return true;
}

bool LineWriter::isFull() const {
  const std::lock_guard lock(mutex_);
  return backlog() > kMuch;
}

void LineWriter::finish(Milliseconds grace) {
  {
    const std::lock_guard lock(mutex_);
    if (!end_) end_.emplace(grace);
  }
  finishing_.set();
  due_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LineWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    due_.wait(lock, [this] { return !isWriting_ && (end_ || !queue_.empty()); });
    if (queue_.empty()) return;
    writeSome(lock);
    if (!queue_.empty() && !waitUntilWritable(lock)) giveUp();
  }
}

// True if there may be room, or the end has become nearer.
bool LineWriter::waitUntilWritable(std::unique_lock<std::mutex>& lock) {
  const auto end = end_;
  lock.unlock();
  std::array<pollfd, 2> polled{{{out_, POLLOUT, 0}, {end ? -1 : finishing_.fd(), POLLIN, 0}}};
  const int ready = ::poll(polled.data(), polled.size(), end ? end->left() : -1);
  const bool mayGoOn = ready > 0 || (ready < 0 && errno == EINTR);
  lock.lock();
  return mayGoOn && !(end_ && end_->left() == 0);
}

void LineWriter::writeSome(std::unique_lock<std::mutex>& lock) {
  const bool wasFull = backlog() > kMuch;
  isWriting_ = true;
  bool isOpen = true, takes = true;
  while (isOpen && takes && backlog() > 0) {
    // At most PIPE_BUF bytes are sure not to block once poll() said so.
    const std::string part = queue_.substr(written_, PIPE_BUF);
    lock.unlock();
    takes = takesMore(out_);
    const ssize_t written = takes ? ::write(out_, part.data(), part.size()) : 0;
    isOpen = written >= 0 || errno == EINTR || errno == EAGAIN;
    lock.lock();
    if (written > 0) written_ += static_cast<std::size_t>(written);
  }
  isWriting_ = false;
  if (!isOpen) return giveUp();
  if (backlog() == 0 || written_ > kMuch) queue_.erase(0, std::exchange(written_, 0));
  if (wasFull && backlog() <= kMuch) hasRoom_.set();
}

void LineWriter::giveUp() {
  isBroken_ = true;
  queue_.clear();
  written_ = 0;
  brokenEvent_.set();
  hasRoom_.set();
}

}  // namespace checkout::transport
