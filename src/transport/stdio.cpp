#include "transport/stdio.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/worker_pool.hpp"
#include "transport/line_reader.hpp"

namespace checkout::transport {
namespace {

// A flag that poll() can wait for.
class Event {
 public:
  Event() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Event() { ::close(fd_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void set() { ::eventfd_write(fd_, 1); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool readable(const pollfd& polled) {
  return (polled.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

// Writes whole lines, from any thread.
class LineWriter {
 public:
  LineWriter(int out, int stopFd, Milliseconds grace) : out_(out), stopFd_(stopFd), grace_(grace) {}

  void write(std::string line) {
    // Descriptors are served as they were written; a line break between tokens may as well be a space.
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::replace(line.begin(), line.end(), '\r', ' ');
    line += '\n';
    std::lock_guard lock(mutex_);
    std::string_view rest = line;
    while (!rest.empty() && !broken_) rest.remove_prefix(writeSome(rest));
  }

  // From now on, as from a stop, a client that does not read is waited for no longer than the grace.
  void hurry() { hurry_.set(); }
  const Event& broken() const { return brokenEvent_; }

 private:
  std::size_t writeSome(std::string_view bytes) {
    if (!waitUntilWritable()) return fail();
    // At most PIPE_BUF bytes are sure not to block now that poll() said so.
    const ssize_t written = ::write(out_, bytes.data(), std::min<std::size_t>(bytes.size(), 4096));
    if (written >= 0) return static_cast<std::size_t>(written);
    return errno == EINTR || errno == EAGAIN ? 0 : fail();
  }

  bool waitUntilWritable() {
    std::array<pollfd, 3> polled{{{out_, POLLOUT, 0}, {hurry_.fd(), POLLIN, 0}, {stopFd_, POLLIN, 0}}};
    int ready = ::poll(polled.data(), polled.size(), -1);
    if (ready > 0 && polled[0].revents == 0)
      ready = ::poll(polled.data(), 1, static_cast<int>(grace_.count()));
    if (ready < 0) return errno == EINTR;
    return ready > 0;
  }

  std::size_t fail() {
    broken_ = true;
    brokenEvent_.set();
    return 0;
  }

  int out_, stopFd_;
  Milliseconds grace_;
  std::mutex mutex_;
  bool broken_ = false;
  Event brokenEvent_, hurry_;
};

class LineSink final : public mcp::ReplySink {
 public:
  explicit LineSink(LineWriter& writer) : writer_(writer) {}
  void notify(std::string message) override { writer_.write(std::move(message)); }
  void reply(mcp::Reply reply) override {
    if (!reply.body.empty()) writer_.write(std::move(reply.body));
  }

 private:
  LineWriter& writer_;
};

class StdioConnection {
 public:
  StdioConnection(const mcp::Server& server, int in, int out, int stopFd, const StdioOptions& options)
      : server_(server),
        in_(in),
        stopFd_(stopFd),
        writer_(out, stopFd, options.writeGrace),
        sink_(std::make_shared<LineSink>(writer_)),
        session_(server.newSession()),
        pool_(options.workers, options.maxQueued),
        reader_(options.maxLineBytes,
                {[this](std::string_view line) { accept(line); },
                 [this, limit = options.maxLineBytes] { sink_->reply(mcp::Server::tooLarge(limit)); }}) {}

  void run() {
    readUntilTheEnd();
    writer_.hurry();
    waitForWork();
  }

 private:
  void readUntilTheEnd() {
    std::array<char, 64 * 1024> buffer;
    while (true) {
      std::array<pollfd, 3> polled{
          {{in_, POLLIN, 0}, {writer_.broken().fd(), POLLIN, 0}, {stopFd_, POLLIN, 0}}};
      if (::poll(polled.data(), polled.size(), -1) < 0) {
        if (errno == EINTR) continue;
        return;
      }
      if (readable(polled[1]) || readable(polled[2])) return;
      if (!readable(polled[0])) continue;
      const ssize_t size = ::read(in_, buffer.data(), buffer.size());
      if (size > 0) {
        reader_.feed({buffer.data(), static_cast<std::size_t>(size)});
      } else if (size == 0) {
        return reader_.finish();
      } else if (errno != EINTR && errno != EAGAIN) {
        return;
      }
    }
  }

  void accept(std::string_view line) {
    mcp::Work work = server_.accept(line, session_, {}, sink_);
    if (!work) return;
    {
      std::lock_guard lock(mutex_);
      ++inFlight_;
    }
    const auto run = [this, work = std::move(work)] {
      work();
      std::lock_guard lock(mutex_);
      if (--inFlight_ == 0) idle_.notify_all();
    };
    // A full pool makes the reader work too, and so read no further.
    if (!pool_.trySubmit(run)) run();
  }

  void waitForWork() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return inFlight_ == 0; });
  }

  const mcp::Server& server_;
  int in_, stopFd_;
  LineWriter writer_;
  std::shared_ptr<LineSink> sink_;
  std::shared_ptr<mcp::Session> session_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t inFlight_ = 0;
  WorkerPool pool_;
  LineReader reader_;
};

}  // namespace

void serveStdio(const mcp::Server& server, int in, int out, int stopFd, const StdioOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  StdioConnection(server, in, out, stopFd, options).run();
}

}  // namespace checkout::transport
