// Stripe's errors in this program's words: one table decides what an agent gets to see and whether it may
// retry.
#pragma once

#include <optional>
#include <string>

#include <checkout/error.hpp>

namespace checkout::stripe {

// `error` is the `error` member of a Stripe answer, or a PaymentIntent's last_payment_error (then httpStatus
// is 402). Unknown types and codes fall back to the status. details: stripeCode?, declineCode?, param?,
// requestId?. Reasons that Stripe wants kept from the customer (lost, stolen, fraud) read as a plain decline.
Error errorFromStripe(int httpStatus, const Json& error, const std::optional<std::string>& requestId);

}  // namespace checkout::stripe
