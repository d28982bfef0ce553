// The body of POST /v1/checkout/sessions.
#pragma once

#include <string>

#include <checkout/payment_gateway.hpp>

namespace checkout::stripe {

// Pure: equal requests give equal bytes.
std::string createSessionBody(const Tenant& tenant, const PaymentRequest& request);

}  // namespace checkout::stripe
