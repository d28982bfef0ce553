// Breadth-first search of everything that can happen within a scope, and the shortest story of each
// violation.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "model/settle.hpp"

namespace checkout::model {

// A part of the world that is small enough to be searched: who takes part, and how often what is seldom
// happens.
struct Scope {
  std::string name;
  std::vector<Do> doings;
  Budget budget{};
  int goods = 1;                  // in the cart at first, as SetCart's number
  std::vector<int> carts = {};    // other contents that SetCart may choose
  std::vector<int> methods = {};  // of kMethods
  std::optional<std::int64_t> approvalThreshold = {};
  bool keepsCards = false;           // the shop keeps saved cards
  bool hasOther = false;             // another user's agent comes upon the same cart
  std::vector<Fault> faults = {};    // empty: all of them; None: the agent misses answers
  std::vector<Action> prelude = {};  // what has happened before
};
std::vector<Scope> scopes();
World begin(const Scope& scope, const Stage& stage);  // before the prelude

struct Limits {
  std::chrono::steady_clock::time_point until;
  std::size_t depth = 64;
  std::size_t frontier = 120'000;  // states of one level that are kept; more are sampled
  unsigned settleEvery = 16;       // of so many states one is left alone, and one obeyed
  int threads = 2;
  bool keepsGoing = false;  // after the first violation
  std::string invariant;    // only violations of this one count; empty: of any
  // A story that breaks an invariant here too is not kept: it is not the fault of what is searched.
  const Stage* control = nullptr;
};

struct Story {
  Violation violation;
  std::vector<Action> actions;  // from the beginning of the scope
  enum class End { Step, Settled, Obeyed, Persisted } end = End::Step;
};

struct Report {
  std::size_t states = 0, transitions = 0, depth = 0;
  bool isComplete = false;     // everything within the scope was seen
  std::vector<Story> stories;  // one for each kind of violation
};

Report search(const Scope& scope, const Stage& stage, const Limits& limits);
// Random walks instead: deeper, and without a claim.
Report walk(const Scope& scope, const Stage& stage, const Limits& limits, std::uint64_t seed);

// One sentence a line, in the words of tests/golden/saga.
std::string tell(const Scope& scope, const Stage& stage, const Story& story);

}  // namespace checkout::model
