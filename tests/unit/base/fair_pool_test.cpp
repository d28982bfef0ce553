#include "base/fair_pool.hpp"

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace checkout {
namespace {

TEST(FairPool, KeepsHalfOfItsThreadsForTheOthers) {
  std::latch hanging(2), release(1), healthy(20);
  FairPool pool(4, 100);
  std::atomic<int> sickRan = 0;
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(pool.trySubmit("sick", [&] {
      if (sickRan++ < 2) hanging.count_down();
      release.wait();
    }));
  hanging.wait();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.trySubmit("healthy", [&] { healthy.count_down(); }));
  healthy.wait();
  EXPECT_EQ(sickRan, 2);
  release.count_down();
  pool.stop();
}

TEST(FairPool, RunsWhatIsQueued) {
  FairPool pool(2, 100);
  std::latch all(60);
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(pool.trySubmit("one", [&] { all.count_down(); }));
  all.wait();
}

TEST(FairPool, RefusesWhatExceedsATenantsQueueAndSaysHowMuchRoomThereIs) {
  std::latch release(1), other(1);
  FairPool pool(2, 3);
  EXPECT_EQ(pool.room("sick"), 3u);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.trySubmit("sick", [&] { release.wait(); }));
  EXPECT_EQ(pool.room("sick"), 0u);
  EXPECT_FALSE(pool.trySubmit("sick", [] {}));
  EXPECT_EQ(pool.room("other"), 3u);
  EXPECT_TRUE(pool.trySubmit("other", [&] { other.count_down(); }));
  other.wait();
  release.count_down();
}

TEST(FairPool, SurvivesATaskThatThrows) {
  std::latch all(2);
  FairPool pool(1, 10);
  ASSERT_TRUE(pool.trySubmit("one", [] { throw std::runtime_error("on purpose"); }));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(pool.trySubmit("one", [&] { all.count_down(); }));
  all.wait();
}

TEST(FairPool, DropsAtItsEndWhatHasNoThreadYet) {
  std::latch begun(1), release(1);
  std::atomic<int> ran = 0;
  FairPool pool(2, 1'000'000);
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(pool.trySubmit("one", [&] {
      if (ran++ == 0) begun.count_down();
      release.wait();
    }));
  begun.wait();
  std::thread stopping([&] { pool.stop(); });
  while (pool.trySubmit("other", [] {})) std::this_thread::yield();
  release.count_down();
  stopping.join();
  EXPECT_EQ(ran, 1);
  EXPECT_FALSE(pool.trySubmit("one", [] {}));
}

}  // namespace
}  // namespace checkout
