// One request and its answer: the place where handler threads and the I/O thread meet.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <checkout/http.hpp>

namespace checkout::transport {

// Thread-safe. Handlers see it through the HttpResponder of run(); the connection takes the output from the
// I/O thread. Never calls out while it holds its lock, and the onDisconnect callbacks only from lost() and
// from onDisconnect() itself: handlers may write while they hold what their callbacks need.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  // A client for which more than this waits reads too slowly; the next write() has it disconnected.
  static constexpr std::size_t kMaxUnsent = 1024 * 1024;

  // `wake` is called from any thread when there is output to take or the exchange is broken.
  Exchange(HttpRequest request, std::function<void()> wake);

  // Handler side. Calls the handler; whatever it throws, and dropping the responder unanswered, becomes a
  // 500.
  void run(const HttpHandler& handler);
  void respond(HttpResponse response);
  void begin(int status, HttpHeaders headers);
  bool write(std::string chunk);
  void finish();
  void onDisconnect(std::function<void()> callback);
  void abandon();  // nobody will answer any more: fail()

  // I/O side.
  struct Output {
    std::optional<HttpResponse> head;  // comes once, first; with the whole body unless `streamed`
    bool streamed = false;
    std::string chunk;  // of a stream
    bool last = false;  // the answer ends here
  };
  std::optional<Output> take();  // nullopt: nothing new
  bool broken();                 // the answer can't be completed: the connection must be cut
  void sent(std::size_t bytes);  // so many streamed bytes have left
  void completed();              // everything has left
  // Sends something without a meaning, if the answer is a stream that has room for it: a client that has
  // closed answers it with a reset.
  void probe();
  // The client is gone, and nobody will take an answer. Calls the onDisconnect callbacks on this thread. A
  // handler that did not start is not called.
  void lost();

 private:
  enum class Phase { Waiting, Streaming, Answered };
  void notify(std::unique_lock<std::mutex> lock);
  void breakOff(std::unique_lock<std::mutex> lock);
  void fail();  // 500, or a cut stream
  void answer(HttpResponse response, std::unique_lock<std::mutex> lock);

  HttpRequest request_;
  const std::function<void()> wake_;
  std::mutex mutex_;
  Phase phase_ = Phase::Waiting;
  std::optional<HttpResponse> head_;
  bool streamed_ = false, isEventStream_ = false, finished_ = false, gone_ = false, broken_ = false,
       notified_ = false, complete_ = false;
  std::string pending_;     // streamed bytes nobody has taken
  std::size_t unsent_ = 0;  // pending_ and what is being sent
  std::vector<std::function<void()>> onDisconnect_;
};

}  // namespace checkout::transport
