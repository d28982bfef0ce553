// The payment methods that a tenant allows. Stripe offers those of them that suit the payment; an API version
// before 2026-10 had payment_method_types, a fixed list, in this place.
#pragma once

#include <string>
#include <vector>

#include "stripe/form_encoding.hpp"

namespace checkout::stripe {

// Nothing for an empty list: what is switched on in the dashboard is offered then.
inline void addMethodTypes(Form& form, const std::vector<std::string>& types) {
  for (std::size_t i = 0; i < types.size(); ++i)
    form.add("allowed_payment_method_types[" + std::to_string(i) + "]", types[i]);
}

}  // namespace checkout::stripe
