// What one client has negotiated, which of its requests are running, what it was asked, and what it watches.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <checkout/tool.hpp>

#include "mcp/questions.hpp"
#include "mcp/revision.hpp"
#include "mcp/server.hpp"

namespace checkout::mcp {

std::optional<ClientLogLevel> logLevelFromString(std::string_view name);
std::string_view toString(ClientLogLevel level);

// A request from the moment it was read until its answer is ready. Thread-safe.
class RunningCall : public std::enable_shared_from_this<RunningCall> {
 public:
  RunningCall(Json callId, Revision callRevision) : id(std::move(callId)), revision(callRevision) {}

  const Json id;
  const Revision revision;

  bool isCancelled() const { return cancelled_; }
  void cancel();
  // Called once when it is cancelled; at once if it was already.
  void onCancel(std::function<void()> callback);

 private:
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::function<void()> callback_;
};

// Thread-safe.
class Session {
 public:
  explicit Session(std::weak_ptr<Outlet> outlet) : outlet_(std::move(outlet)) {}

  std::optional<Revision> revision() const;  // nullopt before `initialize`
  ClientFeatures client() const;             // none before `initialize`
  void negotiate(Revision revision, ClientFeatures client);

  std::optional<ClientLogLevel> logLevel() const;  // nullopt until the client asked for log messages
  void setLogLevel(ClientLogLevel level);

  // Registers a request; it ends with the last reference to what is returned.
  static std::shared_ptr<RunningCall> begin(const std::shared_ptr<Session>& session, const Json& id,
                                            Revision revision);
  // Two requests with the same id are the client's mistake; both are meant then. Unknown ids are ignored.
  void cancel(const Json& id);
  // Those of modern revisions, also if they are only registered later: their client is gone.
  void cancelModern();

  std::shared_ptr<Outlet> outlet() const { return outlet_.lock(); }
  Questions& questions() { return questions_; }

  // False: it watches as many as it may, has ended, or nothing more can be subscribed to.
  bool watch(const std::string& uri, const std::function<std::shared_ptr<void>()>& subscribe);
  void unwatch(const std::string& uri);

  // From now on nothing is watched and nobody asked any more.
  void end();
  bool hasEnded() const;

 private:
  template <class Choice>
  void cancelIf(Choice choice);

  const std::weak_ptr<Outlet> outlet_;
  Questions questions_;
  mutable std::mutex mutex_;
  std::optional<Revision> revision_;
  ClientFeatures client_;
  std::optional<ClientLogLevel> logLevel_;
  std::set<RunningCall*> running_;
  bool clientIsGone_ = false, ended_ = false;
  std::map<std::string, std::shared_ptr<void>> watched_;  // by uri; dropping one ends the subscription
};

}  // namespace checkout::mcp
