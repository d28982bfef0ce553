// The command: options, one campaign, the report.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include <unistd.h>

#include "base/log.hpp"
#include "chaos/campaign.hpp"
#include "chaos/folder.hpp"

namespace checkout::chaos {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShown = 40;

constexpr const char* kHelp = R"(usage: chaos [--seed S|random] [--sagas N] [--kills N] [--time-limit SECONDS]
             [--shoppers N] [--bug NAME] [--expect N] [--server FILE] [--keep]
Shoppers buy from a real server that is killed with SIGKILL again and again, against a simulator of Stripe of
which three requests in ten go wrong and whose webhooks come twice, late, in any order or not at all. In the end
every invariant is checked. Exit code 0: the targets were reached and no invariant is broken.
  --seed S            every decision follows from it: what each shopper does, when the server is killed, when time
                      jumps, which requests fail [1]. What it can't repeat is how threads and processes happen
                      to run: the same seed gives the same schedule, not the same interleaving
  --sagas N           checkouts to start, at least [1000]
  --kills N           kills, at least [50]
  --time-limit SECONDS  for shopping; the calm at the end comes on top [120]
  --shoppers N        at the same time [32]
  --bug NAME          runs the server with this seeded bug
  --expect N          ends when invariant N was seen to break while the shop was open; exit code 0: it was
  --server FILE       [checkout-mcp-under-test beside this program]
  --keep              keeps the folder also if nothing is wrong
)";

[[noreturn]] void usage() {
  std::cerr << kHelp;
  std::exit(2);
}

struct Arguments {
  Plan plan;
  bool keep = false;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  Plan& plan = arguments.plan;
  plan.server = fs::read_symlink("/proc/self/exe").parent_path() / "checkout-mcp-under-test";
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--help" || flag == "-h") {
      std::cout << kHelp;
      std::exit(0);
    }
    if (flag == "--keep") {
      arguments.keep = true;
      continue;
    }
    if (++i >= argc) usage();
    const std::string value = argv[i];
    try {
      if (flag == "--seed")
        plan.seed = value == "random" ? std::random_device{}() : std::stoull(value);
      else if (flag == "--sagas")
        plan.sagas = std::stoul(value);
      else if (flag == "--kills")
        plan.kills = std::stoi(value);
      else if (flag == "--time-limit")
        plan.limit = std::chrono::seconds(std::stoi(value));
      else if (flag == "--shoppers")
        plan.shoppers = std::stoi(value);
      else if (flag == "--bug")
        plan.bug = value;
      else if (flag == "--expect")
        plan.expectedToFind = std::stoi(value);
      else if (flag == "--server")
        plan.server = value;
      else
        usage();
    } catch (const std::exception&) {
      usage();
    }
  }
  return arguments;
}

Milliseconds percentile(std::vector<Milliseconds> times, int percent) {
  if (times.empty()) return Milliseconds(0);
  std::sort(times.begin(), times.end());
  return times[std::min(times.size() - 1, times.size() * static_cast<std::size_t>(percent) / 100)];
}

void tellStory(const History& history, const std::string& sagaId) {
  for (const Purchase& purchase : history.purchases()) {
    if (!purchase.sagaIds.contains(sagaId)) continue;
    std::printf("  story of %s (%s at %s):\n", sagaId.c_str(), purchase.flow.c_str(),
                purchase.tenant.value.c_str());
    for (const std::string& line : purchase.story) std::printf("    %s\n", line.c_str());
  }
}

void print(const Plan& plan, const Outcome& outcome, const History& history) {
  const Verdict& verdict = outcome.verdict;
  std::printf("\nseed %llu: %zu sagas, %d kills, %d jumps in time, %llu calls answered\n",
              static_cast<unsigned long long>(plan.seed), outcome.sagas, outcome.kills, outcome.jumps,
              static_cast<unsigned long long>(outcome.answers));
  std::printf("recovery: p50 %lld ms, p99 %lld ms over %zu kills\n",
              static_cast<long long>(percentile(outcome.recovery, 50).count()),
              static_cast<long long>(percentile(outcome.recovery, 99).count()), outcome.recovery.size());
  std::printf("faults struck:");
  for (const auto& [kind, count] : outcome.faults)
    std::printf(" %s %lld", kind.c_str(), static_cast<long long>(count));
  std::printf("\nended:");
  for (const auto& [status, count] : verdict.byStatus) std::printf(" %s %zu", status.c_str(), count);
  std::printf("\nchecked: %zu payments, %zu refunds, %zu calls, %zu deliveries, %zu events\n",
              verdict.payments, verdict.refunds, verdict.calls, verdict.deliveries, verdict.events);
  std::size_t shown = 0;
  for (const Violation& violation : verdict.violations) {
    if (++shown > kShown) {
      std::printf("… and %zu more\n", verdict.violations.size() - kShown);
      break;
    }
    std::printf("VIOLATION of invariant %d  %s  %s\n", violation.invariant, violation.sagaId.c_str(),
                violation.what.c_str());
    if (!violation.sagaId.empty() && shown <= 12) tellStory(history, violation.sagaId);
  }
  std::printf("%zu violations%s\n", verdict.violations.size(),
              outcome.targetsReached ? "" : "; the targets were NOT reached in time");
}

int run(int argc, char** argv) {
  Arguments arguments = parse(argc, argv);
  log::configure(log::Level::Error, log::Format::Text);
  Folder folder("chaos");
  arguments.plan.folder = folder.path();
  std::printf("chaos: seed %llu, in %s\n", static_cast<unsigned long long>(arguments.plan.seed),
              folder.path().c_str());
  Campaign campaign(arguments.plan);
  const auto outcome = campaign.run();
  if (!outcome.ok()) {
    folder.keep();
    std::printf("chaos: %s\nkept: %s\n", outcome.error().message.c_str(), folder.path().c_str());
    return 1;
  }
  print(arguments.plan, *outcome, campaign.history());
  const auto& violations = outcome->verdict.violations;
  const int expected = arguments.plan.expectedToFind;
  const bool isFound = std::any_of(violations.begin(), violations.end(),
                                   [&](const Violation& one) { return one.invariant == expected; });
  const bool good = expected != 0 ? isFound : violations.empty() && outcome->targetsReached;
  if (!good || arguments.keep) {
    folder.keep();
    std::printf("kept: %s\n", folder.path().c_str());
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace checkout::chaos

int main(int argc, char** argv) {
  return checkout::chaos::run(argc, argv);
}
