#include "transport/stdio.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "base/worker_pool.hpp"
#include "transport/line_reader.hpp"
#include "transport/line_writer.hpp"

namespace checkout::transport {
namespace {

bool readable(const pollfd& polled) {
  return (polled.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

// All messages of the client share one channel.
class LineSink final : public mcp::ReplySink, public mcp::Outlet {
 public:
  explicit LineSink(std::shared_ptr<LineWriter> writer) : writer_(std::move(writer)) {}
  void notify(std::string message) override { writer_->post(std::move(message)); }
  void send(std::string message) override { writer_->post(std::move(message)); }
  bool ask(std::string message) override {
    writer_->post(std::move(message));
    return true;
  }
  void reply(mcp::Reply reply) override {
    if (reply.body.empty()) return;
    reply.mayWait ? writer_->write(std::move(reply.body)) : writer_->post(std::move(reply.body));
  }

 private:
  const std::shared_ptr<LineWriter> writer_;  // a subscriber may still be told while the connection ends
};

class StdioConnection {
 public:
  StdioConnection(const mcp::Server& server, int in, int out, int stopFd, const StdioOptions& options)
      : server_(server),
        in_(in),
        stopFd_(stopFd),
        writer_(std::make_shared<LineWriter>(out, stopFd, options.writeGrace)),
        sink_(std::make_shared<LineSink>(writer_)),
        session_(server.newSession(sink_)),
        pool_(options.workers, options.maxQueued),
        reader_(options.maxLineBytes,
                {[this](std::string_view line) { accept(line); },
                 [this, limit = options.maxLineBytes] { sink_->reply(mcp::Server::tooLarge(limit)); }}) {}

  void run() {
    readUntilTheEnd();
    writer_->hurry();
    server_.endSession(session_);
    waitForWork();
    writer_->finish();
  }

 private:
  void readUntilTheEnd() {
    std::array<char, 64 * 1024> buffer;
    while (true) {
      std::array<pollfd, 3> polled{
          {{in_, POLLIN, 0}, {writer_->broken().fd(), POLLIN, 0}, {stopFd_, POLLIN, 0}}};
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
  std::shared_ptr<LineWriter> writer_;
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
