// A payment provider's webhook, verified and reduced to what the inbox needs. src/stripe implements the port.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <checkout/clock.hpp>
#include <checkout/ids.hpp>
#include <checkout/result.hpp>
#include <checkout/tenant.hpp>

namespace checkout {

struct PaymentEvent {
  std::string id;    // evt_…
  std::string type;  // checkout.session.completed
  bool livemode = false;
  std::optional<std::string> account;          // connected account, if the event has one
  std::string objectId;                        // id of data.object
  std::optional<std::string> sessionId;        // set if data.object is, or names, a Checkout Session
  std::optional<std::string> paymentIntentId;  // likewise for a PaymentIntent
  std::optional<TenantId> tenantId;            // likewise from the metadata: whose checkout it is
  std::optional<SagaId> sagaId;                // from the object's metadata; a hint where to look, no proof
  TimePoint createdAt;
  std::string payload;  // the event as it came, client secrets removed
  // Authentic, but none of the tenant's business: of the other mode, of another account, or in a form that
  // has no object in it. Nothing is to be done, and the sender need not repeat it.
  bool isForeign = false;
};

// Thread-safe.
class PaymentEventVerifier {
 public:
  virtual ~PaymentEventVerifier() = default;
  // Unauthenticated if no signature in `signatureHeader` fits `rawBody` under one of the tenant's secrets, or
  // its timestamp is more than 300 s away in either direction; ValidationFailed if the (authentic) body is
  // not an event. An event of another mode or account is foreign, which is no error: a platform's endpoint
  // hears of all its accounts, and a live one of test events too.
  virtual Result<PaymentEvent> verify(const Tenant& tenant, std::string_view rawBody,
                                      std::string_view signatureHeader) const = 0;
};

}  // namespace checkout
