#include "app/change_feed.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

namespace checkout::app {
namespace {

SagaChange change(std::int64_t version) {
  return {{"shop"}, {"saga_1"}, version, SagaStatus::Pending};
}

TEST(ChangeFeed, TellsEveryListenerOfEveryChange) {
  const auto feed = makeChangeFeed();
  std::vector<std::int64_t> first, second;
  const auto a = feed->subscribe([&](const SagaChange& c) { first.push_back(c.version); });
  feed->publish(change(1));
  const auto b = feed->subscribe([&](const SagaChange& c) { second.push_back(c.version); });
  feed->publish(change(2));
  EXPECT_THAT(first, testing::ElementsAre(1, 2));
  EXPECT_THAT(second, testing::ElementsAre(2));
}

TEST(ChangeFeed, ForgetsAListenerWithItsHandle) {
  const auto feed = makeChangeFeed();
  int calls = 0;
  auto handle = feed->subscribe([&](const SagaChange&) { ++calls; });
  handle.reset();
  feed->publish(change(1));
  EXPECT_EQ(calls, 0);
}

TEST(ChangeFeed, LetsAListenerDropItself) {
  const auto feed = makeChangeFeed();
  int calls = 0;
  std::shared_ptr<void> handle;
  handle = feed->subscribe([&](const SagaChange&) {
    ++calls;
    handle.reset();
  });
  feed->publish(change(1));
  feed->publish(change(2));
  EXPECT_EQ(calls, 1);
}

TEST(ChangeFeed, MayEndBeforeItsHandles) {
  auto feed = makeChangeFeed();
  const auto handle = feed->subscribe([](const SagaChange&) {});
  feed.reset();
}

TEST(ChangeFeed, NeverCallsAListenerAfterItsHandleIsGone) {
  const auto feed = makeChangeFeed();
  std::atomic<bool> stop = false;
  std::thread publisher([&] {
    while (!stop) feed->publish(change(1));
  });
  for (int i = 0; i < 500; ++i) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    auto handle = feed->subscribe([&](const SagaChange&) { alive->fetch_add(1); });
    handle.reset();
    alive.reset();  // a later call would be a use after free, which the sanitizers see
  }
  stop = true;
  publisher.join();
}

}  // namespace
}  // namespace checkout::app
