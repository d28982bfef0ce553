// Stripe's Search API, for payment intents and customers.
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

// Like Stripe's, the index lags: an object is found once it is a minute old. The query is one or more of
// metadata['key']:'value', status:'…' and currency:'…', for customers email:'…' and name:'…', joined by AND;
// anything else is refused.
Result<Json> searchIntents(Call& call);
Result<Json> searchCustomers(Call& call);

}  // namespace checkout::sandbox
