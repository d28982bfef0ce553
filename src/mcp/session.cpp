#include "mcp/session.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/enum_names.hpp"

namespace checkout::mcp {
namespace {

constexpr std::size_t kMostWatched = 1'000;

constexpr EnumNames<ClientLogLevel, 8> kLevels{{
    {ClientLogLevel::Debug, "debug"},
    {ClientLogLevel::Info, "info"},
    {ClientLogLevel::Notice, "notice"},
    {ClientLogLevel::Warning, "warning"},
    {ClientLogLevel::Error, "error"},
    {ClientLogLevel::Critical, "critical"},
    {ClientLogLevel::Alert, "alert"},
    {ClientLogLevel::Emergency, "emergency"},
}};

}  // namespace

std::optional<ClientLogLevel> logLevelFromString(std::string_view name) {
  return valueOf(kLevels, name);
}

std::string_view toString(ClientLogLevel level) {
  return nameOf(kLevels, level);
}

void RunningCall::end(End why) {
  std::function<void(End)> callback;
  {
    std::lock_guard lock(mutex_);
    if (end_ >= why) return;
    end_ = why;
    callback = std::exchange(callback_, nullptr);
  }
  if (callback) callback(why);
}

void RunningCall::onEnd(std::function<void(End)> callback) {
  {
    std::lock_guard lock(mutex_);
    if (end_ == End::None) {
      callback_.swap(callback);
      return;
    }
  }
  callback(end_);
}

Session::Session(std::weak_ptr<Outlet> outlet, std::string client, const std::shared_ptr<Gauges>& gauges)
    : outlet_(std::move(outlet)),
      // Without a name it is a client of its own; no other session that lives has its address.
      clientName_(client.empty() ? "session " + std::to_string(reinterpret_cast<std::uintptr_t>(this))
                                 : std::move(client)),
      gauges_(gauges),
      held_(gauges, &Gauges::sessions),
      questions_(gauges) {}

std::optional<Revision> Session::revision() const {
  std::lock_guard lock(mutex_);
  return revision_;
}

ClientFeatures Session::client() const {
  std::lock_guard lock(mutex_);
  return client_;
}

void Session::negotiate(Revision revision, ClientFeatures client) {
  std::lock_guard lock(mutex_);
  revision_ = revision;
  client_ = client;
  advance(Phase::Serving);
}

std::optional<ClientLogLevel> Session::logLevel() const {
  std::lock_guard lock(mutex_);
  return logLevel_;
}

void Session::setLogLevel(ClientLogLevel level) {
  std::lock_guard lock(mutex_);
  logLevel_ = level;
}

Session::Phase Session::phase() const {
  std::lock_guard lock(mutex_);
  return phase_;
}

void Session::advance(Phase phase) {
  phase_ = std::max(phase_, phase);
}

void Session::drain() {
  decltype(watched_) dropped;
  {
    std::lock_guard lock(mutex_);
    advance(Phase::Draining);
    dropped.swap(watched_);
  }
  endCalls(RunningCall::End::Draining, [](const RunningCall&) { return true; });
}

void Session::end() {
  {
    std::lock_guard lock(mutex_);
    advance(Phase::Ended);
  }
  endCalls(RunningCall::End::Cancelled, [](const RunningCall& call) { return isModern(call.revision); });
  drain();
}

std::shared_ptr<RunningCall> Session::begin(const Json& id, Revision revision) {
  auto forget = [weak = weak_from_this()](RunningCall* call) {
    if (const auto session = weak.lock()) {
      std::lock_guard lock(session->mutex_);
      session->running_.erase(call);
    }
    delete call;
  };
  std::shared_ptr<RunningCall> call(new RunningCall(id, revision, gauges_), forget);
  std::lock_guard lock(mutex_);
  running_.insert(call.get());
  // Nothing hangs on it yet, so nothing is called.
  if (phase_ >= Phase::Draining) call->end(RunningCall::End::Draining);
  if (phase_ == Phase::Ended && isModern(revision)) call->end(RunningCall::End::Cancelled);
  return call;
}

// What it sets off runs without the lock, and so does the end of what it lets go of.
template <class Choice>
void Session::endCalls(RunningCall::End why, Choice choice) {
  std::vector<std::shared_ptr<RunningCall>> chosen;
  {
    std::lock_guard lock(mutex_);
    for (RunningCall* call : running_)
      if (auto alive = choice(*call) ? call->weak_from_this().lock() : nullptr)
        chosen.push_back(std::move(alive));
  }
  for (const auto& call : chosen) call->end(why);
}

void Session::cancel(const Json& id) {
  endCalls(RunningCall::End::Cancelled, [&](const RunningCall& call) { return call.id == id; });
}

bool Session::watch(const std::string& uri, const std::string& resource,
                    const std::function<std::shared_ptr<void>()>& subscribe) {
  std::lock_guard lock(mutex_);
  if (phase_ >= Phase::Draining) return false;
  if (watched_.size() >= kMostWatched || watched_.contains(uri)) return watched_.contains(uri);
  auto subscription = subscribe();
  if (!subscription) return false;
  watched_.emplace(uri, Watched{resource, std::move(subscription)});
  return true;
}

void Session::unwatch(const std::string& resource) {
  std::vector<Watched> dropped;
  std::lock_guard lock(mutex_);
  std::erase_if(watched_, [&](auto& one) {
    if (one.second.resource != resource) return false;
    dropped.push_back(std::move(one.second));
    return true;
  });
}

}  // namespace checkout::mcp
