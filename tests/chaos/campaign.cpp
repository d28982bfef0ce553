#include "chaos/campaign.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "chaos/aftermath.hpp"
#include "chaos/bystanders.hpp"
#include "chaos/flows.hpp"
#include "stripe/http_client.hpp"

namespace checkout::chaos {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Milliseconds kReady{20'000};
constexpr Milliseconds kReportEvery{4'000};
// How slow Stripe is for a while, how many have to wait for it, and how long those may wait who need it not.
// On an idle machine that is milliseconds; here it shares the processors with all the shoppers.
constexpr Milliseconds kSlow{15'000}, kAtOnce{5'000};
constexpr std::int64_t kWaiting = 12;
constexpr int kLooks = 5;

Milliseconds since(Steady::time_point start) {
  return std::chrono::duration_cast<Milliseconds>(Steady::now() - start);
}

// Three of ten requests are hit by at least one.
Json faultRules(std::uint64_t seed) {
  const auto rule = [&seed](const char* kind, double probability, Json more = Json::object()) {
    more["kind"] = kind;
    more["probability"] = probability;
    more["seed"] = ++seed;
    return more;
  };
  const Json forgotten = {{"status", 500}, {"remembered", false}};
  return Json::array({
      rule("status_before", 0.05, forgotten),
      rule("status_after", 0.05, forgotten),
      rule("rate_limit", 0.05, {{"retry_after", 0}}),
      rule("reset_before", 0.05),
      rule("reset_after", 0.05),
      rule("truncate", 0.04),
      rule("latency", 0.03, {{"latency_ms", 250}}),
      rule("latency_after", 0.03, {{"latency_ms", 250}}),
      rule("latency_after", 0.0005, {{"latency_ms", 21'000}}),  // beyond the product's patience
      rule("duplicate", 0.2),
      rule("drop", 0.2),
      rule("delay", 0.15, {{"latency_ms", 700}}),
      rule("reorder", 0.2, {{"latency_ms", 1'000}}),
  });
}

}  // namespace

void Recovery::killed() {
  const std::lock_guard lock(mutex_);
  killedAt_ = Steady::now();
  waits_ = true;
}

void Recovery::answered(Steady::time_point sentAt) {
  if (!waits_) return;
  const std::lock_guard lock(mutex_);
  if (!waits_ || sentAt < killedAt_) return;
  times_.push_back(since(killedAt_));
  waits_ = false;
}

std::vector<Milliseconds> Recovery::times() const {
  const std::lock_guard lock(mutex_);
  return times_;
}

Campaign::Campaign(Plan plan) : plan_(std::move(plan)), dice_(plan_.seed) {}

bool Campaign::isReached() const {
  return history_.sagas() >= plan_.sagas && kills_ >= plan_.kills;
}

bool Campaign::hasFoundExpected() const {
  const auto violations = history_.violations();
  return plan_.expectedToFind != 0 &&
         std::any_of(violations.begin(), violations.end(),
                     [&](const Violation& one) { return one.invariant == plan_.expectedToFind; });
}

Result<void> Campaign::open() {
  stripe::HttpClientOptions options;
  options.maxIdlePerOrigin = 256;
  http_ = stripe::makeHttpClient(std::move(options));
  CHECKOUT_ASSIGN(simulator, Simulator::start());
  simulator_ = std::move(simulator);

  ServerSetup setup{plan_.server, plan_.folder, {}, freePort()};
  shops_ = twoShops(static_cast<std::int64_t>(plan_.sagas) / 8);
  const std::string url = "http://127.0.0.1:" + std::to_string(setup.port);
  for (Shop& shop : shops_) {
    CHECKOUT_ASSIGN(secret,
                    simulator_->sendWebhooks(shop.secretKey, url + "/webhooks/stripe/" + shop.tenant.value));
    shop.webhookSecret = secret;
  }
  writeConfig(shops_, simulator_->url(), plan_.folder / "config.json", setup.environment);
  if (!plan_.bug.empty()) setup.environment["CHECKOUT_SEEDED_BUG"] = plan_.bug;
  server_ = std::make_unique<Server>(std::move(setup), *http_);
  CHECKOUT_TRY(server_->start(Milliseconds(0)));
  if (!server_->awaitReady(kReady))
    return Error(ErrorCode::ServiceUnavailable, "The server does not start; see " + server_->log().string());
  simulator_->addFaults(faultRules(plan_.seed));
  town_.reset(new Town{*http_, *simulator_, history_, shops_, server_->url(),
                       [this] { return isOver_.load(); },
                       [this](Steady::time_point sentAt) { recovery_.answered(sentAt); }});
  return {};
}

void Campaign::shop() {
  while (!closing_) {
    try {
      playTicket(tickets_++);
    } catch (const TownIsOver&) {
      if (isOver_) return;
    }
  }
}

// Everything about a ticket follows from the seed and its number, whoever draws it.
void Campaign::playTicket(std::uint64_t ticket) {
  std::seed_seq sequence{plan_.seed, plan_.seed >> 32, ticket};
  std::mt19937_64 dice(0);
  dice.seed(sequence);
  const Shop& shop = shops_[dice() % shops_.size()];
  int total = 0;
  for (const Flow& one : flows()) total += one.needsDebit && !shop.takesDebit ? 0 : one.weight;
  if (dice() % 12 == 0 && comeBack(dice())) return;
  auto left = static_cast<int>(dice() % static_cast<std::uint64_t>(total));
  for (const Flow& one : flows()) {
    if (one.needsDebit && !shop.takesDebit) continue;
    left -= one.weight;
    if (left >= 0) continue;
    Shopper shopper(*town_, shop, std::to_string(ticket), one.name, dice());
    one.play(shopper);
    if (std::string(one.name) == "abandon") {
      const std::lock_guard lock(mutex_);
      abandoned_.push_back({shopper.identity(), jumpsSeen_});
    }
    return;
  }
}

bool Campaign::comeBack(std::uint64_t seed) {
  Abandoned back;
  {
    const std::lock_guard lock(mutex_);
    if (abandoned_.empty() || abandoned_.front().jumpsBefore == jumpsSeen_) return false;
    back = abandoned_.front();
    abandoned_.pop_front();
  }
  Shopper shopper(*town_, back.who, seed);
  retryAfterExpiry(shopper);
  return true;
}

bool Campaign::wait(Milliseconds time) {
  const auto until = Steady::now() + time;
  while (Steady::now() < until) {
    if (Steady::now() > nextReport_) report();
    if (!server_->isRunning()) return false;
    const auto left = std::chrono::ceil<Milliseconds>(until - Steady::now());
    pause(std::clamp(left, Milliseconds(1), Milliseconds(20)));
  }
  return true;
}

Result<void> Campaign::restart(Milliseconds jump) {
  server_->kill();
  recovery_.killed();
  if (jump.count() > 0) {
    // What the dead server has sent is dealt with first: no request is on its way for a day.
    takeFaultsAway();
    pause(Milliseconds(100));
    simulator_->jump(jump);
    ++jumpsSeen_;
    ++jumps_;
    if (!closing_) simulator_->addFaults(faultRules(plan_.seed + 100 * static_cast<std::uint64_t>(jumps_)));
  }
  return server_->start(simulator_->clock().ahead());
}

Result<void> Campaign::rampage() {
  const double pace = 0.55 * static_cast<double>(plan_.limit.count()) / std::max(1, plan_.kills);
  const auto longest = static_cast<std::uint64_t>(std::clamp(2 * pace, 100.0, 4'000.0));
  while (!isReached() && !hasFoundExpected() && since(start_) < plan_.limit) {
    const bool atOnce = dice_() % 10 == 0;  // while it is still starting
    const Milliseconds quiet(atOnce ? dice_() % 120 : dice_() % longest);
    const bool farAhead = dice_() % 5 == 0;
    const Milliseconds jump = farAhead ? Milliseconds(hours(25)) : Milliseconds(minutes(31 + dice_() % 10));
    const bool jumps = dice_() % 12 == 0;
    if (!wait(quiet)) {
      history_.accuse({24, "", "the server ended by itself; see " + server_->log().string()});
      CHECKOUT_TRY(restart(Milliseconds(0)));
      continue;
    }
    ++kills_;
    CHECKOUT_TRY(restart(jumps ? jump : Milliseconds(0)));
  }
  return {};
}

// False, and accused, if it took too long.
bool Campaign::isAnsweredAtOnce(const std::string& what, const std::function<bool()>& ask) {
  const auto begin = Steady::now();
  const bool answered = ask();
  const Milliseconds took = since(begin);
  if (answered && took < kAtOnce) return true;
  history_.accuse({23, "",
                   what + (answered ? " was answered after " : " was not answered within ") +
                       std::to_string(took.count()) + " ms, while Stripe was slow"});
  return false;
}

// Every answer of Stripe about a payment takes kSlow; nobody is killed meanwhile. Whose key it is may be
// asked as ever: a server that has just started asks that first, and would make none of the calls that are to
// be slow.
void Campaign::watchSlowStripe() {
  if (!server_->awaitReady(kReady)) return;  // calmDown() complains
  takeFaultsAway();
  Json slow = Json::array();
  for (const char* path : {"/v1/checkout/", "/v1/payment_intents", "/v1/refunds", "/v1/events"})
    slow.push_back({{"kind", "latency"}, {"latency_ms", kSlow.count()}, {"match", {{"path_prefix", path}}}});
  simulator_->addFaults(slow);
  std::int64_t waiting = 0;
  for (const auto patience = Steady::now() + seconds(10); waiting < kWaiting && Steady::now() < patience;) {
    if (!wait(Milliseconds(50))) return;
    waiting = 0;
    for (const Json& rule : simulator_->faults()) waiting += rule.value("strikes", std::int64_t{0});
  }
  const auto agent = app::demo::makeWebClient(*http_, server_->url());
  for (int look = 0; look < kLooks && !hasFoundExpected(); ++look) {
    isAnsweredAtOnce("/healthz", [&] {
      HttpRequest request;
      request.method = "GET";
      request.target = "/healthz";
      const HttpExchange exchange = http_->send(server_->url(), request, kSlow);
      return exchange.response && exchange.response->status == 200;
    });
    for (const Shop& shop : shops_) {
      const auto call = [&](const char* tool, Json arguments) {
        arguments["tenant_id"] = shop.tenant.value;
        isAnsweredAtOnce(std::string(tool) + " of " + shop.tenant.value, [&] {
          return agent->request("tools/call", {{"name", tool}, {"arguments", arguments}}).ok();
        });
      };
      call("catalog_search", {{"query", "chaos"}});
      call("cart_view", {{"cartId", "cart-of-somebody"}});
      call("checkout_list", {{"userId", "user-0"}});
    }
  }
  takeFaultsAway();
}

// Clears the rules, which also ends every wait they cause, and keeps their counts.
void Campaign::takeFaultsAway() {
  for (const Json& rule : simulator_->faults())
    faults_[rule.value("kind", "")] += rule.value("strikes", std::int64_t{0});
  simulator_->clearFaults();
}

void Campaign::report() {
  nextReport_ = Steady::now() + kReportEvery;
  std::int64_t strikes = 0;
  for (const auto& [kind, count] : faults_) strikes += count;
  for (const Json& rule : simulator_->faults()) strikes += rule.value("strikes", std::int64_t{0});
  std::printf(
      "%6.1f s  %zu sagas, %d kills, %d jumps in time, %lld faults struck, %llu calls answered, %zu "
      "violations\n",
      static_cast<double>(since(start_).count()) / 1000, history_.sagas(), kills_, jumps_,
      static_cast<long long>(strikes), static_cast<unsigned long long>(history_.answers()),
      history_.violations().size());
  std::fflush(stdout);
}

void Campaign::awaitQuiet(Milliseconds patience) {
  if (!server_->awaitReady(kReady)) history_.accuse({16, "", "the server does not start again"});
  wait(Milliseconds(700));  // for what no client knows of
  const auto until = Steady::now() + patience;
  std::size_t before = 0;
  auto changedAt = Steady::now();
  try {
    for (;;) {
      const std::size_t moving = survey(*town_);
      if (moving != before) changedAt = Steady::now();
      before = moving;
      if (moving == 0 || Steady::now() > until || since(changedAt) > seconds(3)) return;
      wait(Milliseconds(150));
    }
  } catch (const TownIsOver&) {  // a shopper has complained already
  }
}

// What was lost while the server was being killed is read from the provider's list, which takes a while.
void Campaign::awaitEventsRead(Milliseconds patience) {
  const auto until = Steady::now() + patience;
  while (Steady::now() < until && server_->eventsBehind().value_or(minutes(60)) >= minutes(3))
    wait(Milliseconds(150));
}

// What is paid at the provider, and has not come through here.
std::vector<Violation> Campaign::unrepaired() {
  std::map<std::string, std::string> open;  // saga → status
  for (const History::Handle handle : history_.unfinished()) {
    const Purchase purchase = history_.purchase(handle);
    for (const std::string& id : purchase.sagaIds) open[id] = purchase.lastStatus;
  }
  std::vector<Violation> found;
  for (const Shop& shop : shops_) {
    const Json ledger = simulator_->ledger(shop.secretKey);
    std::set<std::string> needPerson;  // the checker sees to these
    for (const Json& refund : ledger.value("refunds", Json::array()))
      if (textAt(refund, "/status") == "failed") needPerson.insert(textAt(refund, "/payment_intent"));
    for (const Json& dispute : ledger.value("disputes", Json::array()))
      needPerson.insert(textAt(dispute, "/payment_intent"));
    for (const Json& intent : ledger.value("payment_intents", Json::array())) {
      const std::string sagaId = textAt(intent, "/metadata/saga_id");
      if (intent.value("amount_received", 0) > 0 && open.contains(sagaId) &&
          !needPerson.contains(textAt(intent, "/id")))
        found.push_back({12, sagaId, "paid, and still " + open[sagaId] + " a minute after the last fault"});
    }
  }
  return found;
}

// Sixty seconds after the faults have stopped, what was paid has to be through. Those in which the server was
// down while the clock jumped don't count: it can't have done anything in them.
void Campaign::accuseUnrepaired(Steady::time_point lastFault) {
  for (;;) {
    const auto left = unrepaired();
    if (left.empty()) return;
    if (since(lastFault) > seconds(60)) {
      for (const Violation& one : left) history_.accuse(one);
      return;
    }
    awaitQuiet(Milliseconds(1'000));
  }
}

void Campaign::stopProperly() {
  const auto code = server_->stop();
  if (code != 0)
    history_.accuse(
        {16, "", "the server does not end properly: " + (code ? std::to_string(*code) : "a signal")});
}

// The last kill; from then on the server is only stopped as an operator does, which leaves no lease behind.
Result<void> Campaign::calmDown() {
  CHECKOUT_TRY(restart(seconds(31)));
  const auto lastFault = Steady::now();
  awaitQuiet(Milliseconds(10'000));
  for (const Milliseconds jump : {Milliseconds(seconds(31)), Milliseconds(minutes(35)),
                                  Milliseconds(hours(25)), Milliseconds(minutes(2))}) {
    stopProperly();
    simulator_->jump(jump);
    ++jumps_;
    if (jump > minutes(30) && calmSince_ == TimePoint{}) calmSince_ = simulator_->clock().now();
    CHECKOUT_TRY(server_->start(simulator_->clock().ahead()));
    awaitQuiet(Milliseconds(20'000));
    if (jump < minutes(1)) accuseUnrepaired(lastFault);
    awaitEventsRead(Milliseconds(60'000));
  }
  stopProperly();
  return {};
}

Result<Outcome> Campaign::run() {
  start_ = nextReport_ = Steady::now();
  CHECKOUT_TRY(open());
  std::vector<std::thread> shoppers;
  for (int i = 0; i < plan_.shoppers; ++i) shoppers.emplace_back([this] { shop(); });
  auto bystanders = std::make_unique<Bystanders>(*town_, server_->setup(), server_->storeUrl(), plan_.seed);
  const auto rampaged = rampage();
  const bool reached = isReached();
  bystanders.reset();
  if (rampaged.ok() && !hasFoundExpected()) watchSlowStripe();
  closing_ = true;
  takeFaultsAway();
  if (!rampaged.ok() || plan_.expectedToFind != 0) isOver_ = true;
  for (std::thread& shopper : shoppers) shopper.join();
  CHECKOUT_TRY(rampaged);
  report();
  Verdict verdict;
  if (plan_.expectedToFind != 0) {
    verdict.violations = history_.violations();
  } else {
    CHECKOUT_TRY(calmDown());
    CHECKOUT_ASSIGN(examined, examineAfter(*town_, *server_, calmSince_));
    verdict = std::move(examined);
  }
  return Outcome{std::move(verdict),
                 recovery_.times(),
                 std::move(faults_),
                 kills_,
                 jumps_,
                 history_.sagas(),
                 history_.answers(),
                 reached};
}

}  // namespace checkout::chaos
