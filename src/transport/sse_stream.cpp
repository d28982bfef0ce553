#include "transport/sse_stream.hpp"

#include <charconv>
#include <utility>

namespace checkout::transport {
namespace {

constexpr std::size_t kMostKept = 256, kMostKeptBytes = 1024 * 1024;

}  // namespace

// Every line of the message becomes a data line, which the client joins again.
std::string SseStream::event(std::uint64_t number, std::string_view message) const {
  std::string text;
  if (!id_.empty()) text.append("id: ").append(id_).append(".").append(std::to_string(number)).append("\n");
  if (!message.empty()) text += "event: message\n";
  while (true) {
    const auto end = message.find_first_of("\r\n");
    text.append("data: ").append(message.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    message.remove_prefix(end + 1);
  }
  return text += '\n';
}

void SseStream::keep(std::uint64_t number, std::string_view message) {
  kept_.push_back({number, std::string(message)});
  keptBytes_ += message.size();
  while (kept_.size() > kMostKept || (keptBytes_ > kMostKeptBytes && kept_.size() > 1)) {
    keptBytes_ -= kept_.front().message.size();
    kept_.pop_front();
  }
}

void SseStream::carry(std::shared_ptr<HttpResponder> responder, std::optional<std::uint64_t> after,
                      bool primed) {
  HttpHeaders headers;
  headers.add("Content-Type", "text/event-stream");
  headers.add("Cache-Control", "no-store");
  headers.add("X-Accel-Buffering", "no");
  std::lock_guard lock(mutex_);
  if (responder_) responder_->finish();
  responder_ = std::move(responder);
  responder_->begin(200, std::move(headers));
  const std::uint64_t from = after.value_or(sent_);
  if (primed && !after && !id_.empty()) responder_->write(event(from, ""));
  for (const Kept& one : kept_)
    if (one.number > from && responder_->write(event(one.number, one.message))) sent_ = one.number;
  if (!ended_) return;
  responder_->finish();
  responder_ = nullptr;
}

bool SseStream::send(std::string_view message) {
  std::lock_guard lock(mutex_);
  if (ended_) return false;
  ++last_;
  if (!id_.empty()) keep(last_, message);
  if (!responder_) return !id_.empty();
  if (responder_->write(event(last_, message))) {
    sent_ = last_;
    return true;
  }
  responder_ = nullptr;
  return !id_.empty();
}

void SseStream::end() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  if (responder_) responder_->finish();
  responder_ = nullptr;
}

void SseStream::beat() {
  std::lock_guard lock(mutex_);
  if (responder_ && !responder_->write(": \n\n")) responder_ = nullptr;
}

bool SseStream::isCarried() const {
  std::lock_guard lock(mutex_);
  return responder_ != nullptr;
}

std::size_t SseStream::keptBytes() const {
  std::lock_guard lock(mutex_);
  return keptBytes_;
}

bool SseStream::hasEnded() const {
  std::lock_guard lock(mutex_);
  return ended_;
}

std::optional<SseStream::EventId> SseStream::parseEventId(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  EventId id{std::string(text.substr(0, dot)), 0};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + dot + 1, end, id.number);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return id;
}

}  // namespace checkout::transport
