// Where physical goods go, as Stripe wants it on a PaymentIntent.
#pragma once

#include <string>

#include <checkout/saga.hpp>

#include "stripe/form_encoding.hpp"

namespace checkout::stripe {

// Adds `prefix`[name], `prefix`[address][line1], … Stripe requires both of these: without one of them,
// nothing.
void addShipping(Form& form, const std::string& prefix, const Address& address);

}  // namespace checkout::stripe
