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

constexpr std::size_t kIdBytes = 16, kMostStreams = 32, kMostResumable = 256 * 1024;
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
  std::size_t kept = 0;
  for (const auto& one : streams_) kept += one.second->keptBytes();
  // Rather those that are over than those that are still going.
  for (auto at = streams_.begin();
       at != streams_.end() && (kept > kMostResumable || streams_.size() > kMostStreams);) {
    const bool isOver = at->second->hasEnded();
    if (isOver) kept -= std::min(kept, at->second->keptBytes());
    at = isOver ? streams_.erase(at) : std::next(at);
  }
  if (streams_.size() > kMostStreams) {
    dropped = std::move(streams_.begin()->second);
    streams_.erase(streams_.begin());
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

// Of the client that has most, those that have not been used for longest; who listens goes last. A part of
// them at once, since looking for them takes a while.
std::vector<HttpSessions::ById::iterator> HttpSessions::findVictims() {
  constexpr std::size_t kPart = 10;
  std::unordered_map<std::string_view, std::size_t> countOf;
  for (const auto& [id, session] : sessions_) ++countOf[session->client()];
  const auto most = std::max_element(countOf.begin(), countOf.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  struct Expendable {
    bool listens;
    HttpSession::Time lastUsed;
    ById::iterator at;
  };
  std::vector<Expendable> all;
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at)
    if (const HttpSession& session = *at->second; session.client() == most->first)
      all.push_back({session.listening()->isCarried(), session.lastUsed(), at});
  const std::size_t count = std::max<std::size_t>(1, all.size() / kPart);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(),
                    [](const Expendable& a, const Expendable& b) {
                      return std::tie(a.listens, a.lastUsed) < std::tie(b.listens, b.lastUsed);
                    });
  std::vector<ById::iterator> victims;
  for (std::size_t i = 0; i < count; ++i)
    if (i == 0 || !all[i].listens) victims.push_back(all[i].at);
  return victims;
}

bool HttpSessions::adopt(std::shared_ptr<HttpSession> session) {
  std::vector<std::shared_ptr<HttpSession>> evicted;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (sessions_.size() >= most_)
      for (const auto& victim : findVictims()) {
        evicted.push_back(std::move(victim->second));
        sessions_.erase(victim);
      }
    sessions_.emplace(session->id(), std::move(session));
  }
  for (const auto& one : evicted) finish(*one);
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
