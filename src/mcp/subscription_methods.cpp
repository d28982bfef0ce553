// subscriptions/listen, and resources/subscribe and /unsubscribe of the handshake revisions.
#include <algorithm>
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

// One stream of a client. Nothing may be sent on it before it was acknowledged, though changes are heard from
// then on at the latest: so whoever brings one waits for the acknowledgement, which takes no time.
class Stream {
 public:
  Stream(Json id, std::shared_ptr<ReplySink> sink)
      : meta_({{kSubscriptionIdKey, std::move(id)}}), sink_(std::move(sink)) {}

  template <class Subscribe>
  bool open(const Json& accepted, Subscribe subscribe) {
    std::lock_guard lock(mutex_);
    if (!subscribe()) return false;
    sink_->notify(notificationMessage("notifications/subscriptions/acknowledged",
                                      {{"_meta", meta_}, {"notifications", accepted}}));
    return true;
  }
  void send(const ResourceChange& change) {
    std::lock_guard lock(mutex_);
    if (!ended_) sink_->notify(updated(change, meta_));
  }
  // basic/patterns/subscriptions, "Graceful Closure".
  void end() {
    std::lock_guard lock(mutex_);
    ended_ = true;
    const Json result = {{"resultType", "complete"}, {"_meta", meta_}};
    sink_->reply({resultMessage(meta_[kSubscriptionIdKey], dumpJson(result)), kOk});
  }

 private:
  const Json meta_;
  const std::shared_ptr<ReplySink> sink_;
  std::mutex mutex_;
  bool ended_ = false;
};

// What of the filter can be had. Lists never change while a server runs, so nobody can hear of it.
std::variant<Json, RpcError> accept(const Engine& engine, const Request& request,
                                    std::vector<std::string>& uris) {
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
  for (const Json& uri : *wanted) {
    if (!uri.is_string()) return invalidParams("\"resourceSubscriptions\" must hold strings.");
    const auto& text = uri.get_ref<const std::string&>();
    if (std::find(uris.begin(), uris.end(), text) != uris.end()) continue;
    const auto found = findResource(engine, text);
    if (!found) continue;
    const auto watchable = found->family->isWatchable(found->names, request.context.principal);
    if (!watchable.ok()) return resourceTrouble(watchable.error());
    if (*watchable) uris.push_back(text);
  }
  accepted["resourceSubscriptions"] = uris;
  return accepted;
}

RpcError tooMany() {
  return {kInternalError, "There are too many subscriptions. Try again later, or watch less.", nullptr};
}

}  // namespace

Answer listen(const Engine& engine, const Request& request) {
  std::vector<std::string> uris;
  const auto accepted = accept(engine, request, uris);
  if (const auto* mistake = std::get_if<RpcError>(&accepted)) return *mistake;
  const auto stream = std::make_shared<Stream>(request.envelope.id, request.sink);
  const bool opened = stream->open(std::get<Json>(accepted), [&] {
    // The subscriber keeps the call alive, and with it cancellable, until one of them ends.
    auto handle =
        engine.subscriptions.add({request.session.get(), std::move(uris),
                                  [stream, running = request.running](const ResourceChange& change) {
                                    if (!running->isCancelled()) stream->send(change);
                                  },
                                  [stream] { stream->end(); }});
    if (!handle) return false;
    request.running->onCancel([handle = std::move(handle)]() mutable { handle.reset(); });
    return true;
  });
  if (!opened) return tooMany();
  if (request.session->hasEnded()) engine.subscriptions.end(request.session.get());
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
  const bool watched = request.session->watch(*uri, [&] {
    return engine.subscriptions.add(
        {request.session.get(),
         {*uri},
         [session = std::weak_ptr(request.session)](const ResourceChange& change) {
           const auto alive = session.lock();
           const auto outlet = alive ? alive->outlet() : nullptr;
           if (outlet) outlet->send(updated(change, Json::object()));
         },
         {}});
  });
  if (!watched) return tooMany();
  return Members{};
}

Answer unsubscribeResource(const Engine&, const Request& request) {
  const auto uri = stringMember(request.params(), "uri");
  if (!uri) return invalidParams("\"uri\", a string, must say what not to watch any more.");
  request.session->unwatch(*uri);
  return Members{};
}

}  // namespace checkout::mcp
