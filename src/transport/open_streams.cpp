#include "transport/open_streams.hpp"

#include <utility>

namespace checkout::transport {

void OpenStreams::watch(const std::shared_ptr<SseStream>& stream,
                        const std::shared_ptr<mcp::Session>& session) {
  {
    std::lock_guard lock(mutex_);
    // What has ended is forgotten before the list grows, so that it costs by what is open at a time.
    if (watched_.size() == watched_.capacity()) {
      std::erase_if(watched_, [](const Watched& one) { return one.stream.expired(); });
      watched_.reserve(2 * watched_.size() + 64);
    }
    watched_.push_back({stream, session});
    if (!ended_) return;
  }
  if (session) mcp::Server::endSession(session);
}

void OpenStreams::beat() {
  std::vector<std::shared_ptr<SseStream>> open;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(watched_, [&](const Watched& one) {
      auto stream = one.stream.lock();
      if (!stream || !stream->isCarried()) return true;
      open.push_back(std::move(stream));
      return false;
    });
  }
  for (const auto& stream : open) stream->beat();
}

void OpenStreams::endAll() {
  std::vector<Watched> open;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    open.swap(watched_);
  }
  for (const Watched& one : open)
    if (const auto session = one.session.lock()) mcp::Server::endSession(session);
}

std::int64_t OpenStreams::count() const {
  std::lock_guard lock(mutex_);
  std::int64_t open = 0;
  for (const Watched& one : watched_) {
    const auto stream = one.stream.lock();
    if (stream && stream->isCarried()) ++open;
  }
  return open;
}

}  // namespace checkout::transport
