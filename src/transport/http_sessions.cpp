#include "transport/http_sessions.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/random.hpp"

namespace checkout::transport {
namespace {

constexpr std::size_t kIdBytes = 16, kMostStreams = 32;
constexpr const char* kListening = "listen";

}  // namespace

HttpSession::HttpSession(std::string id, std::string client)
    : id_(std::move(id)), client_(std::move(client)), listening_(std::make_shared<SseStream>(kListening)) {}

std::shared_ptr<HttpSession> HttpSession::make(const mcp::Server& server, std::string client) {
  std::shared_ptr<HttpSession> session(new HttpSession(randomHex(kIdBytes), std::move(client)));
  session->mcp_ = server.newSession(session, session->client());
  return session;
}

bool HttpSession::primesStreams() const {
  return mcp::Server::primesStreams(*mcp_);
}

std::shared_ptr<SseStream> HttpSession::newStream() {
  std::shared_ptr<SseStream> dropped;
  std::lock_guard lock(mutex_);
  if (ended_) return std::make_shared<SseStream>();
  const std::uint64_t number = ++lastStream_;
  auto stream = std::make_shared<SseStream>(std::to_string(number));
  streams_.emplace(number, stream);
  if (streams_.size() > kMostStreams) {
    // Rather one that is over than one that is still going.
    auto victim = std::find_if(streams_.begin(), streams_.end(),
                               [](const auto& one) { return one.second->hasEnded(); });
    if (victim == streams_.end()) victim = streams_.begin();
    dropped = std::move(victim->second);
    streams_.erase(victim);
  }
  return stream;
}

std::shared_ptr<SseStream> HttpSession::findStream(const std::string& id) const {
  if (id == kListening) return listening_;
  std::lock_guard lock(mutex_);
  for (const auto& [number, stream] : streams_)
    if (std::to_string(number) == id) return stream;
  return nullptr;
}

void HttpSession::touch() {
  std::lock_guard lock(mutex_);
  lastUsed_ = std::chrono::steady_clock::now();
}

HttpSession::Time HttpSession::lastUsed() const {
  std::lock_guard lock(mutex_);
  return lastUsed_;
}

void HttpSession::endStreams() {
  decltype(streams_) streams;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    streams.swap(streams_);
  }
  listening_->end();
  for (const auto& one : streams) one.second->end();
}

void HttpSessions::finish(HttpSession& session) {
  mcp::Server::endSession(session.mcp());
  session.endStreams();
}

// Of the client that has most, the one that has not been used for longest; one that listens goes last.
HttpSessions::ById::iterator HttpSessions::findVictim() {
  std::unordered_map<std::string_view, std::size_t> countOf;
  for (const auto& [id, session] : sessions_) ++countOf[session->client()];
  const auto expendable = [&](const auto& one) {
    const HttpSession& session = *one.second;
    return std::tuple(-static_cast<std::ptrdiff_t>(countOf[session.client()]),
                      session.listening()->isCarried(), session.lastUsed());
  };
  return std::min_element(sessions_.begin(), sessions_.end(),
                          [&](const auto& a, const auto& b) { return expendable(a) < expendable(b); });
}

bool HttpSessions::adopt(std::shared_ptr<HttpSession> session) {
  std::shared_ptr<HttpSession> evicted;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (sessions_.size() >= most_) {
      const auto victim = findVictim();
      evicted = std::move(victim->second);
      sessions_.erase(victim);
    }
    sessions_.emplace(session->id(), std::move(session));
  }
  if (evicted) finish(*evicted);
  return true;
}

std::shared_ptr<HttpSession> HttpSessions::find(const std::string& id) const {
  std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return nullptr;
  found->second->touch();
  return found->second;
}

bool HttpSessions::end(const std::string& id) {
  std::shared_ptr<HttpSession> ended;
  {
    std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return false;
    ended = std::move(found->second);
    sessions_.erase(found);
  }
  finish(*ended);
  return true;
}

void HttpSessions::endAll() {
  decltype(sessions_) all;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    all.swap(sessions_);
  }
  for (const auto& one : all) finish(*one.second);
}

std::vector<std::shared_ptr<HttpSession>> HttpSessions::expire(HttpSession::Time now) {
  std::vector<std::shared_ptr<HttpSession>> idle, others;
  {
    std::lock_guard lock(mutex_);
    const auto since = now - idle_;
    std::erase_if(sessions_, [&](auto& one) {
      const bool used = one.second->lastUsed() > since || one.second->listening()->isCarried();
      (used ? others : idle).push_back(one.second);
      return !used;
    });
  }
  for (const auto& session : idle) finish(*session);
  return others;
}

std::size_t HttpSessions::size() const {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace checkout::transport
