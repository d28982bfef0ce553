// Reads a tenant's Stripe settings and its secrets.
#pragma once

#include <vector>

#include <checkout/tenant.hpp>

#include "app/config/document.hpp"
#include "app/config/environment.hpp"

namespace checkout::app {

StripeSettings readStripe(const Node& node, const Environment& environment,
                          std::vector<ConfigProblem>& problems);

// sk_live_… and rk_live_… move real money.
bool isLiveKey(const Secret& key);

}  // namespace checkout::app
