// The bugs that were found from outside, put back: the search finds each within seconds, and tells how.
#include "model/bugs.hpp"

#include <algorithm>
#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"

namespace checkout::model {
namespace {

class SeededBug : public testing::TestWithParam<Bug> {};

TEST_P(SeededBug, IsFound) {
  log::configure(log::Level::Error, log::Format::Text);
  const Bug& bug = GetParam();
  const Stage sound(bug.scope.approvalThreshold, bug.scope.keepsCards);
  Stage stage(bug.scope.approvalThreshold, bug.scope.keepsCards);
  bug.seed(stage);
  Limits limits;
  limits.until = std::chrono::steady_clock::now() + std::chrono::seconds(110);
  limits.settleEvery = 4;
  limits.invariant = bug.invariant;
  limits.control = &sound;
  const Report report = search(bug.scope, stage, limits);
  ASSERT_FALSE(report.stories.empty()) << bug.what << ": not found in " << report.states << " states";
  std::cout << "# " << bug.what << " (" << report.states << " states)\n"
            << tell(bug.scope, stage, report.stories.front()) << "\n";
}

INSTANTIATE_TEST_SUITE_P(Model, SeededBug, testing::ValuesIn(bugs()), [](const auto& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace checkout::model
