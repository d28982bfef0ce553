// One run: shoppers by the dozen, a simulator that lies, and a server that is killed again and again.
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "chaos/checker.hpp"
#include "chaos/server.hpp"
#include "chaos/shopper.hpp"
#include "chaos/simulator.hpp"

namespace checkout::chaos {

struct Plan {
  std::uint64_t seed = 1;
  std::size_t sagas = 1'000;
  int kills = 50;
  Milliseconds limit{120'000};
  int shoppers = 32;
  std::string bug;         // empty: none
  int expectedToFind = 0;  // ends, unexamined, when this invariant was seen to break; 0: none
  std::filesystem::path server, folder;
};

// How long it took from each kill until a call that was sent after it was answered.
class Recovery {
 public:
  void killed();
  void answered(std::chrono::steady_clock::time_point sentAt);
  std::vector<Milliseconds> times() const;

 private:
  std::atomic<bool> waits_{false};
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point killedAt_;
  std::vector<Milliseconds> times_;
};

struct Outcome {
  Verdict verdict;
  std::vector<Milliseconds> recovery;
  std::map<std::string, std::int64_t> faults;  // by kind, how often they struck
  int kills = 0, jumps = 0;
  std::size_t sagas = 0;
  std::uint64_t answers = 0;
  bool targetsReached = false;
};

class Campaign {
 public:
  explicit Campaign(Plan plan);
  Result<Outcome> run();
  const History& history() const { return history_; }

 private:
  Result<void> open();
  void shop();  // a shopper's thread
  void playTicket(std::uint64_t ticket);
  bool comeBack(std::uint64_t seed);
  Result<void> rampage();  // kills until the targets are reached
  void watchSlowStripe();  // and who has nothing to do with it
  bool isAnsweredAtOnce(const std::string& what, const std::function<bool()>& ask);
  Result<void> restart(Milliseconds jump);
  bool wait(Milliseconds time);  // false: the server ended by itself meanwhile
  void takeFaultsAway();
  void report();
  Result<void> calmDown();  // after the last kill: until everything should be at rest
  void awaitQuiet(Milliseconds patience);
  void awaitEventsRead(Milliseconds patience);
  void stopProperly();
  std::vector<Violation> unrepaired();
  void accuseUnrepaired(std::chrono::steady_clock::time_point lastFault);
  bool isReached() const;
  bool hasFoundExpected() const;

  const Plan plan_;
  std::mt19937_64 dice_;
  History history_;
  Recovery recovery_;
  std::vector<Shop> shops_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<Simulator> simulator_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Town> town_;
  std::chrono::steady_clock::time_point start_, nextReport_;
  std::atomic<bool> closing_{false}, isOver_{false};
  std::atomic<std::uint64_t> tickets_{0};
  int kills_ = 0, jumps_ = 0;
  TimePoint calmSince_;
  std::map<std::string, std::int64_t> faults_;  // by kind, how often they struck

  struct Abandoned {
    Identity who;
    int jumpsBefore = 0;
  };
  std::mutex mutex_;  // guards what follows
  std::deque<Abandoned> abandoned_;
  std::atomic<int> jumpsSeen_{0};
};

}  // namespace checkout::chaos
