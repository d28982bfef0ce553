// A stream of server-sent events. It can outlive the connection that carries it: the handshake revisions of
// Streamable HTTP resume by Last-Event-ID; the modern one has no such thing, and there no event has an id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <checkout/http.hpp>

namespace checkout::transport {

// Thread-safe; nothing here waits for the client.
class SseStream {
 public:
  // Its events go to one connection and are forgotten.
  SseStream() = default;
  // Can be resumed. `id` is unique within its session and has no dot.
  explicit SseStream(std::string id) : id_(std::move(id)) {}

  // Answers with the stream from now on, beginning behind event `after`; nullopt: with what was never sent.
  // The connection that carried it so far is closed. `primed`: begins with an empty event, so that the client
  // has an id to come back with (2025-11-25).
  void carry(std::shared_ptr<HttpResponder> responder, std::optional<std::uint64_t> after, bool primed);
  // False: nobody will ever get it.
  bool send(std::string_view message);
  void end();   // nothing will follow
  void beat();  // keeps the connection from looking idle
  bool isCarried() const;
  bool hasEnded() const;
  std::size_t keptBytes() const;  // for whoever comes back

  // "<stream>.<number>", as sent in the id field. nullopt: not of this form.
  struct EventId {
    std::string stream;
    std::uint64_t number = 0;
  };
  static std::optional<EventId> parseEventId(std::string_view text);

 private:
  struct Kept {
    std::uint64_t number = 0;
    std::string message;
  };
  std::string event(std::uint64_t number, std::string_view message) const;
  void keep(std::uint64_t number, std::string_view message);

  const std::string id_;  // empty: not resumable
  mutable std::mutex mutex_;
  std::shared_ptr<HttpResponder> responder_;
  std::deque<Kept> kept_;
  std::size_t keptBytes_ = 0;
  std::uint64_t last_ = 0, sent_ = 0;  // numbers of events; sent_: the last that a connection took
  bool ended_ = false;
};

}  // namespace checkout::transport
