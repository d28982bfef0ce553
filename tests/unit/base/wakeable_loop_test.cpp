#include "base/wakeable_loop.hpp"

#include <atomic>
#include <semaphore>

#include <gtest/gtest.h>

namespace checkout {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

TEST(WakeableLoop, RunsAtOnceAndThenWhenWoken) {
  std::counting_semaphore<> rounds(0);
  WakeableLoop loop([&]() -> std::optional<Milliseconds> {
    rounds.release();
    return std::nullopt;
  });
  EXPECT_TRUE(rounds.try_acquire_for(20s));
  loop.wake();
  EXPECT_TRUE(rounds.try_acquire_for(20s));
}

TEST(WakeableLoop, RunsAgainAfterThePauseThatARoundAskedFor) {
  std::counting_semaphore<> rounds(0);
  WakeableLoop loop([&]() -> std::optional<Milliseconds> {
    rounds.release();
    return 1ms;
  });
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rounds.try_acquire_for(20s));
}

TEST(WakeableLoop, DoesNotForgetAWakeThatComesDuringARound) {
  std::binary_semaphore entered(0), leave(0);
  std::counting_semaphore<> rounds(0);
  std::atomic<bool> first = true;
  WakeableLoop loop([&]() -> std::optional<Milliseconds> {
    if (first.exchange(false)) {
      entered.release();
      leave.acquire();
    }
    rounds.release();
    return std::nullopt;
  });
  entered.acquire();
  loop.wake();
  leave.release();
  EXPECT_TRUE(rounds.try_acquire_for(20s));
  EXPECT_TRUE(rounds.try_acquire_for(20s));
}

TEST(WakeableLoop, RunsNoMoreOnceItHasStopped) {
  std::atomic<int> rounds = 0;
  WakeableLoop loop([&]() -> std::optional<Milliseconds> {
    ++rounds;
    return 0ms;
  });
  loop.stop();
  const int before = rounds;
  loop.wake();
  loop.stop();
  EXPECT_EQ(rounds, before);
  EXPECT_TRUE(loop.stopping());
}

}  // namespace
}  // namespace checkout
