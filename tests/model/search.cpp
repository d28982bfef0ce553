#include "model/search.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_set>

namespace checkout::model {
namespace {

struct PrintHash {
  std::size_t operator()(const Print& print) const { return static_cast<std::size_t>(print.low); }
};

class Visited {
 public:
  bool insert(const Print& print) {
    Shard& shard = shards_[print.high % shards_.size()];
    const std::lock_guard lock(shard.mutex);
    return shard.prints.insert(print).second;
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_set<Print, PrintHash> prints;
  };
  std::array<Shard, 64> shards_;
};

std::optional<Rare> rarityOf(Do what) {
  switch (what) {
    case Do::SetCart:
      return Rare::Cart;
    case Do::Start:
    case Do::StartWithKey:
    case Do::StartWithMethod:
    case Do::StartElsewhere:
    case Do::StartAtOtherTotal:
    case Do::RepeatApproved:
      return Rare::Start;
    case Do::SelectExpress:
    case Do::SelectParcel:
    case Do::OpenPage:
    case Do::Status:
    case Do::Cancel:
    case Do::Retry:
    case Do::Confirm:
    case Do::PayShown:
    case Do::PayOlder:
    case Do::PayRemembered:
    case Do::RepeatRefused:
      return Rare::Command;
    case Do::ExpireSession:
    case Do::CancelIntent:
    case Do::RefundPart:
    case Do::RefundAll:
    case Do::EmptyBalance:
    case Do::SearchFallsBehind:
    case Do::ReversalsFail:
    case Do::RemoveCard:
      return Rare::Dashboard;
    case Do::PayDeclined:
    case Do::PayByDebit:
    case Do::RefuseChallenge:
    case Do::DebitFails:
    case Do::RefundComesBack:
    case Do::Dispute:
    case Do::DisputeWon:
    case Do::DisputeLost:
      return Rare::Bank;
    case Do::DeliverNewest:
    case Do::DeliverAgain:
    case Do::FailWebhook:
    case Do::SkipWebhook:
      return Rare::Webhook;
    case Do::Resume:
    case Do::OperatorRefundPart:
    case Do::OperatorRefundAll:
    case Do::Resolve:
      return Rare::Operator;
    case Do::ADayWithoutServer:
    case Do::ClockGoesAhead:
    case Do::ClockFallsBehind:
      return Rare::Jump;
    default:
      return std::nullopt;
  }
}

bool takeFrom(Budget& budget, Rare rare) {
  std::int8_t& left = budget[static_cast<std::size_t>(rare)];
  if (left <= 0) return false;
  --left;
  return true;
}

// The world after the action, its cost paid; nullopt if it is too dear, or not possible.
std::optional<World> after(const Stage& stage, const World& world, const Action& action, Happened& happened,
                           std::optional<Violation>& violation) {
  if (!isEnabled(world, action)) return std::nullopt;
  World next = world;
  const auto rare = rarityOf(action.what);
  if (rare && !takeFrom(next.left, *rare)) return std::nullopt;
  if ((action.fault != Fault::None || action.answerIsLost) && !takeFrom(next.left, Rare::Fault))
    return std::nullopt;
  violation = act(stage, next, action, happened);
  return next;
}

// Everything that can go wrong with an action which went well like this.
std::vector<Action> cutsOf(const Scope& scope, const Action& action, const Happened& well) {
  std::vector<Action> all;
  const auto happens = [&](Fault fault) {
    return scope.faults.empty() ||
           std::find(scope.faults.begin(), scope.faults.end(), fault) != scope.faults.end();
  };
  const auto add = [&](Fault fault, std::size_t at) {
    if (!happens(fault)) return;
    all.push_back(action);
    all.back().fault = fault;
    all.back().at = at;
  };
  for (std::size_t i = 0; i < well.cut.commits.size(); ++i) add(Fault::DiesAfterCommit, i);
  for (std::size_t i = 0; i < well.cut.calls.size(); ++i) {
    const bool looks = well.cut.calls[i].rfind("retrieve", 0) == 0 ||
                       well.cut.calls[i].rfind("find", 0) == 0 || well.cut.calls[i].rfind("list", 0) == 0;
    add(Fault::LostBefore, i);
    if (looks) continue;
    for (const Fault fault : {Fault::DiesAfterCall, Fault::LostAfter, Fault::Busy, Fault::NotSent,
                              Fault::StoredFailure, Fault::StoredWithEffect})
      add(fault, i);
  }
  if (happens(Fault::None) && (well.answer || well.error)) {
    all.push_back(action);
    all.back().answerIsLost = true;
  }
  return all;
}

std::vector<Action> choices(const Scope& scope) {
  std::vector<Action> all;
  for (const Do what : scope.doings) {
    Action action;
    action.what = what;
    const auto& numbers = what == Do::SetCart ? scope.carts : scope.methods;
    const bool hasNumber = what == Do::SetCart || what == Do::StartWithMethod ||
                           what == Do::StartAtOtherTotal || what == Do::PayShown || what == Do::PayRemembered;
    if (!hasNumber) {
      all.push_back(action);
      continue;
    }
    for (const int number : numbers) {
      action.number = number;
      all.push_back(action);
    }
  }
  if (!scope.hasOther) return all;
  for (std::size_t i = 0, end = all.size(); i < end; ++i) {
    if (!isAgents(all[i].what)) continue;
    all.push_back(all[i]);
    all.back().byOther = true;
  }
  return all;
}

World beginning(const Scope& scope, const Stage& stage) {
  World world = begin(scope, stage);
  for (const Action& action : scope.prelude) {
    Happened happened;
    (void)act(stage, world, action, happened);
  }
  return world;
}

// Violations that differ in numbers only are of one kind.
std::string kindOf(const Violation& violation) {
  std::string kind = violation.invariant + violation.what;
  std::erase_if(kind, [](unsigned char c) { return std::isdigit(c) != 0; });
  return kind;
}

std::optional<Violation> sameKind(const std::vector<Violation>& violations, const std::string& invariant) {
  for (const Violation& violation : violations)
    if (violation.invariant == invariant) return violation;
  return std::nullopt;
}

constexpr std::array kEnds = {Story::End::Settled, Story::End::Obeyed, Story::End::Persisted};

Ending endOf(Story::End end, const Stage& stage, const World& world) {
  return end == Story::End::Settled  ? settle(stage, world)
         : end == Story::End::Obeyed ? obey(stage, world)
                                     : persist(stage, world);
}

// Does this story still end in a violation of that invariant? Its words are the new ones then.
std::optional<Violation> replay(const Scope& scope, const Stage& stage, const Story& story) {
  World world = beginning(scope, stage);
  world.left.fill(100);
  for (std::size_t i = 0; i < story.actions.size(); ++i) {
    Happened happened;
    std::optional<Violation> violation;
    auto next = after(stage, world, story.actions[i], happened, violation);
    if (!next) return std::nullopt;
    const Action& action = story.actions[i];
    const bool missesItsCut =
        (action.fault == Fault::DiesAfterCommit && happened.cut.commits.size() <= action.at) ||
        (action.fault != Fault::None && action.fault != Fault::DiesAfterCommit &&
         happened.cut.calls.size() <= action.at);
    if (missesItsCut) return std::nullopt;
    const bool isLast = i + 1 == story.actions.size();
    if (violation)
      return isLast && story.end == Story::End::Step && violation->invariant == story.violation.invariant
                 ? violation
                 : std::nullopt;
    world = std::move(*next);
  }
  if (story.end == Story::End::Step) return std::nullopt;
  const Ending ending = endOf(story.end, stage, world);
  return sameKind(ending.violations, story.violation.invariant);
}

// Leaves out whatever the violation does not need.
Story shortened(const Scope& scope, const Stage& stage, const Stage* control, Story story) {
  const auto breaks = [&](const Story& shorter) {
    auto violation = replay(scope, stage, shorter);
    if (violation && control != nullptr && replay(scope, *control, shorter)) violation.reset();
    return violation;
  };
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (std::size_t i = story.actions.size(); i-- > 0;) {
      Story without = story;
      without.actions.erase(without.actions.begin() + static_cast<std::ptrdiff_t>(i));
      auto violation = breaks(without);
      if (!violation && (story.actions[i].fault != Fault::None || story.actions[i].answerIsLost)) {
        without = story;
        without.actions[i].fault = Fault::None;
        without.actions[i].answerIsLost = false;
        violation = breaks(without);
      }
      if (!violation) continue;
      story = std::move(without);
      story.violation = *violation;
      shorter = true;
      break;
    }
  }
  return story;
}

struct Node {
  std::size_t parent = 0;
  Action action;
};

struct Open {
  World world;
  std::size_t node = 0;
};

class Search {
 public:
  Search(const Scope& scope, const Stage& stage, const Limits& limits)
      : scope_(scope), stage_(stage), limits_(limits), choices_(choices(scope)) {}

  Report run() {
    std::vector<Open> level;
    nodes_.push_back({});
    level.push_back({beginning(scope_, stage_), 0});
    visited_.insert(level.front().world.print());
    report_.states = 1;
    report_.isComplete = true;
    while (!level.empty() && report_.depth < limits_.depth && !isOver()) {
      level = expand(level);
      if (!level.empty()) ++report_.depth;
      if (!limits_.keepsGoing && !report_.stories.empty()) break;
    }
    report_.isComplete = report_.isComplete && level.empty();
    for (Story& story : report_.stories) story = shortened(scope_, stage_, limits_.control, std::move(story));
    return std::move(report_);
  }

 private:
  bool isOver() const { return std::chrono::steady_clock::now() >= limits_.until; }

  std::vector<Open> expand(std::vector<Open>& level) {
    std::atomic<std::size_t> next{0};
    std::vector<std::vector<Open>> found(static_cast<std::size_t>(limits_.threads));
    std::vector<std::thread> threads;
    for (auto& mine : found)
      threads.emplace_back([&] {
        for (std::size_t i = next++; i < level.size() && !isOver(); i = next++) {
          expandOne(level[i], mine);
          level[i].world = World{};
        }
      });
    for (std::thread& thread : threads) thread.join();
    if (next < level.size()) report_.isComplete = false;
    std::vector<Open> all;
    for (auto& mine : found) std::move(mine.begin(), mine.end(), std::back_inserter(all));
    if (all.size() > limits_.frontier) {
      report_.isComplete = false;
      std::mt19937_64 dice(all.size());
      std::shuffle(all.begin(), all.end(), dice);
      all.resize(limits_.frontier);
    }
    return all;
  }

  void expandOne(const Open& open, std::vector<Open>& mine) {
    for (const Action& choice : choices_) {
      Happened well;
      if (!tryOne(open, choice, well, mine)) continue;
      if (open.world.left[static_cast<std::size_t>(Rare::Fault)] <= 0) continue;
      for (const Action& cut : cutsOf(scope_, choice, well)) {
        Happened happened;
        (void)tryOne(open, cut, happened, mine);
      }
    }
  }

  bool tryOne(const Open& open, const Action& action, Happened& happened, std::vector<Open>& mine) {
    std::optional<Violation> violation;
    auto next = after(stage_, open.world, action, happened, violation);
    if (!next) return false;
    ++transitions_;
    if (violation) {
      keep({*violation, pathTo(open.node, action), Story::End::Step});
      return true;
    }
    const Print print = next->print();
    if (!visited_.insert(print)) return true;
    if (print.low % limits_.settleEvery == 0) {
      for (const Story::End end : kEnds)
        for (const Violation& found : endOf(end, stage_, *next).violations)
          keep({found, pathTo(open.node, action), end});
    }
    const std::lock_guard lock(mutex_);
    ++report_.states;
    report_.transitions = transitions_;
    nodes_.push_back({open.node, action});
    mine.push_back({std::move(*next), nodes_.size() - 1});
    return true;
  }

  std::vector<Action> pathTo(std::size_t node, const Action& last) {
    const std::lock_guard lock(mutex_);
    std::vector<Action> path{last};
    for (; node != 0; node = nodes_[node].parent) path.push_back(nodes_[node].action);
    std::reverse(path.begin(), path.end());
    return path;
  }

  void keep(Story story) {
    const std::string& wanted = limits_.invariant;
    if (!wanted.empty() && story.violation.invariant.rfind(wanted + " ", 0) != 0) return;
    if (limits_.control != nullptr && replay(scope_, *limits_.control, story)) return;
    const std::lock_guard lock(mutex_);
    for (const Story& known : report_.stories)
      if (kindOf(known.violation) == kindOf(story.violation)) return;
    report_.stories.push_back(std::move(story));
  }

  const Scope& scope_;
  const Stage& stage_;
  const Limits limits_;
  const std::vector<Action> choices_;
  Visited visited_;
  std::atomic<std::size_t> transitions_{0};
  std::mutex mutex_;  // guards what follows
  std::deque<Node> nodes_;
  Report report_;
};

}  // namespace

World begin(const Scope& scope, const Stage& stage) {
  World world = stage.begin(scope.budget, scope.goods);
  const auto has = [&](Do what) {
    return std::find(scope.doings.begin(), scope.doings.end(), what) != scope.doings.end();
  };
  for (Knowledge* agent : {&world.agent, &world.other}) {
    agent->isStubborn = has(Do::RepeatRefused);
    agent->remembersGoods = has(Do::PayRemembered);
  }
  return world;
}

Report search(const Scope& scope, const Stage& stage, const Limits& limits) {
  return Search(scope, stage, limits).run();
}

Report walk(const Scope& scope, const Stage& stage, const Limits& limits, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  const auto all = choices(scope);
  const auto oneIn = [&](unsigned n) { return dice() % n == 0; };
  Report report;
  while (std::chrono::steady_clock::now() < limits.until && report.stories.empty()) {
    World world = beginning(scope, stage);
    for (std::int8_t& left : world.left) left = static_cast<std::int8_t>(left * 2);
    Story story;
    for (std::size_t step = 0; step < limits.depth && report.stories.empty(); ++step) {
      Action action = all[dice() % all.size()];
      if (oneIn(8)) {
        action.fault = static_cast<Fault>(1 + dice() % 8);
        action.at = dice() % 4;
      }
      Happened happened;
      std::optional<Violation> violation;
      auto next = after(stage, world, action, happened, violation);
      if (!next) continue;
      ++report.transitions;
      story.actions.push_back(action);
      if (violation) {
        story.violation = *violation;
        report.stories.push_back(story);
        break;
      }
      world = std::move(*next);
      ++report.states;
      report.depth = std::max(report.depth, story.actions.size());
      if (!oneIn(limits.settleEvery)) continue;
      for (const Story::End end : kEnds) {
        const Ending ending = endOf(end, stage, world);
        if (ending.violations.empty()) continue;
        report.stories.push_back({ending.violations.front(), story.actions, end});
        break;
      }
    }
  }
  for (Story& story : report.stories) story = shortened(scope, stage, limits.control, std::move(story));
  return report;
}

}  // namespace checkout::model
