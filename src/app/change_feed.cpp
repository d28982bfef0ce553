#include "app/change_feed.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

namespace checkout::app {
namespace {

// The lock is held during the call: it is what lets a dropped handle promise "never after".
struct Listener {
  std::recursive_mutex mutex;
  std::function<void(const SagaChange&)> call;  // empty once dropped
};

struct Listeners {
  std::mutex mutex;
  std::vector<std::shared_ptr<Listener>> all;
};

struct Handle {
  std::weak_ptr<Listeners> listeners;
  std::shared_ptr<Listener> listener;

  ~Handle() {
    if (const auto feed = listeners.lock()) {
      const std::lock_guard lock(feed->mutex);
      std::erase(feed->all, listener);
    }
    const std::lock_guard lock(listener->mutex);
    listener->call = nullptr;
  }
};

class ChangeFeed final : public SagaChangeFeed {
 public:
  void publish(const SagaChange& change) override {
    std::vector<std::shared_ptr<Listener>> current;
    {
      const std::lock_guard lock(listeners_->mutex);
      current = listeners_->all;
    }
    for (const auto& listener : current) {
      const std::lock_guard lock(listener->mutex);
      if (const auto call = listener->call) call(change);  // a copy: it may drop itself
    }
  }

  std::shared_ptr<void> subscribe(std::function<void(const SagaChange&)> call) override {
    auto listener = std::make_shared<Listener>();
    listener->call = std::move(call);
    {
      const std::lock_guard lock(listeners_->mutex);
      listeners_->all.push_back(listener);
    }
    return std::shared_ptr<Handle>(new Handle{listeners_, std::move(listener)});
  }

 private:
  const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
};

}  // namespace

std::unique_ptr<SagaChangeFeed> makeChangeFeed() {
  return std::make_unique<ChangeFeed>();
}

}  // namespace checkout::app
