// Stripe's errors in this program's words: what an agent gets to see, and whether it may retry. What each
// documented code means stands in error_codes.cpp.
#pragma once

#include <optional>
#include <string>

#include <checkout/error.hpp>

namespace checkout::stripe {

// `error` is the `error` member of a Stripe answer, or a PaymentIntent's last_payment_error (then httpStatus
// is 402). Unknown types and codes fall back to the status. details: stripeCode?, declineCode?, param?,
// requestId?, merchantMustAct?. Reasons that Stripe wants kept from the customer (lost, stolen, fraud) read
// as a plain decline.
Error errorFromStripe(int httpStatus, const Json& error, const std::optional<std::string>& requestId);

// The code says that the same request may succeed a little later.
bool isTransient(const Json& error);

// What Stripe says to the merchant (which permission is missing), without the keys that it may repeat.
std::string messageForLog(const Json& error);

}  // namespace checkout::stripe
