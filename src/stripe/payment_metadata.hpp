// What ties a Stripe object to a saga. Written on everything we create, read back from everything we fetch.
#pragma once

#include <optional>
#include <string>

#include <checkout/payment_gateway.hpp>

#include "stripe/form_encoding.hpp"

namespace checkout::stripe {

struct PaymentMetadata {
  std::optional<TenantId> tenantId;
  std::optional<SagaId> sagaId;
  int attempt = 0;
};

// Where a refund keeps the idempotency key of the call that made it.
inline constexpr char kCallKeyMember[] = "checkout_call";

// Which of our users a customer of Stripe's is: a digest, since more people can read it at Stripe than should
// know the merchant's names of users.
inline constexpr char kUserDigestMember[] = "user_digest";

// Adds `prefix`[saga_id], …
void addMetadata(Form& form, const std::string& prefix, const PaymentRequest& request);

// From an object's `metadata`; members that are missing or are not ours stay unset.
PaymentMetadata metadataOf(const Json& object);

}  // namespace checkout::stripe
