#include "transport/local_socket.hpp"

#include <utility>

#include "transport/line_io.hpp"
#include "transport/local_listener.hpp"

namespace checkout::transport {
namespace {

constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;

class AnsweringLines final : public LocalSocket {
 public:
  explicit AnsweringLines(std::unique_ptr<LocalListener> listener) : listener_(std::move(listener)) {}

 private:
  std::unique_ptr<LocalListener> listener_;
};

}  // namespace

Result<std::unique_ptr<LocalSocket>> LocalSocket::listen(const std::string& path, Handler handler,
                                                         const LocalSocketOptions& options) {
  auto listener = LocalListener::listen(
      path, options.maxConnections, [options, handler = std::move(handler)](int connection, int stopFd) {
        std::string line;
        if (!readLine(connection, line, options.maxLineBytes, Deadline(options.patience), stopFd)) return;
        // An answer that is ready is worth its time even while stopping: something has been done.
        std::string answer = handler(line);
        writeLine(connection, std::move(answer), Deadline(options.writeGrace), -1);
      });
  if (!listener.ok()) return std::move(listener).error();
  return std::unique_ptr<LocalSocket>(std::make_unique<AnsweringLines>(*std::move(listener)));
}

Result<std::optional<std::string>> askLocalSocket(const std::string& path, std::string_view line,
                                                  Milliseconds patience) {
  const Deadline deadline(patience);
  auto connected = connectLocally(path, patience);
  // Nobody can listen at a path that no socket can have.
  if (!connected.ok() && connected.error().code == ErrorCode::ValidationFailed)
    return std::optional<std::string>{};
  CHECKOUT_ASSIGN(connection, std::move(connected));
  if (!connection) return std::optional<std::string>{};
  std::string answer;
  if (writeLine(connection->fd(), std::string(line), deadline, -1) &&
      readLine(connection->fd(), answer, kMaxAnswer, deadline, -1))
    return std::optional<std::string>{std::move(answer)};
  return Error(
      ErrorCode::ServiceUnavailable,
      deadline.left() == 0
          ? "No answer came over " + path + " in time."
          : "The connection over " + path +
                " was closed without an answer, so what was asked for may have been done. Look (saga "
                "show) before you repeat it.");
}

}  // namespace checkout::transport
