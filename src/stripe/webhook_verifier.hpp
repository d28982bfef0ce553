// Stripe's webhook signatures (https://docs.stripe.com/webhooks#verify-manually).
#pragma once

#include <memory>

#include <checkout/clock.hpp>
#include <checkout/payment_events.hpp>

namespace checkout::stripe {

// `clock` must outlive the verifier. Thread-safe.
std::unique_ptr<PaymentEventVerifier> makeWebhookVerifier(const Clock& clock);

}  // namespace checkout::stripe
