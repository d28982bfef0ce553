#include "transport/http_exchange.hpp"

#include <exception>

#include "base/log.hpp"
#include "transport/error_response.hpp"

namespace checkout::transport {
namespace {

constexpr std::string_view kComment = ": \n\n";

void callAll(const std::vector<std::function<void()>>& callbacks) {
  for (const auto& callback : callbacks) {
    try {
      callback();
    } catch (const std::exception& failure) {
      log::error("a disconnect callback failed", {{"reason", failure.what()}});
    } catch (...) {
      log::error("a disconnect callback failed");
    }
  }
}

// The handler's end. When its last owner lets go of it unanswered, the exchange is abandoned.
class Responder final : public HttpResponder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~Responder() override { exchange_->abandon(); }
  void respond(HttpResponse response) override { exchange_->respond(std::move(response)); }
  void begin(int status, HttpHeaders headers) override { exchange_->begin(status, std::move(headers)); }
  bool write(std::string chunk) override { return exchange_->write(std::move(chunk)); }
  void finish() override { exchange_->finish(); }
  void onDisconnect(std::function<void()> callback) override { exchange_->onDisconnect(std::move(callback)); }

 private:
  std::shared_ptr<Exchange> exchange_;
};

HttpResponse internalError() {
  return errorResponse(500, "INTERNAL_ERROR", "the request failed on our side");
}

}  // namespace

Exchange::Exchange(HttpRequest request, std::function<void()> wake)
    : request_(std::move(request)), wake_(std::move(wake)) {}

void Exchange::run(const HttpHandler& handler) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_) return;
  }
  const std::string path(request_.path());
  const auto responder = std::make_shared<Responder>(shared_from_this());
  try {
    return handler(std::move(request_), responder);
  } catch (const std::exception& failure) {
    log::error("a request handler failed", {{"path", path}, {"reason", failure.what()}});
  } catch (...) {
    log::error("a request handler failed", {{"path", path}});
  }
  fail();
}

void Exchange::respond(HttpResponse response) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::Waiting) return log::error("a request was answered twice");
  answer(std::move(response), std::move(lock));
}

void Exchange::answer(HttpResponse response, std::unique_lock<std::mutex> lock) {
  phase_ = Phase::Answered;
  head_ = std::move(response);
  finished_ = true;
  notify(std::move(lock));
}

void Exchange::begin(int status, HttpHeaders headers) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::Waiting) return log::error("a request was answered twice");
  phase_ = Phase::Streaming;
  isEventStream_ = headers.get("Content-Type") == "text/event-stream";
  head_ = HttpResponse{status, std::move(headers), {}, std::nullopt};
  streamed_ = true;
  broken_ = broken_ || gone_;
  notify(std::move(lock));
}

bool Exchange::write(std::string chunk) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::Streaming || gone_ || broken_) return false;
  if (unsent_ > kMaxUnsent) {
    // The I/O thread cuts the connection, and tells: whoever writes may hold what the callbacks need.
    if (!broken_) log::warn("a client was disconnected: it reads its stream too slowly");
    breakOff(std::move(lock));
    return false;
  }
  if (chunk.empty()) return true;
  unsent_ += chunk.size();
  if (pending_.empty()) {
    pending_ = std::move(chunk);
  } else {
    pending_ += chunk;
  }
  notify(std::move(lock));
  return true;
}

void Exchange::finish() {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::Streaming) return;
  phase_ = Phase::Answered;
  finished_ = true;
  notify(std::move(lock));
}

void Exchange::onDisconnect(std::function<void()> callback) {
  std::unique_lock lock(mutex_);
  if (complete_) return;
  if (!gone_) return onDisconnect_.push_back(std::move(callback));
  lock.unlock();
  callAll({std::move(callback)});
}

void Exchange::abandon() {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::Answered) return;
    if (!gone_) log::error("a request was left without a complete answer");
  }
  fail();
}

void Exchange::fail() {
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::Answered) return;
  if (phase_ == Phase::Waiting) return answer(internalError(), std::move(lock));
  phase_ = Phase::Answered;
  breakOff(std::move(lock));
}

void Exchange::notify(std::unique_lock<std::mutex> lock) {
  if (std::exchange(notified_, true)) return;
  lock.unlock();
  wake_();
}

// Wakes even if earlier output has not been taken: the write under way may never end.
void Exchange::breakOff(std::unique_lock<std::mutex> lock) {
  broken_ = notified_ = true;
  lock.unlock();
  wake_();
}

std::optional<Exchange::Output> Exchange::take() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(notified_, false)) return std::nullopt;
  Output output;
  output.head = std::exchange(head_, std::nullopt);
  output.streamed = streamed_;
  output.chunk = std::exchange(pending_, {});
  output.last = finished_;
  return output;
}

bool Exchange::broken() {
  const std::lock_guard lock(mutex_);
  return broken_;
}

void Exchange::sent(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  unsent_ -= bytes;
}

void Exchange::completed() {
  std::vector<std::function<void()>> dropped;  // freed without the lock: they may own the responder
  const std::lock_guard lock(mutex_);
  dropped.swap(onDisconnect_);
  complete_ = gone_ = true;
}

// Events are written whole, so a comment may stand behind each.
void Exchange::probe() {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::Streaming || !isEventStream_ || gone_ || broken_) return;
  pending_ += kComment;
  unsent_ += kComment.size();
  notify(std::move(lock));
}

void Exchange::lost() {
  std::unique_lock lock(mutex_);
  if (std::exchange(gone_, true)) return;
  const auto callbacks = std::exchange(onDisconnect_, {});
  if (streamed_) {
    breakOff(std::move(lock));
  } else {
    lock.unlock();
  }
  callAll(callbacks);
}

}  // namespace checkout::transport
