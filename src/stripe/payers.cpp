#include "stripe/payers.hpp"

#include <algorithm>
#include <utility>

#include "base/digest.hpp"
#include "stripe/error_map.hpp"
#include "stripe/form_encoding.hpp"
#include "stripe/json_fields.hpp"
#include "stripe/payment_metadata.hpp"

namespace checkout::stripe {
namespace {

// A stored failure of Stripe's own is repeated under its key for a day: then another key is used, this many
// times.
constexpr int kMostKeys = 3;

std::string customerKey(const Tenant& tenant, const std::string& userDigest, const std::string& gone,
                        int number) {
  const Json identity = {"customer", tenant.id.value, userDigest, gone, number};
  return "checkout_" + sha256Hex(identity.dump()).substr(0, 40);
}

PayerOutcome failed(ApiAnswer answer) {
  PayerOutcome outcome;
  // Whether an unanswered creation took effect does not matter: the repeat has the same key.
  const bool isUnknown = answer.kind == ApiAnswer::Kind::Unknown;
  outcome.temporary = isUnknown || answer.temporary || isRetryable(*answer.error);
  outcome.notSent = answer.notSent;
  outcome.error = std::move(answer.error);
  if (isUnknown)
    outcome.error = Error(ErrorCode::PaymentServiceError,
                          "The payment service gave no clear answer about the customer's saved payment "
                          "methods. Nothing was charged.",
                          outcome.error->details);
  return outcome;
}

PayerOutcome unusable() {
  PayerOutcome outcome;
  outcome.error =
      Error(ErrorCode::PaymentServiceError, "The payment service's answer is no usable customer.");
  outcome.temporary = true;
  return outcome;
}

// `customer` is an id, or the object where it was expanded.
Payer payerOf(const Json& customer) {
  if (customer.is_string()) return {customer.get<std::string>(), std::nullopt, std::nullopt};
  Payer payer{stringAt(customer, "id"), std::nullopt, std::nullopt};
  payer.tenantId = metadataOf(customer).tenantId;
  payer.userDigest = stringAt(member(customer, "metadata"), kUserDigestMember);
  return payer;
}

bool isMissing(const ApiAnswer& answer) {
  return answer.kind == ApiAnswer::Kind::Refused && stringAt(answer.object, "code") == "resource_missing";
}

// What Stripe refuses to search at all (India has no search), as opposed to what it can't do just now.
bool hasNoSearch(const ApiAnswer& answer) {
  return answer.kind == ApiAnswer::Kind::Refused && !answer.temporary && answer.object.is_object() &&
         !isRetryable(*answer.error) && !merchantMustAct(*answer.error);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

PayerOutcome findPayer(const Api& api, const Tenant& tenant, const std::string& paymentMethodId) {
  auto answer = api.call(
      tenant,
      {"GET", "/v1/payment_methods/" + percentEncode(paymentMethodId) + "?expand%5B0%5D=customer", "", {}});
  if (isMissing(answer)) return {};  // the charge will say so
  if (answer.error) return failed(std::move(answer));
  if (stringAt(answer.object, "object") != "payment_method") return unusable();
  const Json& customer = member(answer.object, "customer");
  PayerOutcome outcome;
  if (customer.is_null()) return outcome;
  outcome.payer = payerOf(customer);
  return outcome.payer.customerId ? outcome : unusable();
}

PayerOutcome ensureCustomer(const Api& api, const Tenant& tenant, const std::string& userDigest,
                            const std::string& gone) {
  PayerOutcome outcome;
  Form query;
  query.add("query", std::string("metadata['") + kUserDigestMember + "']:'" + userDigest + "'")
      .add("limit", 100);
  auto found = api.call(tenant, {"GET", "/v1/customers/search?" + std::move(query).encoded(), "", {}});
  if (found.error && !hasNoSearch(found)) return failed(std::move(found));
  const Json& customers = member(found.object, "data");
  // The oldest of several: everybody finds the same one. (Newest first.)
  if (!found.error && customers.is_array())
    for (const Json& customer : customers) {
      Payer payer = payerOf(customer);
      const bool fits = payer.customerId && payer.customerId != gone && payer.tenantId == tenant.id &&
                        payer.userDigest == userDigest;
      if (fits) outcome.payer = std::move(payer);
    }
  if (outcome.payer.customerId) return outcome;

  Form body;
  body.add("metadata[tenant_id]", tenant.id.value)
      .add(std::string("metadata[") + kUserDigestMember + "]", userDigest);
  const std::string encoded = std::move(body).encoded();
  for (int number = 0; number < kMostKeys; ++number) {
    auto made =
        api.call(tenant, {"POST", "/v1/customers", encoded, customerKey(tenant, userDigest, gone, number)});
    if (made.replayedFailure && number + 1 < kMostKeys) continue;
    if (made.error) return failed(std::move(made));
    outcome.payer = payerOf(made.object);
    return outcome.payer.customerId && stringAt(made.object, "object") == "customer" ? outcome : unusable();
  }
  return unusable();
}

// Stripe gives most of these no code of their own, so their words tell. Others than these leave the request
// refused as a whole, which charges nothing either.
CallOutcome::Refused refusedOf(const Json& error) {
  using enum CallOutcome::Refused;
  if (stringAt(error, "type") != "invalid_request_error") return Request;
  const std::string message = stringAt(error, "message").value_or("");
  if (stringAt(error, "code") == "resource_missing") {
    const auto param = stringAt(error, "param");
    return param == "customer" ? Customer : param == "payment_method" ? UnknownMethod : Request;
  }
  if (contains(message, "may not be used again")) return UsedMethod;
  if (contains(message, "does not have a payment method")) return UsedMethod;
  if (contains(message, "belongs to the Customer") || contains(message, "attached to a customer") ||
      contains(message, "does not belong to the Customer"))
    return SavedMethod;
  return Request;
}

}  // namespace checkout::stripe
