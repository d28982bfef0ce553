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

#include <checkout/clock.hpp>

#include "mcp/server.hpp"
#include "transport/sse_stream.hpp"

namespace checkout::transport {

// Thread-safe. Owned by HttpSessions and by the requests that use it.
class HttpSession final : public mcp::Outlet, public std::enable_shared_from_this<HttpSession> {
 public:
  static std::shared_ptr<HttpSession> make(const mcp::Server& server);

  const std::string& id() const { return id_; }
  const std::shared_ptr<mcp::Session>& mcp() const { return mcp_; }
  bool primesStreams() const;  // 2025-11-25 has clients come back with an id from the start

  // What belongs to no request goes to the client's GET stream, or waits for one.
  void send(std::string message) override { listening_->send(message); }
  const std::shared_ptr<SseStream>& listening() const { return listening_; }
  // The stream of one request, kept for a while so that it can be resumed.
  std::shared_ptr<SseStream> newStream();
  std::shared_ptr<SseStream> findStream(const std::string& id) const;  // nullptr: forgotten, or never was

  using Time = std::chrono::steady_clock::time_point;
  void touch();
  Time lastUsed() const;
  void endStreams();

 private:
  explicit HttpSession(std::string id);

  const std::string id_;
  const std::shared_ptr<SseStream> listening_;
  std::shared_ptr<mcp::Session> mcp_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<SseStream>> streams_;  // of requests, oldest first
  std::uint64_t lastStream_ = 0;
  Time lastUsed_ = std::chrono::steady_clock::now();
};

// Thread-safe.
class HttpSessions {
 public:
  HttpSessions(const mcp::Server& server, std::size_t most, Milliseconds idle)
      : server_(server), most_(most), idle_(idle) {}

  // From now on it can be found. If there are too many, the one that was unused for longest goes.
  void adopt(std::shared_ptr<HttpSession> session);
  std::shared_ptr<HttpSession> find(const std::string& id) const;  // nullptr: unknown or ended
  bool end(const std::string& id);                                 // false: there is none
  void endAll();
  void endIdle();  // those that nobody has used for long and that no client listens to

 private:
  void finish(HttpSession& session) const;

  const mcp::Server& server_;
  const std::size_t most_;
  const Milliseconds idle_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<HttpSession>> sessions_;
};

}  // namespace checkout::transport
