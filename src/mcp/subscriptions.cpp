#include "mcp/subscriptions.hpp"

#include <algorithm>
#include <utility>

namespace checkout::mcp {

std::shared_ptr<const Subscriptions::Subscriber> Subscriptions::State::take(std::uint64_t id) {
  const auto found = all.find(id);
  if (found == all.end()) return nullptr;
  auto subscriber = std::move(found->second);
  all.erase(found);
  for (const std::string& uri : subscriber->uris) {
    const auto watchers = byUri.find(uri);
    std::erase(watchers->second, id);
    if (watchers->second.empty()) byUri.erase(watchers);
  }
  return subscriber;
}

struct Subscriptions::Handle {
  Handle(std::weak_ptr<State> ofState, std::uint64_t ofId) : state(std::move(ofState)), id(ofId) {}
  ~Handle() {
    const auto alive = state.lock();
    if (!alive) return;
    std::shared_ptr<const Subscriber> dropped;  // its end may drop more handles: not under the lock
    std::lock_guard lock(alive->mutex);
    dropped = alive->take(id);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  const std::weak_ptr<State> state;
  const std::uint64_t id;
};

std::shared_ptr<void> Subscriptions::add(Subscriber subscriber) const {
  std::lock_guard lock(state_->mutex);
  if (state_->all.size() >= state_->limit) return nullptr;
  const std::uint64_t id = ++state_->last;
  for (const std::string& uri : subscriber.uris) state_->byUri[uri].push_back(id);
  state_->all.emplace(id, std::make_shared<const Subscriber>(std::move(subscriber)));
  return std::make_shared<Handle>(state_, id);
}

void Subscriptions::announce(const ResourceChange& change) const {
  std::vector<std::shared_ptr<const Subscriber>> watchers;
  {
    std::lock_guard lock(state_->mutex);
    const auto found = state_->byUri.find(change.uri);
    if (found == state_->byUri.end()) return;
    for (const std::uint64_t id : found->second) watchers.push_back(state_->all.at(id));
  }
  for (const auto& watcher : watchers) watcher->changed(change);
}

void Subscriptions::end(const void* owner) const {
  std::vector<std::shared_ptr<const Subscriber>> ended;
  {
    std::lock_guard lock(state_->mutex);
    std::vector<std::uint64_t> ids;
    for (const auto& [id, subscriber] : state_->all)
      if (owner == nullptr || subscriber->owner == owner) ids.push_back(id);
    for (const std::uint64_t id : ids) ended.push_back(state_->take(id));
  }
  for (const auto& subscriber : ended)
    if (subscriber->ended) subscriber->ended();
}

std::size_t Subscriptions::size() const {
  std::lock_guard lock(state_->mutex);
  return state_->all.size();
}

}  // namespace checkout::mcp
