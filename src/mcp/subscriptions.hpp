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

// Thread-safe. A change costs by how many watch that one resource, not by how many watch anything.
class Subscriptions {
 public:
  struct Subscriber {
    const void* owner = nullptr;                         // for end()
    std::vector<std::string> uris;                       // without repetition
    std::function<void(const ResourceChange&)> changed;  // any thread; must not block
    std::function<void()> ended;                         // the server ends it; may be empty
  };

  explicit Subscriptions(std::size_t limit) : state_(std::make_shared<State>(limit)) {}

  // Heard until the handle is dropped, but for a call that is under way. nullptr: there are too many.
  std::shared_ptr<void> add(Subscriber subscriber) const;
  void announce(const ResourceChange& change) const;
  // Ends those of `owner`, nullptr: all, and tells them.
  void end(const void* owner) const;
  std::size_t size() const;

 private:
  struct State {
    explicit State(std::size_t most) : limit(most) {}
    const std::size_t limit;
    mutable std::mutex mutex;
    std::uint64_t last = 0;
    std::map<std::uint64_t, std::shared_ptr<const Subscriber>> all;
    std::unordered_map<std::string, std::vector<std::uint64_t>> byUri;

    std::shared_ptr<const Subscriber> take(std::uint64_t id);  // with the lock held
  };
  struct Handle;
  std::shared_ptr<State> state_;  // handles may outlive this
};

}  // namespace checkout::mcp
