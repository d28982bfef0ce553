#include "app/event_sweeper.hpp"

#include <atomic>
#include <latch>

#include <gtest/gtest.h>

#include "support/around.hpp"
#include "support/checkout_fixture.hpp"

namespace checkout::app {
namespace {

class TwoTenants final : public TenantDirectory {
 public:
  TwoTenants() {
    sick_.id = TenantId{"sick"};
    healthy_.id = TenantId{"healthy"};
  }
  const Tenant* find(const TenantId& id) const override {
    return id == sick_.id ? &sick_ : id == healthy_.id ? &healthy_ : nullptr;
  }
  std::vector<const Tenant*> all() const override { return {&sick_, &healthy_}; }

 private:
  Tenant sick_ = test::shop(), healthy_ = test::shop();
};

// Answers the sick tenant's call for events only when it is released, and counts the healthy one's.
class HalfSick final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<EventPage> listEvents(const Tenant& tenant, const EventQuery& query) override {
    if (tenant.id.value == "sick")
      released.wait();
    else if (left-- > 0)
      healthyRounds.count_down();
    return AroundGateway::listEvents(tenant, query);
  }
  std::atomic<int> left{3};
  std::latch released{1}, healthyRounds{3};
};

class EventSweeperTest : public saga::CheckoutTest {};

TEST_F(EventSweeperTest, ATenantWhoseProviderHangsKeepsNoOtherWaiting) {
  HalfSick halfSick(gateway);
  const TwoTenants both;
  saga::CheckoutService checkouts(*db, both, halfSick, clock, feed, {"http://127.0.0.1:8080", "worker"});
  EventSweeper sweeper(checkouts, both, /*webhooksArrive=*/false, {Milliseconds{1}, Milliseconds{1}});
  halfSick.healthyRounds.wait();
  halfSick.released.count_down();
}

// Sweeps of `hours`, of which a page was opened at the beginning.
int sweepsIn(std::chrono::hours hours, bool webhooksArrive) {
  int sweeps = 0;
  for (Milliseconds at{0}; at < hours; at += sweepPause({}, webhooksArrive, at)) ++sweeps;
  return sweeps;
}

TEST(SweepPause, KeepsReadsWithinWhatStripeAllows) {
  constexpr int kMonth = 30;
  EXPECT_LT(sweepsIn(std::chrono::hours(24), true) * kMonth, 10'000) << "an idle shop";
  EXPECT_LT(sweepsIn(std::chrono::hours(24), false) * kMonth, 10'000);
  EXPECT_LT(sweepsIn(std::chrono::hours(1), false), 80) << "a page that nobody pays on";
}

TEST(SweepPause, IsShortWhileACustomerIsLikelyToPay) {
  EXPECT_EQ(sweepPause({}, false, Milliseconds{30'000}), Milliseconds{5'000});
  EXPECT_EQ(sweepPause({}, false, Milliseconds{10 * 60'000}), Milliseconds{50'000});
}

}  // namespace
}  // namespace checkout::app
