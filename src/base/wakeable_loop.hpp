// A thread that runs one function again and again, and sleeps in between until it is woken or its time comes.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include <checkout/clock.hpp>

namespace checkout {

class WakeableLoop {
 public:
  // Does what is to be done, and says how long to sleep at most; nullopt: until woken. Must not throw.
  using Round = std::function<std::optional<Milliseconds>()>;

  explicit WakeableLoop(Round round);  // the first round starts at once
  ~WakeableLoop();                     // stop()
  WakeableLoop(const WakeableLoop&) = delete;
  WakeableLoop& operator=(const WakeableLoop&) = delete;

  // Another round is due, even if one is under way. Any thread; never blocks on a round.
  void wake();
  // Waits for the round under way, if there is one, and runs no more. Harmless to repeat. Not from a round.
  void stop();
  bool stopping() const;  // for rounds that take long

 private:
  void run();

  const Round round_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = true;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace checkout
