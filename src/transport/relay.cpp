#include "transport/relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mcp/server.hpp"
#include "transport/line_io.hpp"
#include "transport/line_reader.hpp"

namespace checkout::transport {
namespace {

constexpr std::size_t kMaxLineFromHolder = 64 * 1024 * 1024;
// How much may wait for a side that does not read before the other one is not read any more.
constexpr std::size_t kMaxWaiting = 1024 * 1024;

class Relay {
 public:
  Relay(int in, int out, int stopFd, RelaySession& session, const RelayOptions& options)
      : in_(in),
        out_(out),
        stopFd_(stopFd),
        session_(session),
        options_(options),
        fromClient_(options.maxLineBytes,
                    {[this](std::string_view line) { session_.fromClient(line); },
                     [this] { session_.toClient(mcp::Server::tooLarge(options_.maxLineBytes).body); }}),
        writePatience_(options.writeGrace) {}

  Result<void> run(const ConnectToHolder& connect) {
    for (;;) {
      auto connected = connect();
      if (!connected.ok() || !connected->has_value()) writeTheRest();
      if (!connected.ok()) return std::move(connected).error();
      if (!connected->has_value()) return {};
      serveBy((*connected)->fd());
      session_.holderLost();
      const bool isDone = isStopped_ || isOver() || (hasEnded_ && !session_.awaitsAnswers());
      if (isDone) writeTheRest();
      if (isDone || clientIsGone_) return {};
    }
  }

 private:
  // Until the holder closes the connection, the client is gone, or the time for the end is over.
  void serveBy(int holder) {
    LineReader fromHolder(kMaxLineFromHolder,
                          {[this](std::string_view line) { session_.fromHolder(line); }, [] {}});
    bool isDeaf = false;               // it stops: what comes from it still counts
    std::optional<Deadline> farewell;  // for it to close the connection, once nothing more is asked of it
    std::optional<Deadline> heldUp;    // while the end waits only for the client to read
    while (!clientIsGone_) {
      takeForClient();
      const std::string_view rest = isDeaf ? std::string_view() : session_.forHolder();
      const bool isDone = hasEnded_ && rest.empty() && !session_.awaitsAnswers();
      if (isDone && !isDeaf && !farewell) {
        ::shutdown(holder, SHUT_WR);
        farewell.emplace(options_.writeGrace);
      }
      const bool isHeldUp = hasEnded_ && waiting() > 0 && (isDone || waiting() >= kMaxWaiting);
      if (isHeldUp && !heldUp) heldUp.emplace(writePatience_);
      if (!isHeldUp && heldUp) {
        writePatience_ = Milliseconds(heldUp->left());
        heldUp.reset();
      }

      // A descriptor of -1 is not looked at: one that is only hung up would end every wait.
      const bool listens = !hasEnded_ && session_.waitingForHolder() < kMaxWaiting;
      const short toHolder = rest.empty() ? 0 : POLLOUT, fromIt = waiting() < kMaxWaiting ? POLLIN : 0;
      std::array<pollfd, 4> polled{
          {{(toHolder | fromIt) != 0 ? holder : -1, static_cast<short>(toHolder | fromIt), 0},
           {listens ? in_ : -1, POLLIN, 0},
           {waiting() == 0 ? -1 : out_, POLLOUT, 0},
           {isStopped_ ? -1 : stopFd_, POLLIN, 0}}};
      const int ready = ::poll(polled.data(), polled.size(), nearestOf({end_, heldUp, farewell}));
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0 || (heldUp && heldUp->left() == 0)) clientIsGone_ = true;
      if (isOver() || (farewell && farewell->left() == 0)) break;
      if ((polled[0].revents & POLLOUT) != 0) isDeaf = !writeTo(holder, rest);
      if ((polled[0].revents & ~POLLOUT) != 0 && !readFrom(holder, fromHolder)) break;
      if (polled[1].revents != 0) readFromClient();
      if (polled[2].revents != 0) writeToClient();
      if (polled[3].revents != 0) end(/*isStopped=*/true);
    }
  }

  // For poll(); -1: there is none.
  static int nearestOf(std::initializer_list<std::optional<Deadline>> deadlines) {
    int nearest = -1;
    for (const auto& deadline : deadlines)
      if (deadline && (nearest < 0 || deadline->left() < nearest)) nearest = deadline->left();
    return nearest;
  }
  bool isOver() const { return end_ && end_->left() == 0; }

  bool writeTo(int holder, std::string_view rest) {
    const ssize_t size = ::send(holder, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) session_.sentToHolder(static_cast<std::size_t>(size));
    return size >= 0 || errno == EINTR || errno == EAGAIN;
  }

  // False at the end of the stream. Part of a line before it says nothing.
  bool readFrom(int holder, LineReader& lines) {
    const ssize_t size = ::recv(holder, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size > 0) lines.feed({buffer_.data(), static_cast<std::size_t>(size)});
    return size > 0 || (size < 0 && (errno == EINTR || errno == EAGAIN));
  }

  void readFromClient() {
    const ssize_t size = ::read(in_, buffer_.data(), buffer_.size());
    if (size > 0) return fromClient_.feed({buffer_.data(), static_cast<std::size_t>(size)});
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
    fromClient_.finish();
    end(/*isStopped=*/false);
  }

  void end(bool isStopped) {
    isStopped_ = isStopped;
    end_.emplace(isStopped ? options_.stopGrace : options_.endPatience);
    if (!std::exchange(hasEnded_, true)) session_.clientEnded();
  }

  void takeForClient() {
    if (waiting() == 0 || written_ > kMaxWaiting) waiting_.erase(0, std::exchange(written_, 0));
    waiting_ += session_.takeForClient();
  }
  std::size_t waiting() const { return waiting_.size() - written_; }

  void writeToClient() {
    // At most PIPE_BUF bytes are sure not to block now that poll() said so.
    const std::string_view part = std::string_view(waiting_).substr(written_, PIPE_BUF);
    const ssize_t size = ::write(out_, part.data(), part.size());
    if (size > 0) written_ += static_cast<std::size_t>(size);
    if (size < 0 && errno != EINTR && errno != EAGAIN) clientIsGone_ = true;
  }

  void writeTheRest() {
    takeForClient();
    const Deadline end(writePatience_);
    while (waiting() > 0 && !clientIsGone_) {
      if (waitFor(out_, POLLOUT, end, -1))
        writeToClient();
      else
        clientIsGone_ = true;
    }
  }

  const int in_, out_, stopFd_;
  RelaySession& session_;
  const RelayOptions options_;
  LineReader fromClient_;
  std::string waiting_;      // for the client
  std::size_t written_ = 0;  // of it
  std::array<char, 64 * 1024> buffer_;
  Milliseconds writePatience_;   // what is left of the grace for a client that does not read
  std::optional<Deadline> end_;  // of the time for the end, once it has begun
  bool hasEnded_ = false;        // the client says no more
  bool isStopped_ = false;       // because this process was told to stop
  bool clientIsGone_ = false;    // it takes no answers
};

}  // namespace

Result<void> relay(int in, int out, int stopFd, RelaySession& session, const ConnectToHolder& connect,
                   const RelayOptions& options) {
  return Relay(in, out, stopFd, session, options).run(connect);
}

}  // namespace checkout::transport
