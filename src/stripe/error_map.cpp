#include "stripe/error_map.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "stripe/json_fields.hpp"

namespace checkout::stripe {
namespace {

struct Sentence {
  std::string_view code, text;
};

// By decline_code, else by code.
constexpr Sentence kDeclines[] = {
    {"insufficient_funds", "The card has insufficient funds; another card or a smaller amount may work."},
    {"expired_card", "The card has expired; use another card."},
    {"incorrect_cvc", "The card's security code is wrong; enter it again or use another card."},
    {"invalid_cvc", "The card's security code is wrong; enter it again or use another card."},
    {"incorrect_number", "The card number is wrong; enter it again or use another card."},
    {"invalid_number", "The card number is wrong; enter it again or use another card."},
    {"invalid_expiry_month", "The card's expiry date is wrong; enter it again or use another card."},
    {"invalid_expiry_year", "The card's expiry date is wrong; enter it again or use another card."},
    {"incorrect_zip", "The postal code doesn't fit the card; enter it again or use another card."},
    {"authentication_required",
     "The bank wants the customer to authenticate this payment; pay on the payment page."},
    {"payment_intent_authentication_failure",
     "The customer's authentication failed; try again or use another card."},
    {"processing_error", "The card could not be processed; try again or use another card."},
    {"issuer_not_available", "The card's bank could not be reached; try again later or use another card."},
    {"try_again_later", "The card's bank declined for now; try again later or use another card."},
    {"card_velocity_exceeded", "The card's limit is reached; use another card."},
    {"withdrawal_count_limit_exceeded", "The card's limit is reached; use another card."},
    {"currency_not_supported", "The card doesn't support this currency; use another card."},
    {"card_not_supported", "The card doesn't support this purchase; use another card."},
    {"testmode_decline", "A test card was used with a live key; use a real card."},
    {"live_mode_test_card", "A test card was used with a live key; use a real card."},
};
constexpr std::string_view kPlainDecline =
    "The card was declined by its bank; use another card or payment method.";

// Telling these to whoever holds the card would help a thief.
constexpr std::string_view kConfidentialDeclines[] = {
    "fraudulent",         "lost_card",       "stolen_card",       "pickup_card",
    "merchant_blacklist", "restricted_card", "security_violation"};

// Codes with a meaning of their own whatever the type is.
struct CodeRule {
  std::string_view code;
  ErrorCode becomes;
  std::string_view text;  // empty: Stripe's message
};
constexpr CodeRule kCodeRules[] = {
    {"amount_too_small", ErrorCode::AmountTooSmall,
     "The total is below the smallest amount that can be charged in this currency; add something to the "
     "cart."},
    {"amount_too_large", ErrorCode::ValidationFailed,
     "The total is above the largest amount that can be charged in this currency; split the purchase."},
    {"payment_intent_authentication_failure", ErrorCode::PaymentDeclined, ""},
    {"payment_intent_payment_attempt_failed", ErrorCode::PaymentDeclined, ""},
    {"payment_method_customer_decline", ErrorCode::PaymentDeclined, ""},
    {"payment_method_provider_decline", ErrorCode::PaymentDeclined, ""},
    {"payment_method_provider_timeout", ErrorCode::PaymentDeclined, ""},
    {"payment_method_not_available", ErrorCode::PaymentDeclined, ""},
    {"payment_intent_unexpected_state", ErrorCode::InvalidState,
     "The payment is in a state that doesn't allow this; look at its status first."},
    {"charge_already_refunded", ErrorCode::InvalidState, "The payment has already been refunded."},
    {"charge_disputed", ErrorCode::InvalidState, "The payment is disputed; it can't be refunded now."},
    {"shipping_address_invalid", ErrorCode::InvalidAddress, ""},
    {"postal_code_invalid", ErrorCode::InvalidAddress, ""},
    {"state_unsupported", ErrorCode::InvalidAddress, ""},
    {"country_unsupported", ErrorCode::InvalidAddress, ""},
    {"lock_timeout", ErrorCode::RateLimited,
     "The payment is being changed by another request; try again shortly."},
    {"rate_limit", ErrorCode::RateLimited,
     "The payment service takes no more requests right now; try again shortly."},
};

std::string declineText(const std::string& code, const std::string& declineCode) {
  for (const std::string& wanted : {declineCode, code})
    for (const auto& [name, text] : kDeclines)
      if (name == wanted) return std::string(text);
  return std::string(kPlainDecline);
}

// A parameter names an object that Stripe doesn't have. (What the path names is answered 404.)
Error unknownObject(const std::string& param, const std::string& message) {
  if (param.starts_with("payment_method"))
    return {ErrorCode::ValidationFailed,
            "The payment service doesn't know this payment method (" + message +
                "); pass the id of another one, or let the customer pay on the payment page."};
  return {ErrorCode::ValidationFailed,
          "The parameter \"" + param + "\" names nothing that the payment service knows (" + message + ")."};
}

Error rejected(int httpStatus, const std::string& type, const std::string& message) {
  const std::string said = message.empty() ? "no reason was given." : message;
  if (httpStatus == 401)
    return {
        ErrorCode::PaymentServiceError,
        "The payment service doesn't accept this store's API key; the merchant has to check the secret key."};
  if (httpStatus == 403)
    return {ErrorCode::PaymentServiceError,
            "This store's API key lacks a permission for the request; the merchant has to grant it or use "
            "another key."};
  if (httpStatus == 429)
    return {ErrorCode::RateLimited,
            "The payment service takes no more requests right now; try again shortly."};
  if (type == "idempotency_error" && httpStatus != 409)
    return {ErrorCode::Internal,
            "A payment request was repeated with other content; nothing was charged by it."};
  if (httpStatus == 404)
    return {ErrorCode::CheckoutNotFound, "The payment service doesn't know this object."};
  if (httpStatus >= 500 || httpStatus == 409 || type == "api_error" || type == "idempotency_error")
    return {ErrorCode::PaymentServiceError, "The payment service has a problem right now; try again later."};
  return {ErrorCode::ValidationFailed, "The payment service refused the request: " + said};
}

Error classify(int httpStatus, const Json& error, const std::string& code, const std::string& declineCode) {
  const std::string type = stringAt(error, "type").value_or("");
  const std::string message = stringAt(error, "message").value_or("");
  for (const CodeRule& rule : kCodeRules) {
    if (rule.code != code) continue;
    if (rule.becomes == ErrorCode::PaymentDeclined) break;
    return {rule.becomes, rule.text.empty() ? message : std::string(rule.text)};
  }
  const bool declined =
      type == "card_error" || httpStatus == 402 || std::ranges::any_of(kCodeRules, [&](const auto& rule) {
        return rule.code == code && rule.becomes == ErrorCode::PaymentDeclined;
      });
  if (declined) return {ErrorCode::PaymentDeclined, declineText(code, declineCode)};
  if (const auto param = stringAt(error, "param"); param && code == "resource_missing" && httpStatus == 400)
    return unknownObject(*param, message);
  return rejected(httpStatus, type, message);
}

}  // namespace

Error errorFromStripe(int httpStatus, const Json& error, const std::optional<std::string>& requestId) {
  const std::string code = stringAt(error, "code").value_or("");
  std::string declineCode = stringAt(error, "decline_code").value_or("");
  if (std::ranges::find(kConfidentialDeclines, declineCode) != std::end(kConfidentialDeclines))
    declineCode = "generic_decline";

  Error result = classify(httpStatus, error, code, declineCode);
  Json details = Json::object();
  if (!code.empty()) details["stripeCode"] = code;
  if (!declineCode.empty()) details["declineCode"] = declineCode;
  if (auto param = stringAt(error, "param")) details["param"] = *param;
  if (requestId) details["requestId"] = *requestId;
  if (!details.empty()) result.details = std::move(details);
  return result;
}

}  // namespace checkout::stripe
