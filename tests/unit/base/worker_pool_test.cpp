#include "base/worker_pool.hpp"

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace checkout {
namespace {

TEST(WorkerPool, StartsNoThreadBeforeThereIsWork) {
  WorkerPool pool(4, 4);
  EXPECT_EQ(pool.threads(), 0u);
}

TEST(WorkerPool, ReusesAnIdleThread) {
  WorkerPool pool(8, 8);
  for (int i = 0; i < 50; ++i) {
    std::latch done(1);
    // The thread is idle again only after the task ended, so one task may still find it busy.
    ASSERT_TRUE(pool.trySubmit([&] { done.count_down(); }));
    done.wait();
  }
  EXPECT_LE(pool.threads(), 8u);
  EXPECT_GE(pool.threads(), 1u);
}

TEST(WorkerPool, RunsAsManyTasksAtOnceAsItHasWorkers) {
  WorkerPool pool(3, 0);
  std::latch together(3);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.trySubmit([&] { together.arrive_and_wait(); }));
  pool.stop();
  EXPECT_EQ(pool.threads(), 3u);
}

TEST(WorkerPool, RefusesWhatExceedsTheQueue) {
  WorkerPool pool(1, 2);
  std::latch running(1), release(1);
  std::atomic<int> ran = 0;
  ASSERT_TRUE(pool.trySubmit([&] {
    running.count_down();
    release.wait();
  }));
  running.wait();
  EXPECT_TRUE(pool.trySubmit([&] { ++ran; }));
  EXPECT_TRUE(pool.trySubmit([&] { ++ran; }));
  EXPECT_EQ(pool.queued(), 2u);
  EXPECT_FALSE(pool.trySubmit([&] { ++ran; }));
  release.count_down();
  pool.stop();
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(pool.queued(), 0u);
}

TEST(WorkerPool, StopDrainsWhatWasAcceptedAndThenRefuses) {
  WorkerPool pool(2, 1000);
  std::atomic<int> ran = 0;
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.trySubmit([&] { ++ran; }));
  pool.stop();
  EXPECT_EQ(ran, 500);
  EXPECT_FALSE(pool.trySubmit([&] { ++ran; }));
  pool.stop();
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, SurvivesATaskThatThrows) {
  WorkerPool pool(1, 10);
  std::atomic<int> ran = 0;
  ASSERT_TRUE(pool.trySubmit([] { throw std::runtime_error("on purpose"); }));
  ASSERT_TRUE(pool.trySubmit([] { throw 7; }));
  ASSERT_TRUE(pool.trySubmit([&] { ++ran; }));
  pool.stop();
  EXPECT_EQ(ran, 1);
}

TEST(WorkerPool, EndsThreadsThatStayIdleAndStartsThemAgain) {
  WorkerPool pool(4, 4, Milliseconds{1});
  for (int round = 0; round < 3; ++round) {
    std::latch together(5);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.trySubmit([&] { together.arrive_and_wait(); }));
    together.arrive_and_wait();
    while (pool.threads() > 0) std::this_thread::yield();
  }
}

TEST(WorkerPool, ATaskMaySubmitAnother) {
  std::atomic<int> ran = 0;
  std::latch done(1);
  WorkerPool pool(1, 1);
  ASSERT_TRUE(pool.trySubmit([&] {
    EXPECT_TRUE(pool.trySubmit([&] {
      ++ran;
      done.count_down();
    }));
  }));
  done.wait();
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace checkout
