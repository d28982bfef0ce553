// Takes webhooks in: verifies them and hands them to the saga, which stores each with its effect.
#pragma once

#include <string>
#include <string_view>

#include <checkout/payment_events.hpp>

#include "saga/checkout_service.hpp"

namespace checkout::webhooks {

// Thread-safe. Keeps references only.
class Inbox {
 public:
  Inbox(const TenantDirectory& tenants, const PaymentEventVerifier& verifier,
        saga::CheckoutService& checkouts);

  // Success only after the event and its effect are durable: answer 2xx then. A foreign event is ignored, and
  // leaves no trace. TenantNotFound, Unauthenticated and ValidationFailed are the sender's fault; anything
  // else asks it to repeat.
  Result<saga::EventFate> receive(const TenantId& tenant, std::string_view rawBody,
                                  std::string_view signatureHeader);

 private:
  const TenantDirectory& tenants_;
  const PaymentEventVerifier& verifier_;
  saga::CheckoutService& checkouts_;
};

}  // namespace checkout::webhooks
