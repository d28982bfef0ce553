// Stories without a bug break no invariant; with each of the seeded bugs some story does.
#include <cstdlib>

#include <gtest/gtest.h>

#include "simulation/bugs.hpp"
#include "simulation/story.hpp"

namespace checkout::simulation {
namespace {

std::string describe(const chaos::Verdict& verdict) {
  std::string text;
  for (const chaos::Violation& violation : verdict.violations)
    text += "  invariant " + std::to_string(violation.invariant) + ", " + violation.sagaId + ": " +
            violation.what + "\n";
  return text;
}

// CHECKOUT_SEED plays one story of your choice.
std::uint64_t firstSeed() {
  const char* given = std::getenv("CHECKOUT_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

class Stories : public testing::TestWithParam<int> {};

TEST_P(Stories, BreakNoInvariant) {
  const std::uint64_t seed = firstSeed() + static_cast<std::uint64_t>(GetParam());
  const chaos::Verdict verdict = play({seed, "", 220});
  EXPECT_TRUE(verdict.violations.empty()) << "seed " << seed << "\n" << describe(verdict);
  EXPECT_GT(verdict.byStatus.at("completed"), 0u) << "hardly anything happened";
}
INSTANTIATE_TEST_SUITE_P(Seed, Stories, testing::Range(0, 12));

// Those that a world in one thread can have.
std::vector<Bug> playable() {
  std::vector<Bug> all = bugs();
  std::erase_if(all, [](const Bug& bug) { return bug.where == Bug::Where::Server; });
  return all;
}

class SeededBug : public testing::TestWithParam<Bug> {};

TEST_P(SeededBug, IsCaught) {
  const std::string bug(GetParam().name);
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const chaos::Verdict verdict = play({seed, bug, 220});
    if (verdict.violations.empty()) continue;
    std::printf("%s: %s\n  caught by seed %llu, %zu violation(s):\n%s", bug.c_str(),
                std::string(GetParam().what).c_str(), static_cast<unsigned long long>(seed),
                verdict.violations.size(), describe(verdict).substr(0, 600).c_str());
    return;
  }
  FAIL() << bug << " went unnoticed in 40 stories";
}
INSTANTIATE_TEST_SUITE_P(Of, SeededBug, testing::ValuesIn(playable()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace checkout::simulation
