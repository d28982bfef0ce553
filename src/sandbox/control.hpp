// /_sandbox/…: what no merchant can do at Stripe. No key is needed.
//
//   POST /_sandbox/checkout/sessions/{id}/pay   {"card" | "iban", "email", "name", "authenticate":
//   "accept|refuse"} POST /_sandbox/payment_intents/{id}/settle  {"outcome": "succeeded|failed|lapsed"} POST
//   /_sandbox/charges/{id}/dispute POST /_sandbox/disputes/{id}/close          {"status": "won|lost"} POST
//   /_sandbox/settings                     {"automatic_tax": true}: the default of sessions that don't say
//   GET, POST /_sandbox/clock                   {"advance_ms": N}
//   GET, POST, DELETE /_sandbox/faults          a rule or an array of rules (faults.hpp)
//   GET /_sandbox/ledger                        everything; with an API key, that account only
#pragma once

#include <checkout/http.hpp>

#include "sandbox/world.hpp"

namespace checkout::sandbox {

HttpResponse serveControl(World& world, const HttpRequest& request);

// All accounts, or the one whose secret key is given.
Json ledger(const World& world, const std::string& secretKey);

}  // namespace checkout::sandbox
