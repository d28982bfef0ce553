// Lets the real process die at each of its points, in each of the flows: before and after every commit and
// every call of the payment provider. The process counts its points itself, so a new one can't be forgotten.
// After the death it is started again, the agent repeats its calls, time passes, and every invariant is
// checked.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "chaos/aftermath.hpp"
#include "chaos/flows.hpp"
#include "chaos/folder.hpp"
#include "stripe/http_client.hpp"

namespace checkout::chaos {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Milliseconds kReady{20'000};
constexpr int kFewestPoints = 10;  // a script with less does hardly anything

struct Act {
  Milliseconds before{0};  // time that passes first, the server being restarted
  void (*play)(Shopper&);
};

struct Script {
  std::string name;
  std::vector<Act> acts;
  std::size_t shop = 0;    // 0 refunds late payments, 1 honours them
  std::uint64_t seed = 1;  // decides what is bought, and the like
  bool webhooks = true;
};

std::vector<Script> allScripts() {
  const auto one = [](const char* name) { return std::vector<Act>{{Milliseconds(0), flow(name).play}}; };
  const Milliseconds expiry = minutes(32);
  return {
      {"pay on page", one("pay_on_page"), 0},
      {"pay on page, no webhooks", one("pay_on_page"), 1, 1, false},
      {"pay directly", one("pay_directly"), 0},
      {"pay what was shown", one("pay_shown"), 0},
      {"decline, then confirm", one("decline_then_confirm"), 0},
      {"decline, then page", one("decline_then_page"), 1},
      {"change shipping", one("change_shipping"), 0},
      {"cancel", one("cancel_unpaid"), 0, 2},
      {"cancel of paid", one("cancel_paid"), 0, 1, false},
      {"expire", one("abandon"), 0},
      {"late payment, refunded", one("pay_during_cancel"), 0, 1, false},
      {"late payment, honoured", one("pay_during_cancel"), 1, 1, false},
      {"async succeeds", one("debit_succeeds"), 0},
      {"async fails", one("debit_fails"), 0},
      {"retry after expiry", {{Milliseconds(0), flow("abandon").play}, {expiry, retryAfterExpiry}}, 0},
  };
}

// One point of one script: a world of its own, but for the simulator.
class Point {
 public:
  Point(const Script& script, Simulator& simulator, HttpClient& http, const fs::path& program,
        const std::string& bug)
      : script_(script), simulator_(simulator), http_(http), folder_("failpoint"), shops_(twoShops(1'000)) {
    ServerSetup setup{program, folder_.path(), {}, freePort()};
    const std::string url = "http://127.0.0.1:" + std::to_string(setup.port);
    for (Shop& shop : shops_) {
      const auto secret = script.webhooks ? simulator.sendWebhooks(
                                                shop.secretKey, url + "/webhooks/stripe/" + shop.tenant.value)
                                          : Result<std::string>(std::string());
      shop.webhookSecret = secret.ok() ? *secret : "";
    }
    writeConfig(shops_, simulator.url(), folder_.path() / "config.json", setup.environment);
    if (!bug.empty()) setup.environment["CHECKOUT_SEEDED_BUG"] = bug;
    server_ = std::make_unique<Server>(std::move(setup), http_);
    town_.reset(new Town{http_, simulator_, history_, shops_, server_->url(),
                         [this] { return !server_->isRunning(); }});
    self_ = {&shops_[script.shop], "shopper",
             history_.begin(shops_[script.shop].tenant, UserId{"user-shopper"}, script.name)};
  }

  struct Report {
    bool survived = false;
    std::vector<Violation> violations;
  };

  Report dieAt(int point) {
    const std::size_t diedIn = playMortally(point);
    Report report;
    report.survived = diedIn == script_.acts.size();
    note(report.survived ? "--- it survived; all is repeated"
                         : "--- it died; it is started again and all is repeated");
    restart(minutes(2));
    for (std::size_t act = 0; act < script_.acts.size(); ++act) {
      if (act > diedIn) restart(script_.acts[act].before);
      play(act);
    }
    settle();
    simulator_.clearFaults();
    report.violations = check();
    return report;
  }
  const History& history() const { return history_; }

 private:
  // The act in which it died; the number of acts if it did not.
  std::size_t playMortally(int point) {
    for (std::size_t act = 0; act < script_.acts.size(); ++act) {
      if (act > 0) simulator_.jump(script_.acts[act].before);
      (void)server_->start(simulator_.clock().ahead(), point).ok();
      if (!server_->awaitReady(kReady)) return act;
      play(act);
      awaitQuiet(Milliseconds(1'500));
      if (server_->stop() != 0) return act;
      point -= server_->pointsBurned();
    }
    return script_.acts.size();
  }

  void play(std::size_t act) {
    try {
      Shopper shopper(*town_, self_, script_.seed);
      script_.acts[act].play(shopper);
    } catch (const TownIsOver&) {
      note("--- nobody answers any more");
    }
  }

  void restart(Milliseconds jump) {
    server_->kill();
    simulator_.jump(jump);
    (void)server_->start(simulator_.clock().ahead()).ok();
    if (!server_->awaitReady(kReady)) history_.accuse({16, "", "it does not start again"});
    awaitQuiet(Milliseconds(5'000));
  }

  // Until nothing moves any more that could without a customer.
  void awaitQuiet(Milliseconds patience) {
    const auto until = Steady::now() + patience;
    std::uint64_t before = 0;
    auto quietSince = Steady::now();
    try {
      while (Steady::now() < until) {
        const bool isOpen = survey(*town_) > 0;
        const std::uint64_t now = fs::file_size(server_->log());  // it logs whatever it does
        if (now != before) quietSince = Steady::now();
        before = now;
        if (Steady::now() - quietSince > Milliseconds(isOpen ? 300 : 60)) return;
        pause(Milliseconds(10));
      }
    } catch (const TownIsOver&) {
    }
  }

  void settle() {
    awaitQuiet(Milliseconds(5'000));
    stopProperly();
    simulator_.jump(hours(2));
    calmSince_ = simulator_.clock().now();
    (void)server_->start(simulator_.clock().ahead()).ok();
    if (!server_->awaitReady(kReady)) history_.accuse({16, "", "it does not start again"});
    awaitQuiet(Milliseconds(5'000));
    stopProperly();
  }

  void stopProperly() {
    const auto code = server_->stop();
    if (code != 0)
      history_.accuse({16, "", "it does not end properly: " + (code ? std::to_string(*code) : "a signal")});
  }

  std::vector<Violation> check() {
    const auto verdict = examineAfter(*town_, *server_, calmSince_);
    if (verdict.ok()) return verdict->violations;
    return {{6, "", "the store can't be opened: " + verdict.error().message}};
  }

  void note(std::string line) { history_.tell(self_.handle, std::move(line)); }

  const Script& script_;
  Simulator& simulator_;
  HttpClient& http_;
  const Folder folder_;
  std::vector<Shop> shops_;
  History history_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Town> town_;
  Identity self_;
  TimePoint calmSince_;
};

struct Progress {
  Script script;
  std::atomic<int> next{0}, points{-1};  // points: what it burns when it survives
};

class Run {
 public:
  Run(std::deque<Progress>& scripts, fs::path program, std::string bug, int only, int every)
      : scripts_(scripts), program_(std::move(program)), bug_(std::move(bug)), only_(only), every_(every) {}

  void work(std::size_t number) {
    const auto http = stripe::makeHttpClient();
    const auto simulator = Simulator::start();
    if (!simulator.ok()) return fail({0, "", simulator.error().message}, "starting a simulator", -1, nullptr);
    for (std::size_t i = 0; i < scripts_.size(); ++i) {
      Progress& progress = scripts_[(number + i) % scripts_.size()];
      while (progress.points < 0) {
        const int point = only_ >= 0 ? only_ : progress.next.fetch_add(every_);
        Point world(progress.script, **simulator, *http, program_, bug_);
        const auto report = world.dieAt(point);
        ++played_;
        for (const Violation& violation : report.violations)
          fail(violation, progress.script.name, point, &world.history());
        if (report.survived || only_ >= 0) {
          int none = -1;
          progress.points.compare_exchange_strong(none, point);
        }
      }
    }
  }
  int violations() const { return violations_; }
  int played() const { return played_; }

 private:
  void fail(const Violation& violation, const std::string& script, int point, const History* history) {
    const std::lock_guard lock(mutex_);
    std::printf("VIOLATION of invariant %d in \"%s\", died at point %d: %s %s\n", violation.invariant,
                script.c_str(), point, violation.sagaId.c_str(), violation.what.c_str());
    if (++violations_ > 10 || history == nullptr) return;
    for (const std::string& line : history->purchase(0).story) std::printf("    %s\n", line.c_str());
  }

  std::deque<Progress>& scripts_;
  const fs::path program_;
  const std::string bug_;
  const int only_, every_;
  std::mutex mutex_;
  std::atomic<int> violations_{0}, played_{0};
};

constexpr const char* kHelp =
    R"(usage: failpoints [--flow NAME] [--point N] [--every N] [--bug NAME] [--workers N] [--server FILE]
Kills a real server at each of its points, one after the other, in each flow, and checks every invariant after
it was started again.
  --flow NAME     only the flow of this name
  --point N       only this point
  --every N       only each Nth point, another one of them in each flow [1]
  --bug NAME      runs the server with this seeded bug
  --workers N     points played at the same time [8]
  --server FILE   [checkout-mcp-under-test beside this program]
)";

int run(int argc, char** argv) {
  std::string flowName, bug;
  int only = -1, every = 1;
  std::size_t workers = 8;
  fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "checkout-mcp-under-test";
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const std::string value = i + 1 < argc ? argv[++i] : "";
    if (flag == "--flow")
      flowName = value;
    else if (flag == "--point")
      only = std::atoi(value.c_str());
    else if (flag == "--every")
      every = std::max(1, std::atoi(value.c_str()));
    else if (flag == "--bug")
      bug = value;
    else if (flag == "--workers")
      workers = static_cast<std::size_t>(std::max(1, std::atoi(value.c_str())));
    else if (flag == "--server")
      program = value;
    else {
      const bool asked = flag == "--help" || flag == "-h";
      (asked ? std::cout : std::cerr) << kHelp;
      return asked ? 0 : 2;
    }
  }

  log::configure(log::Level::Error, log::Format::Text);
  const auto start = Steady::now();
  std::deque<Progress> scripts;
  for (Script& script : allScripts())
    if (flowName.empty() || flowName == script.name) {
      const int number = static_cast<int>(scripts.size());
      scripts.emplace_back().script = std::move(script);
      scripts.back().next = number % every;
    }
  if (scripts.empty()) {
    std::cerr << "failpoints: no such flow: " << flowName << "\n";
    return 2;
  }
  Run all(scripts, program, bug, only, every);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers; ++i) threads.emplace_back([&all, i] { all.work(i); });
  for (std::thread& thread : threads) thread.join();

  bool isThin = false;
  for (const Progress& progress : scripts) {
    std::printf("%-28s died at %d points\n", progress.script.name.c_str(), progress.points.load());
    isThin |= only < 0 && progress.points < kFewestPoints;
  }
  const auto took = std::chrono::duration_cast<Milliseconds>(Steady::now() - start).count();
  std::printf("%d worlds played in %.1f s, %d violations%s\n", all.played(), static_cast<double>(took) / 1000,
              all.violations(), isThin ? "; a flow has hardly any points" : "");
  return all.violations() == 0 && !isThin ? 0 : 1;
}

}  // namespace
}  // namespace checkout::chaos

int main(int argc, char** argv) {
  return checkout::chaos::run(argc, argv);
}
