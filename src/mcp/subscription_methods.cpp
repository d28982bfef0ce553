// subscriptions/listen, and resources/subscribe and /unsubscribe of the handshake revisions.
#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "mcp/era.hpp"
#include "mcp/methods.hpp"
#include "mcp/paging.hpp"
#include "mcp/resource_lookup.hpp"

namespace checkout::mcp {
namespace {

constexpr std::size_t kMostUris = 1'000;

std::string updated(const ResourceChange& change, Json meta) {
  if (change.about.is_object()) meta.update(change.about);
  Json params = {{"uri", change.uri}};
  if (!meta.empty()) params["_meta"] = std::move(meta);
  return notificationMessage("notifications/resources/updated", params);
}

// One stream of a client, owned by its subscription. What is to be sent on it waits in a queue, and whoever
// finds nobody sending sends it: so the order is kept, and no lock is held while a message is handed over.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  // It keeps the call alive, and with it cancellable.
  Stream(std::shared_ptr<RunningCall> call, std::shared_ptr<ReplySink> sink)
      : meta_({{kSubscriptionIdKey, call->id}}), call_(std::move(call)), sink_(std::move(sink)) {}

  // Nothing goes out before the acknowledgement, though changes are heard from the moment of the
  // subscription.
  void acknowledge(const Json& accepted, std::shared_ptr<void> subscription) {
    {
      std::lock_guard lock(mutex_);
      subscription_ = std::move(subscription);
      queue_.push_front(notificationMessage("notifications/subscriptions/acknowledged",
                                            {{"_meta", meta_}, {"notifications", accepted}}));
      sending_ = false;
    }
    sendQueued();
    // The call does not own the stream, which owns the call.
    call_->onEnd([weak = weak_from_this()](RunningCall::End why) {
      if (const auto stream = weak.lock()) stream->end(why);
    });
  }
  void send(const ResourceChange& change) {
    {
      std::lock_guard lock(mutex_);
      if (!ending_) queue_.push_back(updated(change, meta_));
    }
    sendQueued();
  }

 private:
  void end(RunningCall::End why) {
    std::shared_ptr<void> subscription;
    {
      std::lock_guard lock(mutex_);
      if (ending_) return;
      ending_ = replyTo(why);
      subscription.swap(subscription_);
    }
    sendQueued();
  }
  // basic/patterns/subscriptions, "Graceful Closure". Who has cancelled expects no reply.
  Reply replyTo(RunningCall::End why) const {
    if (why == RunningCall::End::Cancelled) return {"", kAccepted};
    const Json result = {{"resultType", "complete"}, {"_meta", meta_}};
    return {resultMessage(call_->id, dumpJson(result)), kOk};
  }
  void sendQueued() {
    std::unique_lock lock(mutex_);
    if (sending_) return;  // its sender goes on until nothing is left
    sending_ = true;
    for (; !queue_.empty(); lock.lock()) {
      std::string message = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      sink_->notify(std::move(message));
    }
    if (ending_ && !std::exchange(replied_, true)) {
      lock.unlock();
      return sink_->reply(*ending_);  // and nothing is ever sent again
    }
    sending_ = false;
  }

  const Json meta_;
  const std::shared_ptr<RunningCall> call_;
  const std::shared_ptr<ReplySink> sink_;
  std::mutex mutex_;
  std::shared_ptr<void> subscription_;
  std::deque<std::string> queue_;
  std::optional<Reply> ending_;
  bool sending_ = true, replied_ = false;  // as if somebody were sending, until it was acknowledged
};

// What of the filter can be had. Lists never change while a server runs, so nobody can hear of it.
std::variant<Json, RpcError> accept(const Engine& engine, const Request& request,
                                    std::vector<Subscriptions::Watched>& watched) {
  const auto filter = request.params().find("notifications");
  if (filter == request.params().end() || !filter->is_object())
    return invalidParams("\"notifications\", an object, must say what to listen for.");
  for (const char* flag : {"toolsListChanged", "promptsListChanged", "resourcesListChanged"})
    if (filter->contains(flag) && !(*filter)[flag].is_boolean())
      return invalidParams(std::string("\"").append(flag).append("\" must be a boolean."));
  Json accepted = Json::object();
  const auto wanted = filter->find("resourceSubscriptions");
  if (wanted == filter->end()) return accepted;
  if (!wanted->is_array() || wanted->size() > kMostUris)
    return invalidParams("\"resourceSubscriptions\" must be an array of at most " +
                         std::to_string(kMostUris) + " URIs.");
  std::vector<std::string> uris;
  for (const Json& uri : *wanted) {
    if (!uri.is_string()) return invalidParams("\"resourceSubscriptions\" must hold strings.");
    const auto& text = uri.get_ref<const std::string&>();
    if (std::find(uris.begin(), uris.end(), text) != uris.end()) continue;
    auto found = findResource(engine, text);
    if (!found) continue;
    const auto watchable = found->family->isWatchable(found->names, request.context.principal);
    if (!watchable.ok()) return resourceTrouble(watchable.error());
    if (!*watchable) continue;
    uris.push_back(text);
    watched.push_back({std::move(found->resource), text});
  }
  accepted["resourceSubscriptions"] = uris;
  return accepted;
}

RpcError tooMany() {
  return {kInternalError, "There are too many subscriptions. Try again later, or watch less.", nullptr};
}

}  // namespace

Answer listen(const Engine& engine, const Request& request) {
  std::vector<Subscriptions::Watched> watched;
  const auto accepted = accept(engine, request, watched);
  if (const auto* mistake = std::get_if<RpcError>(&accepted)) return *mistake;
  const auto stream = std::make_shared<Stream>(request.running, request.sink);
  auto subscription =
      engine.subscriptions.add({request.session->clientName(), std::move(watched),
                                [stream](const ResourceChange& change) { stream->send(change); }});
  if (!subscription) return tooMany();
  stream->acknowledge(std::get<Json>(accepted), std::move(subscription));
  return Deferred{};
}

Answer subscribeResource(const Engine& engine, const Request& request) {
  const auto uri = stringMember(request.params(), "uri");
  if (!uri) return invalidParams("\"uri\", a string, must say what to watch.");
  if (!request.session->outlet() || !request.session->revision())
    return RpcError{kInvalidRequest,
                    "Invalid request: to be told of changes, open a session with `initialize` and send its "
                    "Mcp-Session-Id.",
                    nullptr};
  const auto found = findResource(engine, *uri);
  if (!found) return resourceNotFound(*uri, request.revision);
  const auto watchable = found->family->isWatchable(found->names, request.context.principal);
  if (!watchable.ok()) return resourceTrouble(watchable.error());
  if (!*watchable) return resourceNotFound(*uri, request.revision);
  const bool watched = request.session->watch(*uri, found->resource, [&] {
    return engine.subscriptions.add(
        {request.session->clientName(),
         {{found->resource, *uri}},
         [session = std::weak_ptr(request.session)](const ResourceChange& change) {
           const auto alive = session.lock();
           const auto outlet = alive ? alive->outlet() : nullptr;
           if (outlet) outlet->send(updated(change, Json::object()));
         }});
  });
  if (!watched) return tooMany();
  return Members{};
}

Answer unsubscribeResource(const Engine& engine, const Request& request) {
  const auto uri = stringMember(request.params(), "uri");
  if (!uri) return invalidParams("\"uri\", a string, must say what not to watch any more.");
  if (const auto found = findResource(engine, *uri)) request.session->unwatch(found->resource);
  return Members{};
}

}  // namespace checkout::mcp
