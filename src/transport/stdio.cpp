#include "transport/stdio.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "base/worker_pool.hpp"
#include "transport/event.hpp"
#include "transport/line_reader.hpp"
#include "transport/line_writer.hpp"

namespace checkout::transport {
namespace {

bool readable(const pollfd& polled, short more = 0) {
  return (polled.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL | more)) != 0;
}

// All messages of the client share one channel.
class LineSink final : public mcp::ReplySink, public mcp::Outlet {
 public:
  explicit LineSink(std::shared_ptr<LineWriter> writer) : writer_(std::move(writer)) {}
  void notify(std::string message) override { writer_->post(std::move(message)); }
  void send(std::string message) override { writer_->post(std::move(message)); }
  bool ask(std::string message) override { return writer_->post(std::move(message)); }
  void reply(mcp::Reply reply) override {
    if (!reply.body.empty()) writer_->write(std::move(reply.body));
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
        maxInFlight_(options.workers + options.maxQueued),
        grace_(options.writeGrace),
        writer_(std::make_shared<LineWriter>(out)),
        sink_(std::make_shared<LineSink>(writer_)),
        session_(server.newSession(sink_)),
        pool_(options.workers, maxInFlight_),
        reader_(options.maxLineBytes,
                {[this](std::string_view line) { accept(line); },
                 [this, limit = options.maxLineBytes] { sink_->reply(mcp::Server::tooLarge(limit)); }}) {}

  void run() {
    const bool takesAnswers = readUntilTheEnd();
    server_.endSession(session_);
    waitForWork();
    writer_->finish(takesAnswers ? grace_ : Milliseconds(0));
  }

 private:
  // False: the client takes no answers any more.
  bool readUntilTheEnd() {
    Milliseconds patience = grace_;
    std::optional<Deadline> end;  // while the client has ended, and does not read
    for (;;) {
      const Pause pause = acceptLines();
      if (end && pause != Pause::Unread) {
        patience = Milliseconds(end->left());
        end.reset();
      }
      const bool isHungUp = end.has_value();
      const short wanted = pause == Pause::None ? POLLIN : POLLRDHUP;
      std::array<pollfd, 5> polled{{{isHungUp || pause == Pause::Busy ? -1 : in_, wanted, 0},
                                    {writer_->broken().fd(), POLLIN, 0},
                                    {stopFd_, POLLIN, 0},
                                    {writer_->hasRoom().fd(), POLLIN, 0},
                                    {hasCapacity_.fd(), POLLIN, 0}}};
      const int ready = ::poll(polled.data(), polled.size(), end ? end->left() : -1);
      if (ready < 0 && errno != EINTR) return false;
      if (ready == 0 || readable(polled[1])) return false;
      if (readable(polled[2])) return true;
      if (ready < 0 || !readable(polled[0], POLLRDHUP)) continue;
      if (pause == Pause::Unread)
        end.emplace(patience);
      else if (!readOn())
        return true;
    }
  }

  // False at the end of the input.
  bool readOn() {
    const ssize_t size = ::read(in_, buffer_.data(), buffer_.size());
    if (size > 0) unread_ = {buffer_.data(), static_cast<std::size_t>(size)};
    if (size == 0) reader_.finish();
    return size > 0 || (size < 0 && (errno == EINTR || errno == EAGAIN));
  }

  // Why no more is read for now.
  enum class Pause {
    None,
    Busy,    // enough calls are in flight
    Unread,  // the client is behind with its answers
  };

  // Of what was read, as many lines as there is capacity for.
  Pause acceptLines() {
    writer_->hasRoom().clear();
    hasCapacity_.clear();
    for (;;) {
      if (writer_->isFull()) return Pause::Unread;
      if (inFlight() >= maxInFlight_) return Pause::Busy;
      if (unread_.empty()) return Pause::None;
      const std::string_view part = unread_.substr(0, unread_.find('\n') + 1);
      const std::string_view line = part.empty() ? unread_ : part;
      unread_.remove_prefix(line.size());
      reader_.feed(line);
    }
  }

  void accept(std::string_view line) {
    const mcp::Work work = server_.accept(line, session_, {}, sink_);
    if (!work) return;
    std::size_t& count = work.inProviderLane() ? inLane_ : inFlight_;
    {
      const std::lock_guard lock(mutex_);
      ++count;
    }
    const auto run = [this, work, &count] {
      const Done done{*this, count};
      work();
    };
    const bool begun = work.inProviderLane() ? server_.runInProviderLane(run) : pool_.trySubmit(run);
    if (!begun) run();  // there was no thread to be had
  }

  struct Done {  // of a call in flight, however it ends
    StdioConnection& connection;
    std::size_t& count;
    ~Done() {
      const std::lock_guard lock(connection.mutex_);
      if (&count == &connection.inFlight_ && count == connection.maxInFlight_) connection.hasCapacity_.set();
      --count;
      if (connection.inFlight_ + connection.inLane_ == 0) connection.idle_.notify_all();
    }
  };

  std::size_t inFlight() {
    const std::lock_guard lock(mutex_);
    return inFlight_;
  }

  void waitForWork() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return inFlight_ + inLane_ == 0; });
  }

  const mcp::Server& server_;
  const int in_, stopFd_;
  const std::size_t maxInFlight_;
  const Milliseconds grace_;
  const std::shared_ptr<LineWriter> writer_;
  const std::shared_ptr<LineSink> sink_;
  const std::shared_ptr<mcp::Session> session_;
  std::array<char, 64 * 1024> buffer_;
  std::string_view unread_;  // of the buffer: read, but not accepted
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t inFlight_ = 0;  // in our pool
  std::size_t inLane_ = 0;    // in the provider's lane, which has bounds of its own
  Event hasCapacity_;
  WorkerPool pool_;
  LineReader reader_;
};

}  // namespace

void serveStdio(const mcp::Server& server, int in, int out, int stopFd, const StdioOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  StdioConnection(server, in, out, stopFd, options).run();
}

}  // namespace checkout::transport
