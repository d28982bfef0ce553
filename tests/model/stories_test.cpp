// Stories that the search has told, by hand: what its rules have to allow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "model/search.hpp"

namespace checkout::model {
namespace {

Action doing(Do what, int number = 0) {
  Action action;
  action.what = what;
  action.number = number;
  return action;
}
Action cut(Action action, Fault fault) {
  action.fault = fault;
  return action;
}

// Plays the story; says what rule it breaks.
std::string brokenBy(const Stage& stage, World& world, const std::vector<Action>& story) {
  for (const Action& action : story) {
    Happened happened;
    if (!isEnabled(world, action)) return "a sentence of the story is not possible";
    if (const auto violation = act(stage, world, action, happened)) return violation->what;
  }
  return "nothing";
}

TEST(Stories, AStepIsNotGivenUpWhosePaymentTheMerchantHasEnded) {
  log::configure(log::Level::Error, log::Format::Text);
  constexpr int kChallenge = 2;
  const Stage stage;
  World world = begin(scopes().front(), stage);
  EXPECT_EQ(brokenBy(stage, world,
                     {cut(doing(Do::StartWithMethod, kChallenge), Fault::NotSent),
                      cut(doing(Do::Status), Fault::DiesAfterCall), doing(Do::CancelIntent),
                      doing(Do::DeliverOldest)}),
            "nothing");
  const Saga& saga = *world.newest();
  EXPECT_EQ(saga.status, SagaStatus::Compensated);
  EXPECT_EQ(saga.payment.state, PaymentState::Canceled);
}

}  // namespace
}  // namespace checkout::model
