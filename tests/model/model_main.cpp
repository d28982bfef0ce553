// Searches the checkout's core, or walks through it at random. Ends with 1, and the shortest story, if an
// invariant breaks.
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

#include "base/log.hpp"
#include "model/bugs.hpp"
#include "model/search.hpp"

namespace {

using namespace checkout::model;
using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "usage: model [--seconds N] [--deep] [--depth N] [--threads N] [--scope WORD] [--all]\n"
    "             [--settle-every N] [--fault N] [--command N] [--dashboard N] [--cart N] [--start N]\n"
    "             [--walk --seed N] [--bug NAME] [--list-bugs]\n"
    "  --seconds N       for all scopes together; 110 by default\n"
    "  --deep            20 minutes, and one more of everything that is seldom\n"
    "  --scope WORD      only the scopes whose name has this word\n"
    "  --all             goes on after a violation, and tells one story of each kind\n"
    "  --fault N, …      another bound on what is seldom, in each scope\n"
    "  --walk --seed N   long random walks instead of the search\n"
    "  --bug NAME        with this mistake put back, in the scope where it can show\n";

struct Options {
  int seconds = 110;
  bool deep = false, walk = false;
  std::uint64_t seed = 1;
  std::string scope, bug;
  Limits limits;
  std::array<int, kRarities> bounds{};
  Options() { bounds.fill(-1); }
};

bool read(int argc, char** argv, Options& options) {
  const std::pair<const char*, Rare> bounds[] = {
      {"--cart", Rare::Cart},       {"--start", Rare::Start},         {"--command", Rare::Command},
      {"--fault", Rare::Fault},     {"--dashboard", Rare::Dashboard}, {"--bank", Rare::Bank},
      {"--webhook", Rare::Webhook}, {"--operator", Rare::Operator},   {"--jump", Rare::Jump}};
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--deep") {
      options.deep = true;
      options.seconds = 1200;
      continue;
    }
    if (name == "--all" || name == "--walk") {
      (name == "--all" ? options.limits.keepsGoing : options.walk) = true;
      continue;
    }
    if (++i == argc) return false;
    const std::string text = argv[i];
    const long number = std::strtol(text.c_str(), nullptr, 10);
    bool isKnown = true;
    if (name == "--seconds")
      options.seconds = static_cast<int>(number);
    else if (name == "--depth")
      options.limits.depth = static_cast<std::size_t>(number);
    else if (name == "--threads")
      options.limits.threads = static_cast<int>(number);
    else if (name == "--settle-every")
      options.limits.settleEvery = static_cast<unsigned>(number);
    else if (name == "--seed")
      options.seed = static_cast<std::uint64_t>(number);
    else if (name == "--scope")
      options.scope = text;
    else if (name == "--bug")
      options.bug = text;
    else
      isKnown = false;
    for (const auto& [flag, rare] : bounds) {
      if (name != flag) continue;
      options.bounds[static_cast<std::size_t>(rare)] = static_cast<int>(number);
      isKnown = true;
    }
    if (!isKnown) return false;
  }
  return options.seconds > 0 && options.limits.threads > 0 && options.limits.settleEvery > 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--list-bugs") {
    for (const Bug& bug : bugs()) std::cout << bug.name << ": " << bug.what << "\n";
    return 0;
  }
  Options options;
  if (!read(argc, argv, options)) {
    std::cerr << kUsage;
    return 2;
  }
  checkout::log::configure(checkout::log::Level::Error, checkout::log::Format::Text);
  std::vector<Scope> chosen, all = scopes();
  void (*seed)(Stage&) = nullptr;
  for (const Bug& bug : bugs()) {
    if (bug.name != options.bug) continue;
    all = {bug.scope};
    seed = bug.seed;
  }
  if (!options.bug.empty() && seed == nullptr) {
    std::cerr << kUsage;
    return 2;
  }
  for (Scope& scope : all) {
    if (scope.name.find(options.scope) == std::string::npos) continue;
    for (std::size_t i = 0; i < kRarities; ++i) {
      if (options.bounds[i] >= 0) scope.budget[i] = static_cast<std::int8_t>(options.bounds[i]);
      if (options.deep && scope.budget[i] > 0) ++scope.budget[i];
    }
    chosen.push_back(std::move(scope));
  }
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(options.seconds);
  Report sum;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Scope& scope = chosen[i];
    Stage stage(scope.approvalThreshold, scope.keepsCards);
    if (seed != nullptr) seed(stage);
    options.limits.until = Clock::now() + (end - Clock::now()) / static_cast<long>(chosen.size() - i);
    const auto since = Clock::now();
    const Report report = options.walk ? walk(scope, stage, options.limits, options.seed)
                                       : search(scope, stage, options.limits);
    const double seconds = std::chrono::duration<double>(Clock::now() - since).count();
    std::cout << scope.name << ": " << report.states << " states, " << report.transitions
              << " transitions, depth " << report.depth << (report.isComplete ? ", all of it" : "") << ", "
              << static_cast<long>(static_cast<double>(report.transitions) / seconds) << " transitions/s\n";
    for (const Story& story : report.stories) std::cout << "\n" << tell(scope, stage, story) << "\n";
    std::cout.flush();
    sum.states += report.states;
    sum.transitions += report.transitions;
    sum.depth = std::max(sum.depth, report.depth);
    sum.stories.insert(sum.stories.end(), report.stories.begin(), report.stories.end());
    if (!sum.stories.empty() && !options.limits.keepsGoing) break;
  }
  std::cout << "model: " << sum.states << " states, " << sum.transitions << " transitions, depth "
            << sum.depth << ", " << sum.stories.size() << " violations\n";
  return sum.stories.empty() ? 0 : 1;
}
