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
#include <utility>

#include <checkout/tool.hpp>

#include "mcp/gauges.hpp"
#include "mcp/questions.hpp"
#include "mcp/revision.hpp"
#include "mcp/server.hpp"

namespace checkout::mcp {

std::optional<ClientLogLevel> logLevelFromString(std::string_view name);
std::string_view toString(ClientLogLevel level);

// A request from the moment it was read until its answer is ready. Thread-safe.
class RunningCall : public std::enable_shared_from_this<RunningCall> {
 public:
  // Why a call that would last (listening to changes, waiting for the client's input) is to end now.
  enum class End { None, Draining, Cancelled };

  RunningCall(Json callId, Revision callRevision, std::shared_ptr<Gauges> gauges)
      : id(std::move(callId)), revision(callRevision), held_(std::move(gauges), &Gauges::runningCalls) {}

  const Json id;
  const Revision revision;

  bool isCancelled() const { return end_ == End::Cancelled; }
  void end(End why);  // for good: what was cancelled stays so
  // Called once, without a lock, when it is to end; at once if it was already. Instead of the callback
  // before.
  void onEnd(std::function<void(End)> callback);

 private:
  const Gauges::Held held_;
  std::atomic<End> end_{End::None};
  std::mutex mutex_;
  std::function<void(End)> callback_;
};

// Thread-safe. Owned by its transport, and by its requests while they are worked on; what waits in it (calls,
// questions, subscriptions) does not own it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  // It only ever moves on:
  // - Opening: nothing is negotiated yet; enough for requests of modern revisions, which say all themselves.
  // - Serving: opened by `initialize`.
  // - Draining: no more messages come in. Calls that were begun finish and are answered; nothing that lasts
  //   (a subscription, a question) begins any more.
  // - Ended: nobody takes answers any more. Requests of modern revisions are cancelled, also those that are
  //   begun from now on.
  enum class Phase { Opening, Serving, Draining, Ended };

  Session(std::weak_ptr<Outlet> outlet, std::string client, const std::shared_ptr<Gauges>& gauges);

  std::optional<Revision> revision() const;  // nullopt before `initialize`
  ClientFeatures client() const;             // none before `initialize`
  void negotiate(Revision revision, ClientFeatures client);

  std::optional<ClientLogLevel> logLevel() const;  // nullopt until the client asked for log messages
  void setLogLevel(ClientLogLevel level);

  Phase phase() const;
  bool takesWhatLasts() const { return phase() < Phase::Draining; }
  void drain();
  void end();

  // Registers a request; it ends with the last reference to what is returned.
  std::shared_ptr<RunningCall> begin(const Json& id, Revision revision);
  // Two requests with the same id are the client's mistake; both are meant then. Unknown ids are ignored.
  void cancel(const Json& id);

  std::shared_ptr<Outlet> outlet() const { return outlet_.lock(); }
  const std::string& clientName() const { return clientName_; }  // whose limits it shares
  Questions& questions() { return questions_; }

  // `resource` is watched, and announced as `uri`. False: too many are, nothing lasts here any more, or
  // `subscribe`, which is called with the lock held, gave nothing.
  bool watch(const std::string& uri, const std::string& resource,
             const std::function<std::shared_ptr<void>()>& subscribe);
  void unwatch(const std::string& resource);  // by whatever uri

 private:
  struct Watched {
    std::string resource;
    std::shared_ptr<void> subscription;  // ends with it
  };
  void advance(Phase phase);
  template <class Choice>
  void endCalls(RunningCall::End why, Choice choice);

  const std::weak_ptr<Outlet> outlet_;
  const std::string clientName_;
  const std::shared_ptr<Gauges> gauges_;
  const Gauges::Held held_;
  Questions questions_;
  mutable std::mutex mutex_;
  Phase phase_ = Phase::Opening;
  std::optional<Revision> revision_;
  ClientFeatures client_;
  std::optional<ClientLogLevel> logLevel_;
  std::set<RunningCall*> running_;
  std::map<std::string, Watched> watched_;  // by the client's uri
};

}  // namespace checkout::mcp
