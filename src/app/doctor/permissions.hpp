// What the server asks of Stripe, by the permissions that the dashboard grants to restricted keys.
// docs/stripe.md tells merchants the same; tests hold both against the requests that the server makes.
#pragma once

#include <string_view>

namespace checkout::app::doctor {

struct Permission {
  std::string_view resource;  // as the dashboard calls it
  bool writes = false;
  std::string_view question;  // GET: needs the permission to read
  // POST: needs the permission to write, and can't succeed. Stripe looks at permissions first.
  std::string_view attempt = {}, attemptBody = {};
  bool forSavedMethods = false;  // only with the tenant's saved_payment_methods
};

inline constexpr Permission kPermissions[] = {
    {"Checkout Sessions", true, "/v1/checkout/sessions?limit=1", "/v1/checkout/sessions",
     "mode=payment&expires_at=1"},
    {"PaymentIntents", true, "/v1/payment_intents?limit=1", "/v1/payment_intents", "amount=0&currency=usd"},
    {"Charges and Refunds", true, "/v1/refunds?limit=1", "/v1/refunds", "payment_intent=pi_doctor"},
    {"Disputes", false, "/v1/disputes?limit=1"},
    {"Events", false, "/v1/events?limit=1"},
    {"Customers", true, "/v1/customers?limit=1", "/v1/customers", "email=doctor", true},
    {"PaymentMethods", false, "/v1/payment_methods?limit=1", {}, {}, true},
};

}  // namespace checkout::app::doctor
