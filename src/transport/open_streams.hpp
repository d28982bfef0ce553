// The event streams that may be open, so that they are kept alive, counted, and ended with the server.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "mcp/server.hpp"
#include "transport/sse_stream.hpp"

namespace checkout::transport {

// Thread-safe; owns neither the streams nor their sessions. Calls out only when no lock is held.
class OpenStreams {
 public:
  // `session`: whose messages it carries. Once all have been ended, that session ends at once.
  void watch(const std::shared_ptr<SseStream>& stream, const std::shared_ptr<mcp::Session>& session);
  void beat();
  void endAll();  // for good: the sessions, and with them what they stream
  std::int64_t count() const;

 private:
  struct Watched {
    std::weak_ptr<SseStream> stream;
    std::weak_ptr<mcp::Session> session;
  };
  mutable std::mutex mutex_;
  bool ended_ = false;
  std::vector<Watched> watched_;
};

}  // namespace checkout::transport
