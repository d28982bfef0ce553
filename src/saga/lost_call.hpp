// What became of a call whose answer is missing, when its idempotency key is too old to be sent again: the
// provider would take it for a new request (Stripe keeps keys for at least 24 hours).
#pragma once

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>
#include <checkout/tenant.hpp>

namespace checkout::saga {

// From this age on a key is not trusted to be remembered.
inline constexpr Milliseconds kKeyLifetime{23 * 60 * 60 * 1000};

// nullopt: sending it again is harmless, whether or not it took effect. Unknown if the provider can't say, or
// can't say yet: its search may be a minute behind, and the call may have been sent for the last time just
// before its key got too old.
std::optional<CallOutcome> findLostCall(Store& store, PaymentGateway& gateway, const Tenant& tenant,
                                        const CallRecord& record, TimePoint now);

}  // namespace checkout::saga
