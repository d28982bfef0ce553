// Leaves Stripe alone for a while after it has not answered several times in a row: calls fail at once
// instead of each after its whole deadline, and an overloaded Stripe is not kept busy by us.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <checkout/clock.hpp>

namespace checkout::stripe {

struct BreakerOptions {
  int failuresToOpen = 5;         // in a row
  Milliseconds firstPause{5000};  // doubled each time that the probe after it fails
  Milliseconds longestPause{30000};
};

// What a circuit is for (a tenant's reads, its writes) is named by a key; circuits know nothing of each
// other. Closed, calls go through. Open, they don't, for a pause. After it one call goes through as a probe,
// and its outcome closes the circuit or opens it for longer. Thread-safe; `clock` must outlive it.
class CircuitBreaker {
 public:
  CircuitBreaker(const Clock& clock, BreakerOptions options) : clock_(clock), options_(options) {}

  // How long calls still have to wait; nothing if this one may go. Then report() has to follow.
  std::optional<Milliseconds> enter(const std::string& key);

  // What a call has shown: Stripe answers, it doesn't, or nothing either way. The last leaves the circuit as
  // it is, and the next call is the probe if this one was.
  enum class Health { Up, Down, Unknown };
  enum class Change { None, Opened, Closed };
  Change report(const std::string& key, Health health);

 private:
  struct Circuit {
    int failures = 0;       // in a row, while closed
    Milliseconds pause{0};  // 0: closed
    TimePoint openedAt;
    bool isProbed = false;  // a call is out to find out
  };

  const Clock& clock_;
  const BreakerOptions options_;
  std::mutex mutex_;
  std::map<std::string, Circuit> circuits_;
};

}  // namespace checkout::stripe
