#include "model/settle.hpp"

#include <algorithm>

#include "model/invariants.hpp"
#include "model/who.hpp"

namespace checkout::model {
namespace {

constexpr Milliseconds kTwoDays{48 * 60 * 60 * 1000};
constexpr Milliseconds kBetweenSweeps{6 * 60 * 60 * 1000};
// An agent that has to wait again waits longer.
constexpr Milliseconds kWaits[] = {Milliseconds{5'000}, Milliseconds{60'000}, Milliseconds{3'600'000},
                                   Milliseconds{30 * 3'600'000}};
constexpr std::size_t kMostCalls = 12;

// Plays on, and remembers what was done.
class Player {
 public:
  Player(const Stage& stage, World& world, Ending& ending) : stage_(stage), world_(world), ending_(ending) {}

  // False if an invariant broke.
  bool play(Do what) {
    Action action;
    action.what = what;
    return !isEnabled(world_, action) || play(action);
  }
  bool play(const Action& action) {
    Happened happened;
    ending_.actions.push_back(action);
    ending_.actions.back().when = world_.now;
    const auto violation = act(stage_, world_, action, happened);
    if (violation) ending_.violations.push_back(*violation);
    return !violation;
  }
  // Time passes. The longer it takes the later timers run, which any server may do; else what is tried again
  // every few seconds would be tried too often here.
  bool rest(Milliseconds duration) {
    const TimePoint begin = world_.now, end = begin + duration;
    TimePoint nextSweep = begin;
    for (;;) {
      while (isPossible(Do::DebitSettles))
        if (!play(Do::DebitSettles)) return false;
      if (!deliverAll()) return false;
      if (world_.now >= nextSweep) {
        if (!play(Do::Sweep)) return false;
        nextSweep = world_.now + kBetweenSweeps;
      }
      const auto timer = nextTimer(world_);
      const TimePoint late = world_.now + (world_.now - begin) / 8;
      const TimePoint due = timer ? std::max(*timer, late) : nextSweep;
      world_.now = std::min({due, nextSweep, end});
      world_.stripe.expireOverdue(world_.now);
      if (world_.now == end) return true;
      if (timer && *timer <= world_.now && !play(Do::NextTimer)) return false;
    }
  }
  // One try for each event; what is refused is sent again later.
  bool deliverAll() {
    for (std::size_t tries = world_.stripe.events().size(); tries > 0; --tries) {
      if (!isPossible(Do::DeliverOldest)) return true;
      if (!play(Do::DeliverOldest)) return false;
    }
    return true;
  }

 private:
  bool isPossible(Do what) const {
    Action action;
    action.what = what;
    return isEnabled(world_, action);
  }

  const Stage& stage_;
  World& world_;
  Ending& ending_;
};

// An agent that does literally what it is told.
struct Literal {
  Knowledge World::*knows;
  UserId user;
  int wanted = 0;
  bool hasChosenShipping = false, isDone = false;
  std::size_t calls = 0, waits = 0;
};

// What was wrong for a while is so no more.
void becomeWell(World& world) {
  world.stripe.balanceIsEmpty = world.stripe.searchIsBehind = world.stripe.reversalsFail = false;
  world.clockWasSetBack = world.clockWasSetBack || world.clockError > Milliseconds{0};
  world.clockError = Milliseconds{0};
}

// What the agent does next; nullopt: nothing.
std::optional<Action> literally(const Knowledge& agent, bool hasChosenShipping) {
  const auto call = [](Do what, int number = 0) {
    Action action;
    action.what = what;
    action.number = number;
    return action;
  };
  if (agent.unanswered) {
    Action again = *agent.unanswered;
    again.fault = Fault::None;
    again.answerIsLost = false;
    return again;
  }
  const auto& [type, tool] = agent.advice;
  const Action start = agent.start.value_or(call(Do::Start));
  if (type == "none") return std::nullopt;
  if (type == "choose_shipping") return call(hasChosenShipping ? Do::OpenPage : Do::SelectParcel);
  if (type == "start_over" || tool == "checkout_start") return start;
  if (tool == "checkout_retry") return call(Do::Retry);
  if (tool == "checkout_pay") return call(Do::PayShown);  // with another method than the declined one
  if (tool == "checkout_cancel") return call(Do::Cancel);
  if (tool == "checkout_create_payment_session") return call(Do::OpenPage);
  if (tool == "postPaymentIntentsIntentConfirm") return call(Do::Confirm);
  if (tool == "cart_add_item") return call(Do::SetCart, 1);
  if (tool == "checkout_status" || type == "wait") return call(Do::Status);
  return std::nullopt;
}

}  // namespace

Ending settle(const Stage& stage, World world) {
  Ending ending;
  Player player(stage, world, ending);
  becomeWell(world);
  const bool isWell = player.rest(world.clockWasWrong ? 2 * kTwoDays : kTwoDays);
  if (isWell) ending.violations = checkEnd(world);
  return ending;
}

namespace {

// One call of the agent. False if an invariant broke.
bool takeTurn(Player& player, World& world, Literal& literal) {
  const bool isOther = literal.knows == &World::other;
  auto next = literally(world.*literal.knows, literal.hasChosenShipping);
  if (next) next->byOther = isOther;
  literal.isDone = !next || !isEnabled(world, *next) || literal.calls == kMostCalls;
  if (literal.isDone) return true;
  ++literal.calls;
  literal.hasChosenShipping |= next->what == Do::SelectParcel;
  if (next->what == Do::Status) {  // the customer does what the agent has passed on, and time passes
    for (const Do what : {Do::Pay, Do::Authenticate})
      if (!player.play(what)) return false;
    if (!player.rest(kWaits[std::min<std::size_t>(literal.waits++, std::size(kWaits) - 1)])) return false;
  }
  if (!player.play(*next)) return false;
  if (next->what == Do::SetCart) (world.*literal.knows).advice = {"start_over", ""};
  return true;
}

}  // namespace

Ending obey(const Stage& stage, World world) {
  Ending ending;
  std::vector<Literal> agents = {{&World::agent, kAnn}, {&World::other, kBen}};
  std::erase_if(agents, [&](const Literal& literal) {
    const Knowledge& knows = world.*literal.knows;
    return knows.advice.type.empty() && !knows.unanswered;
  });
  if (agents.empty()) return ending;
  Player player(stage, world, ending);
  becomeWell(world);
  for (Literal& literal : agents) literal.wanted = (world.*literal.knows).wanted;
  const auto isDone = [](const Literal& literal) { return literal.isDone; };
  while (!std::all_of(agents.begin(), agents.end(), isDone))
    for (Literal& literal : agents)
      if (!literal.isDone && !takeTurn(player, world, literal)) return ending;
  if (!player.rest(kBetweenSweeps)) return ending;
  for (const Literal& literal : agents) {
    const int kept = world.keptBy(literal.user);
    if (literal.calls == kMostCalls)
      ending.violations.push_back({"19 obeying nextAction ends", "it goes on after 12 calls"});
    if (kept > literal.wanted && literal.wanted == 0)
      ending.violations.push_back(
          {"19 what was cancelled is not bought", "the agent was told to buy it again"});
    else if (kept > literal.wanted)
      ending.violations.push_back({"19 obeying nextAction never buys twice",
                                   std::to_string(kept) + " payments are kept, " +
                                       std::to_string(literal.wanted) + " purchases were wanted"});
  }
  return ending;
}

namespace {

bool isToldToRepeat(const Knowledge& agent) {
  // It is told to use another key, or to look at the checkout that has this one.
  if (agent.refused->code == ErrorCode::IdempotencyConflict || agent.advice.type == "start_over")
    return false;
  if (agent.advice.type == "retry" && agent.advice.tool.empty()) return true;
  const auto next = literally(agent, false);
  return next && (next->what == Do::Status || next->what == agent.refused->call.what);
}

}  // namespace

Ending persist(const Stage& stage, World world) {
  Ending ending;
  if (!world.agent.refused) return ending;
  const int wanted = world.agent.wanted;
  Player player(stage, world, ending);
  becomeWell(world);
  Action again;
  again.what = Do::RepeatRefused;
  std::size_t calls = 0;
  for (; calls < kMostCalls && isEnabled(world, again); ++calls) {
    if (isToldToRepeat(world.agent) && !player.rest(kWaits[std::min(calls, std::size(kWaits) - 1)]))
      return ending;
    if (!player.play(again)) return ending;
  }
  if (calls == kMostCalls && world.agent.refused && isToldToRepeat(world.agent))
    ending.violations.push_back({"19 a call that is refused is not to be repeated for ever",
                                 "after 12 times it is still told to be repeated"});
  if (!player.rest(kBetweenSweeps)) return ending;
  if (world.keptBy(kAnn) > wanted)
    ending.violations.push_back({"19 repeating a refused call never buys twice",
                                 std::to_string(world.keptBy(kAnn)) + " payments are kept, " +
                                     std::to_string(wanted) + " purchases were wanted"});
  return ending;
}

}  // namespace checkout::model
