// Sessions of the handshake revisions over HTTP: what belongs to one Mcp-Session-Id.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <checkout/clock.hpp>

#include "mcp/server.hpp"
#include "transport/sse_stream.hpp"

namespace checkout::transport {

// Thread-safe. Opening while its `initialize` is served, which owns it; serving once HttpSessions has adopted
// it, which owns it then; ended by its client, by disuse or with the server. An answer under way has only a
// weak reference, since the session's questions own what waits for them.
class HttpSession final : public mcp::Outlet, public std::enable_shared_from_this<HttpSession> {
 public:
  static std::shared_ptr<HttpSession> make(const mcp::Server& server, std::string client);

  const std::string& client() const { return client_; }  // whose limits it counts for

  const std::string& id() const { return id_; }
  const std::shared_ptr<mcp::Session>& mcp() const { return mcp_; }
  bool primesStreams() const;  // 2025-11-25 has clients come back with an id from the start

  // What belongs to no request goes to the client's GET stream, or waits for one.
  void send(std::string message) override { listening_->send(message); }
  const std::shared_ptr<SseStream>& listening() const { return listening_; }
  // The stream of one request, kept for a while so that it can be resumed; once the session has ended, for
  // its connection only.
  std::shared_ptr<SseStream> newStream();
  std::shared_ptr<SseStream> findStream(const std::string& id) const;  // nullptr: forgotten, or never was

  using Time = std::chrono::steady_clock::time_point;
  void touch();
  Time lastUsed() const;
  void endStreams();

 private:
  HttpSession(std::string id, std::string client);

  const std::string id_, client_;
  const std::shared_ptr<SseStream> listening_;
  std::shared_ptr<mcp::Session> mcp_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<SseStream>> streams_;  // of requests, oldest first
  std::uint64_t lastStream_ = 0;
  bool ended_ = false;
  Time lastUsed_ = std::chrono::steady_clock::now();
};

// Thread-safe.
class HttpSessions {
 public:
  HttpSessions(std::size_t most, Milliseconds idle) : most_(most), idle_(idle) {}

  // From now on it can be found. If there are too many, some of the client's that has most go. False: no more
  // are taken, since all have been ended.
  bool adopt(std::shared_ptr<HttpSession> session);
  std::shared_ptr<HttpSession> find(const std::string& id) const;  // nullptr: unknown or ended
  bool end(const std::string& id);                                 // false: there is none
  void endAll();                                                   // for good
  // Ends those that nobody has used for long and that no client listens to; the others.
  std::vector<std::shared_ptr<HttpSession>> expire(HttpSession::Time now);
  std::size_t size() const;

 private:
  using ById = std::unordered_map<std::string, std::shared_ptr<HttpSession>>;
  static void finish(HttpSession& session);
  std::vector<ById::iterator> findVictims();  // with the lock held; at least one

  const std::size_t most_;
  const Milliseconds idle_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  ById sessions_;
};

}  // namespace checkout::transport
