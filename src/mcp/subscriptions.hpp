// Who wants to hear of which resource.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <checkout/resource.hpp>

namespace checkout::mcp {

// Thread-safe; calls out only when no lock is held. A change costs by how many watch that one resource, not
// by how many watch anything. Limits count the uris that are watched.
class Subscriptions {
 public:
  // A client may spell one address in several ways. It hears of the resource under the uri it gave.
  struct Watched {
    std::string resource;  // the spelling of UriTemplate::expand()
    std::string uri;
  };
  struct Subscriber {
    std::string client;                                  // whose limit it counts for
    std::vector<Watched> watched;                        // without repetition
    std::function<void(const ResourceChange&)> changed;  // any thread; must not block
  };

  Subscriptions(std::size_t limit, std::size_t limitPerClient)
      : state_(std::make_shared<State>(limit, limitPerClient)) {}

  // Heard until the handle is dropped, but for a call that is under way. nullptr: there are too many.
  std::shared_ptr<void> add(Subscriber subscriber) const;
  void announce(const std::string& resource, const ResourceChange& change) const;
  std::size_t size() const;

 private:
  using Id = std::uint64_t;
  struct State {
    State(std::size_t most, std::size_t mostPerClient) : limit(most), limitPerClient(mostPerClient) {}
    const std::size_t limit, limitPerClient;
    mutable std::mutex mutex;
    Id last = 0;
    std::unordered_map<Id, std::shared_ptr<const Subscriber>> all;
    // The uris under which each subscriber watches a resource.
    std::unordered_map<std::string, std::map<Id, std::vector<std::string>>> byResource;
    std::size_t watched = 0;
    std::unordered_map<std::string, std::size_t> countOf;  // uris, by client

    std::shared_ptr<const Subscriber> take(Id id);  // with the lock held
  };
  struct Handle;
  std::shared_ptr<State> state_;  // handles may outlive this
};

}  // namespace checkout::mcp
