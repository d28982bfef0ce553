#include "mcp/session.hpp"

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

void RunningCall::cancel() {
  std::function<void()> callback;
  {
    std::lock_guard lock(mutex_);
    if (cancelled_) return;
    cancelled_ = true;
    callback = std::move(callback_);
  }
  if (callback) callback();
}

void RunningCall::onCancel(std::function<void()> callback) {
  {
    std::lock_guard lock(mutex_);
    if (!cancelled_) {
      callback_ = std::move(callback);
      return;
    }
  }
  callback();
}

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
}

std::optional<ClientLogLevel> Session::logLevel() const {
  std::lock_guard lock(mutex_);
  return logLevel_;
}

void Session::setLogLevel(ClientLogLevel level) {
  std::lock_guard lock(mutex_);
  logLevel_ = level;
}

std::shared_ptr<RunningCall> Session::begin(const std::shared_ptr<Session>& session, const Json& id,
                                            Revision revision) {
  auto forget = [session](RunningCall* call) {
    {
      std::lock_guard lock(session->mutex_);
      session->running_.erase(call);
    }
    delete call;
  };
  std::shared_ptr<RunningCall> call(new RunningCall(id, revision), forget);
  std::lock_guard lock(session->mutex_);
  session->running_.insert(call.get());
  if (session->clientIsGone_ && isModern(revision)) call->cancel();  // nothing hangs on it yet
  return call;
}

// What cancelling sets off runs without the lock, and so does the end of what it lets go of.
template <class Choice>
void Session::cancelIf(Choice choice) {
  std::vector<std::shared_ptr<RunningCall>> chosen;
  {
    std::lock_guard lock(mutex_);
    for (RunningCall* call : running_)
      if (auto alive = choice(*call) ? call->weak_from_this().lock() : nullptr)
        chosen.push_back(std::move(alive));
  }
  for (const auto& call : chosen) call->cancel();
}

void Session::cancel(const Json& id) {
  cancelIf([&](const RunningCall& call) { return call.id == id; });
}

void Session::cancelModern() {
  {
    std::lock_guard lock(mutex_);
    clientIsGone_ = true;
  }
  cancelIf([](const RunningCall& call) { return isModern(call.revision); });
}

bool Session::watch(const std::string& uri, const std::function<std::shared_ptr<void>()>& subscribe) {
  std::lock_guard lock(mutex_);
  if (ended_) return false;
  if (watched_.size() >= kMostWatched || watched_.contains(uri)) return watched_.contains(uri);
  auto subscription = subscribe();
  if (!subscription) return false;
  watched_.emplace(uri, std::move(subscription));
  return true;
}

void Session::unwatch(const std::string& uri) {
  std::shared_ptr<void> dropped;
  std::lock_guard lock(mutex_);
  if (const auto found = watched_.find(uri); found != watched_.end()) {
    dropped = std::move(found->second);
    watched_.erase(found);
  }
}

void Session::end() {
  questions_.close();
  decltype(watched_) dropped;
  std::lock_guard lock(mutex_);
  ended_ = true;
  dropped.swap(watched_);
}

bool Session::hasEnded() const {
  std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace checkout::mcp
