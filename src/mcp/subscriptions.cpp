#include "mcp/subscriptions.hpp"

#include <algorithm>
#include <utility>

namespace checkout::mcp {
namespace {

// One that watches nothing takes a place, too.
std::size_t placesOf(const Subscriptions::Subscriber& subscriber) {
  return std::max<std::size_t>(subscriber.watched.size(), 1);
}

}  // namespace

std::shared_ptr<const Subscriptions::Subscriber> Subscriptions::State::take(Id id) {
  const auto found = all.find(id);
  if (found == all.end()) return nullptr;
  auto subscriber = std::move(found->second);
  all.erase(found);
  for (const Watched& one : subscriber->watched) {
    const auto watchers = byResource.find(one.resource);
    if (watchers == byResource.end()) continue;  // it was watched under two uris
    watchers->second.erase(id);
    if (watchers->second.empty()) byResource.erase(watchers);
  }
  watched -= placesOf(*subscriber);
  const auto count = countOf.find(subscriber->client);
  if ((count->second -= placesOf(*subscriber)) == 0) countOf.erase(count);
  return subscriber;
}

struct Subscriptions::Handle {
  Handle(std::weak_ptr<State> ofState, Id ofId) : state(std::move(ofState)), id(ofId) {}
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
  const Id id;
};

std::shared_ptr<void> Subscriptions::add(Subscriber subscriber) const {
  std::lock_guard lock(state_->mutex);
  const std::size_t more = placesOf(subscriber);
  if (state_->watched + more > state_->limit) return nullptr;
  const auto counted = state_->countOf.find(subscriber.client);
  if ((counted == state_->countOf.end() ? 0 : counted->second) + more > state_->limitPerClient)
    return nullptr;
  state_->countOf[subscriber.client] += more;
  state_->watched += more;
  const Id id = ++state_->last;
  for (const Watched& one : subscriber.watched) state_->byResource[one.resource][id].push_back(one.uri);
  state_->all.emplace(id, std::make_shared<const Subscriber>(std::move(subscriber)));
  return std::make_shared<Handle>(state_, id);
}

void Subscriptions::announce(const std::string& resource, const ResourceChange& change) const {
  struct Told {
    std::shared_ptr<const Subscriber> who;
    std::string uri;
  };
  std::vector<Told> told;
  {
    std::lock_guard lock(state_->mutex);
    const auto found = state_->byResource.find(resource);
    if (found == state_->byResource.end()) return;
    for (const auto& [id, uris] : found->second)
      for (const std::string& uri : uris) told.push_back({state_->all.at(id), uri});
  }
  for (Told& one : told) one.who->changed({std::move(one.uri), change.about});
}

std::size_t Subscriptions::size() const {
  std::lock_guard lock(state_->mutex);
  return state_->all.size();
}

}  // namespace checkout::mcp
