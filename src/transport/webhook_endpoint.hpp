// POST /webhooks/stripe/{tenant_id}: hands the raw bytes on and turns the outcome into the status that makes
// the sender do the right thing. Stripe repeats everything that is not 2xx.
#pragma once

#include <functional>
#include <string_view>

#include <checkout/ids.hpp>
#include <checkout/result.hpp>

#include "base/lane.hpp"
#include "transport/router.hpp"

namespace checkout::transport {

// `receive` runs in the lane, for it may wait for the payment provider; its success must mean that the event
// is durable. 200 then; 404 for TenantNotFound, 400 for Unauthenticated, Forbidden and ValidationFailed,
// else, and for a tenant that has its share of the lane, 503 with Retry-After.
using ReceiveWebhook =
    std::function<Result<void>(const TenantId& tenant, std::string_view rawBody, std::string_view signature)>;

// `lane` must outlive the requests, and what `receive` uses the lane.
RouteHandler webhookEndpoint(ReceiveWebhook receive, Lane& lane);

}  // namespace checkout::transport
