// The bodies of PaymentIntent calls.
#pragma once

#include <optional>
#include <string>

#include <checkout/payment_gateway.hpp>

namespace checkout::stripe {

// Creates and confirms at once. Pure: equal requests give equal bytes.
std::string createIntentBody(const Tenant& tenant, const PaymentRequest& request);

// Nothing if `parameters` is no object, carries card data (a `card` member elsewhere than in
// payment_method_options, a number, a CVC or an expiry date anywhere), or has brackets in a member name,
// which would unfold into another parameter than the one that was checked.
std::optional<std::string> confirmIntentBody(const Json& parameters);

std::string cancelIntentBody();

}  // namespace checkout::stripe
