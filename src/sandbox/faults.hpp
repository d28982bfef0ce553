// Failures on demand. Rules are matched against requests and webhook events; each decides with its own seeded
// generator, so that a run can be repeated.
#pragma once

#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/clock.hpp>
#include <checkout/http.hpp>
#include <checkout/result.hpp>

namespace checkout::sandbox {

enum class FaultKind {
  // On the wire.
  Latency,       // wait, then serve
  LatencyAfter,  // serve, then wait with the answer
  StatusBefore,  // answer with `status`, nothing happens
  StatusAfter,   // it happens, but the answer is `status`
  ResetBefore,   // connection reset, nothing happens
  ResetAfter,    // it happens, then the connection is reset
  Truncate,      // it happens, half of the answer arrives
  RateLimit,     // 429 with Retry-After, nothing happens
  // On webhooks.
  Duplicate,  // delivered twice
  Drop,       // never delivered
  Delay,      // delivered `latency` later
  Reorder,    // delivered after the endpoint's next event, or `latency` later if none comes
};

struct Fault {
  FaultKind kind = FaultKind::Latency;
  int status = 500;
  Milliseconds latency{0};
  bool remembered = false;          // does the idempotency key keep this answer?
  std::optional<std::string> body;  // instead of a Stripe error object
  HttpHeaders headers;              // added to the answer
};

// Not thread-safe.
class FaultRules {
 public:
  // Takes one rule or an array of them (docs: POST /_sandbox/faults); on an error none is added.
  Result<void> add(const Json& rules);
  void clear() { rules_.clear(); }
  Json describe() const;  // the rules as given, with how often each struck

  // Those that strike this request, at most one of each kind.
  std::vector<Fault> strikeRequest(std::string_view method, std::string_view path);
  std::vector<Fault> strikeEvent(std::string_view type);

 private:
  struct Rule {
    Json given;
    Fault fault;
    std::string method, pathPrefix, eventType;  // empty: any
    double probability = 1;
    std::int64_t times = -1;  // strikes left; negative: no end
    std::int64_t strikes = 0;
    std::mt19937_64 random;
  };
  static Result<Rule> parse(const Json& given);
  static bool strikes(Rule& rule);

  std::deque<Rule> rules_;
};

}  // namespace checkout::sandbox
