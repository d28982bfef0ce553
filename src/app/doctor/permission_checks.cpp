// May the key do what the server does? Each permission of its own, by a question, and with --probe by an
// attempt that can't succeed.
#include "app/doctor/examination.hpp"
#include "app/doctor/permissions.hpp"
#include "stripe/form_encoding.hpp"

namespace checkout::app::doctor {
namespace {

void explainMissing(const Examination& examination, const Permission& permission, bool toWrite,
                    const stripe::Reply& reply) {
  std::string advice = "Give the key \"" + std::string(permission.resource) +
                       "\": " + (permission.writes ? "write" : "read") +
                       " (Developers → API keys → … → Edit)";
  if (examination.stripe().account) advice += ", in the column for connected accounts";
  examination.fail("permission",
                   "The key may not " + std::string(toWrite ? "write" : "read") + " \"" +
                       std::string(permission.resource) + "\". " + quoted(reply),
                   advice + ".");
}

// Answered with a refusal of what was sent: the permission is there.
bool isAllowed(const stripe::Reply& reply) {
  return !reply.failure && reply.status >= 400 && reply.status < 500 && reply.status != 401 &&
         reply.status != 403 && reply.status != 429;
}

void checkPermission(const Examination& examination, const Permission& permission) {
  const auto read = examination.ask({.target = std::string(permission.question)});
  if (lacksPermission(read)) return explainMissing(examination, permission, false, read);
  if (!examination.objectOf("permission", read)) return;
  const std::string found = "\"" + std::string(permission.resource) + "\" can be read";
  if (!permission.writes) return examination.ok("permission", found + ".");
  if (!examination.surroundings().probes)
    return examination.ok("permission", found + "; whether it can be written is tried with --probe.");
  const auto written = examination.ask({.method = "POST",
                                        .target = std::string(permission.attempt),
                                        .body = std::string(permission.attemptBody)});
  if (lacksPermission(written)) return explainMissing(examination, permission, true, written);
  if (isAllowed(written)) return examination.ok("permission", found + " and written.");
  (void)examination.objectOf("permission", written);
}

// How a payment is found whose answer was lost. Stripe has no search in some countries (India).
void checkSearch(const Examination& examination) {
  stripe::Form form;
  form.add("query", "metadata['saga_id']:'doctor'").add("limit", 1);
  const auto reply = examination.ask({.target = "/v1/payment_intents/search?" + std::move(form).encoded()});
  if (reply.succeeded()) return examination.ok("search", "Payments can be searched for.");
  examination.warn(
      "search", "Payments can't be searched for. " + quoted(reply),
      "Nothing where the account is in India, which has no search. Elsewhere give the key "
      "\"PaymentIntents\": a payment whose answer was lost, and of which no event came within a day, would "
      "have to be settled by hand.");
}

}  // namespace

void checkPermissions(const Examination& examination) {
  for (const Permission& permission : kPermissions)
    if (!permission.forSavedMethods || examination.stripe().savedPaymentMethods)
      checkPermission(examination, permission);
  checkSearch(examination);
}

}  // namespace checkout::app::doctor
