// Stripe behind the PaymentGateway port.
#pragma once

#include <functional>
#include <memory>

#include <checkout/clock.hpp>
#include <checkout/http.hpp>
#include <checkout/payment_gateway.hpp>

#include "stripe/circuit_breaker.hpp"

namespace checkout {
class Metrics;
}

namespace checkout::stripe {

struct GatewayOptions {
  Milliseconds deadline{20000};  // of one port call, retries and waits included
  int maxAttempts = 3;
  std::function<void(Milliseconds)> wait = {};  // between attempts; empty: the calling thread sleeps
  BreakerOptions breaker = {};                  // a circuit for each tenant's reads, and one for its writes
  Metrics* metrics = nullptr;                   // where to count; must outlive the gateway
};

// Both references must outlive the gateway. Thread-safe.
//
// execute() speaks for itself alone: Failed with PaymentServiceError or RateLimited says that *this*
// execution changed nothing. If an earlier one of the same plan ended Unknown, the outcome stays unknown
// until an execution succeeds, fails otherwise, or the object is looked up. While Stripe does not answer,
// calls soon fail at once: temporary, nothing sent, and never "there is no such object". A confirmation with
// card data makes a plan without a path; execute() answers it with CardNumberRejected and sends nothing.
std::unique_ptr<PaymentGateway> makeStripeGateway(HttpClient& http, const Clock& clock,
                                                  GatewayOptions options = {});

}  // namespace checkout::stripe
