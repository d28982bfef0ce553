// One logical call to Stripe's REST API: headers, retries within a deadline, and a verdict on what is known
// of its effect. Knows nothing of what the objects mean.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <checkout/http.hpp>
#include <checkout/tenant.hpp>

#include "base/json_gate.hpp"
#include "stripe/gateway.hpp"
#include "stripe/rate_limiter.hpp"

namespace checkout::stripe {

inline constexpr char kStripeVersion[] = "2026-10-28.endive";
inline constexpr JsonLimits kAnswerLimits{.maxBytes = 4 * 1024 * 1024,
                                          .maxDepth = 64,
                                          .maxNodes = 100'000,
                                          .maxString = 64 * 1024,
                                          .maxMembers = 1'000};

struct ApiCall {
  std::string method;  // GET, POST
  std::string target;  // path and query
  std::string body;
  std::optional<std::string> idempotencyKey;  // on every POST
};

// The request as it goes out, key included; in the name of the tenant's connected account if it has one.
enum class OnBehalf { OfAccount, OfPlatform };
HttpRequest toRequest(const StripeSettings& settings, const ApiCall& call,
                      OnBehalf onBehalf = OnBehalf::OfAccount);

struct ApiAnswer {
  // Unknown: the call may or may not have taken effect.
  enum class Kind { Succeeded, Refused, Unknown };
  Kind kind = Kind::Unknown;
  Json object;                 // Succeeded: the answer. Refused: its `error` member, if there was one
  std::optional<Error> error;  // Refused and Unknown
  std::optional<std::string> requestId;
  std::optional<TimePoint> asOf;  // Stripe's own time
  int status = 0;                 // HTTP's; 0: none came
  bool temporary = false;         // Refused: never reached Stripe, or came at a busy moment
  bool notSent = false;           // Refused: Stripe has certainly not seen it
  bool isReplay = false;          // Succeeded: it was kept under the key since before this call
  bool replayedFailure = false;   // Unknown: the key replays a stored 5xx, now and later
};

// Thread-safe; keeps references only.
class Api {
 public:
  Api(HttpClient& http, const Clock& clock, GatewayOptions options);
  ApiAnswer call(const Tenant& tenant, const ApiCall& call) const;

 private:
  std::optional<Milliseconds> waitForRoom(const Tenant& tenant, const ApiCall& call) const;
  void tellOf(CircuitBreaker::Change change, const Tenant& tenant, const ApiCall& call) const;
  ApiAnswer callClosed(const Tenant& tenant, const ApiCall& call, CircuitBreaker::Health& health) const;

  HttpClient& http_;
  const Clock& clock_;
  GatewayOptions options_;
  mutable CircuitBreaker breaker_;  // both have locks of their own
  mutable RateLimiter limiter_;
};

}  // namespace checkout::stripe
