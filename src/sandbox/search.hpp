// Stripe's Search API, for payment intents.
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

// Like Stripe's, the index lags: an intent is found once it is a minute old. The query is one or more of
// metadata['key']:'value', status:'…' and currency:'…', joined by AND; anything else is refused.
Result<Json> searchIntents(Call& call);

}  // namespace checkout::sandbox
