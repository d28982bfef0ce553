#include "base/lane.hpp"

#include <latch>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace checkout {
namespace {

// As many places as `tenant` gets now.
std::vector<Lane::Place> fill(Lane& lane, const std::string& tenant) {
  std::vector<Lane::Place> places;
  while (auto place = lane.enter(tenant)) places.push_back(std::move(place));
  return places;
}

TEST(Lane, GivesATenantNoMoreThanIsLeftForTheOthers) {
  Lane lane("test", 1'024);
  const auto sick = fill(lane, "sick");
  EXPECT_EQ(sick.size(), 512u);
  const auto second = fill(lane, "second");
  EXPECT_EQ(second.size(), 256u) << "half of what the first one left";
  EXPECT_NE(lane.enter("third"), nullptr);
}

TEST(Lane, SharesOutEvenlyAmongTenantsThatComeAtTheSameTime) {
  Lane lane("test", 300);
  std::vector<Lane::Place> first, second;
  for (;;) {
    auto one = lane.enter("first"), other = lane.enter("second");
    if (!one && !other) break;
    if (one) first.push_back(std::move(one));
    if (other) second.push_back(std::move(other));
  }
  EXPECT_EQ(first.size(), 100u);
  EXPECT_EQ(second.size(), 100u);
}

TEST(Lane, HasRoomForOneMoreWhileManyTenantsAreSick) {
  Lane lane("test", 1'024);
  std::vector<Lane::Place> all;
  for (int i = 0; i < 9; ++i)
    for (auto& place : fill(lane, "sick " + std::to_string(i))) all.push_back(std::move(place));
  EXPECT_NE(lane.enter("healthy"), nullptr);
}

TEST(Lane, TakesBackAPlaceThatIsReleased) {
  Lane lane("test", 2);
  auto place = lane.enter("one");
  ASSERT_NE(place, nullptr);
  EXPECT_EQ(lane.enter("one"), nullptr);
  place.reset();
  EXPECT_NE(lane.enter("one"), nullptr);
}

TEST(Lane, RunsWhatWasAdmittedAllAtOnce) {
  constexpr int kMany = 100;
  std::latch together(kMany);
  Lane lane("test", 2 * kMany);
  for (int i = 0; i < kMany; ++i) {
    auto place = lane.enter("one");
    ASSERT_NE(place, nullptr);
    ASSERT_TRUE(lane.trySubmit([&together, place = std::move(place)] { together.arrive_and_wait(); }));
  }
  lane.stop();
  EXPECT_FALSE(lane.trySubmit([] {}));
}

TEST(Lane, IsMeasured) {
  Metrics metrics;
  Lane lane("test", 2, &metrics);
  const auto place = lane.enter("one");
  EXPECT_EQ(lane.enter("one"), nullptr);
  EXPECT_THAT(metrics.render(), testing::HasSubstr("checkout_mcp_lane_in_flight{lane=\"test\"} 1\n"));
  EXPECT_THAT(metrics.render(), testing::HasSubstr("checkout_mcp_lane_refused_total{lane=\"test\"} 1\n"));
}

}  // namespace
}  // namespace checkout
