// The product itself, behind a switch board that tests reach through the environment:
//
//   CHECKOUT_TEST_CLOCK_OFFSET_MS=N          its clock runs that much ahead
//   CHECKOUT_TEST_FAILPOINT=N                it dies at its N-th point, counted from 0. Points lie before
//                                            and after each commit and each call of the payment provider
//   CHECKOUT_TEST_FAILPOINT_COUNT_FILE=FILE  how many points it met, written when it ends in the ordinary way
//   CHECKOUT_SEEDED_BUG=NAME                 it has that bug (simulation/bugs.hpp; none of the machine's)
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <unistd.h>

#include "app/run.hpp"
#include "simulation/bugs.hpp"
#include "support/mortal.hpp"

namespace checkout {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

class ClockAhead final : public Clock {
 public:
  explicit ClockAhead(Milliseconds by) : by_(by) {}
  TimePoint now() const override { return system_.now() + by_; }

 private:
  SystemClock system_;
  const Milliseconds by_;
};

// Not abort(): a crash leaves no time for a core file, or for anything else.
void die() {
  ::_exit(137);
}

// The parts that tests have put something around; they live until the program ends.
struct Inner {
  std::vector<std::unique_ptr<Store>> stores;
  std::vector<std::unique_ptr<PaymentGateway>> gateways;
};

// The fuse lies around the bug: what a bug does is lost in a crash as well.
void mount(test::Fuse& fuse, const std::string& bug, Inner& inner, app::Seams& seams) {
  seams.aroundStore = [&fuse, &inner, bug](std::unique_ptr<Store> store) -> std::unique_ptr<Store> {
    inner.stores.push_back(std::move(store));
    if (!bug.empty()) inner.stores.push_back(simulation::storeWithBug(*inner.stores.back(), bug));
    return std::make_unique<test::MortalStore>(*inner.stores.back(), fuse);
  };
  seams.aroundGateway = [&fuse, &inner,
                         bug](std::unique_ptr<PaymentGateway> gateway) -> std::unique_ptr<PaymentGateway> {
    inner.gateways.push_back(std::move(gateway));
    if (!bug.empty()) inner.gateways.push_back(simulation::gatewayWithBug(*inner.gateways.back(), bug));
    return std::make_unique<test::MortalGateway>(*inner.gateways.back(), fuse);
  };
}

bool isKnown(const std::string& bug) {
  const auto& all = simulation::bugs();
  return std::any_of(all.begin(), all.end(), [&](const simulation::Bug& one) {
    return one.name == bug && one.where != simulation::Bug::Where::Machine;
  });
}

int run(int argc, const char* const* argv) {
  app::Seams seams;
  if (const auto offset = variable("CHECKOUT_TEST_CLOCK_OFFSET_MS"))
    seams.clock = std::make_shared<ClockAhead>(Milliseconds(std::stoll(*offset)));
  const std::string bug = variable("CHECKOUT_SEEDED_BUG").value_or("");
  if (!bug.empty() && !isKnown(bug)) {
    std::cerr << "checkout-mcp-under-test: no such bug: " << bug << "\n";
    return 2;
  }
  Inner inner;
  test::Fuse fuse(die);
  if (const auto point = variable("CHECKOUT_TEST_FAILPOINT")) fuse.light(std::stoi(*point));
  mount(fuse, bug, inner, seams);
  const int code = app::run(argc, argv, seams);
  if (const auto file = variable("CHECKOUT_TEST_FAILPOINT_COUNT_FILE"))
    std::ofstream(*file) << fuse.burned() << "\n";
  return code;
}

}  // namespace
}  // namespace checkout

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no server outlives the test that started it
  return checkout::run(argc, argv);
}
