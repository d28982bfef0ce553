// The plain routes: /healthz, /readyz, /metrics, and the pages on which a customer lands after Stripe's.
#pragma once

#include <functional>
#include <string>

#include <checkout/result.hpp>

#include "transport/router.hpp"

namespace checkout::transport {

struct RestRoutes {
  std::function<Result<void>()> ready;   // can requests be served now? An error becomes 503
  std::function<std::string()> metrics;  // Prometheus text
};

// Both functions are called on request threads, several at once.
void addRestRoutes(Router& router, RestRoutes routes);

}  // namespace checkout::transport
