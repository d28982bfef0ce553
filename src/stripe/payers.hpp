// Customers of Stripe's, and what is saved for them: who may be charged with a saved payment method.
#pragma once

#include <string>

#include <checkout/payment_gateway.hpp>

#include "stripe/api.hpp"

namespace checkout::stripe {

PayerOutcome findPayer(const Api& api, const Tenant& tenant, const std::string& paymentMethodId);
PayerOutcome ensureCustomer(const Api& api, const Tenant& tenant, const std::string& userDigest,
                            const std::string& gone);

// What Stripe's `error` object says of the payment method or customer that a payment named.
CallOutcome::Refused refusedOf(const Json& error);

}  // namespace checkout::stripe
