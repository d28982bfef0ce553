#include "stripe/error_map.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string_view>
#include <utility>

#include "stripe/error_codes.hpp"
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
    {"incorrect_postal_code", "The postal code doesn't fit the card; enter it again or use another card."},
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
constexpr std::string_view kSecretPrefixes[] = {"sk_", "rk_", "whsec_"};
constexpr std::string_view kPlainDecline =
    "The card was declined by its bank; use another card or payment method.";

// Telling these to whoever holds the card would help a thief.
constexpr std::string_view kConfidentialDeclines[] = {
    "fraudulent",         "lost_card",       "stolen_card",       "pickup_card",
    "merchant_blacklist", "restricted_card", "security_violation"};

// What a payment method that is no card says where its code has no sentence of its own.
std::string otherDecline(const std::string& methodType) {
  constexpr std::string_view kDebits[] = {"acss_debit",      "au_becs_debit", "bacs_debit",
                                          "nz_bank_account", "sepa_debit",    "us_bank_account"};
  if (std::ranges::find(kDebits, methodType) != std::end(kDebits))
    return "The direct debit failed: the customer's bank did not pay it; use another payment method.";
  return "The payment failed at the payment method's provider; try again or use another payment method.";
}

std::string declineText(const ErrorCodeRule* rule, const std::string& code, const std::string& declineCode,
                        const std::string& methodType) {
  if (rule != nullptr && rule->meaning == CodeMeaning::Declined && !rule->text.empty())
    return std::string(rule->text);
  if (!methodType.empty() && methodType != "card" && methodType != "card_present")
    return otherDecline(methodType);
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

Error merchantsFault(std::string text) {
  return {ErrorCode::PaymentServiceError, std::move(text), {{kMerchantMustAct, true}}};
}

Error keyRefused(std::string text) {
  Error error = merchantsFault(std::move(text));
  error.details[kKeyRefused] = true;
  return error;
}

Error refusedRequest(const std::string& message) {
  return {ErrorCode::ValidationFailed,
          "The payment service refused the request: " + (message.empty() ? "no reason was given." : message)};
}

Error byStatus(int httpStatus, const std::string& type, const std::string& message) {
  if (httpStatus == 401)
    return keyRefused(
        "The payment service doesn't accept this store's API key; the merchant has to check the secret key.");
  if (httpStatus == 403)
    return keyRefused(
        "This store's API key lacks a permission for the request; the merchant has to grant it or use "
        "another "
        "key.");
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
  return refusedRequest(message);
}

// Nothing where the code doesn't decide.
std::optional<Error> byCode(const ErrorCodeRule& rule, const std::string& message) {
  const std::string text(rule.text.empty() ? message : rule.text);
  switch (rule.meaning) {
    case CodeMeaning::Arguments:
      return rule.text.empty() ? refusedRequest(message) : Error(ErrorCode::ValidationFailed, text);
    case CodeMeaning::TooSmall:
      return Error(ErrorCode::AmountTooSmall, text);
    case CodeMeaning::Address:
      return Error(ErrorCode::InvalidAddress, text);
    case CodeMeaning::State:
      return Error(ErrorCode::InvalidState, text);
    case CodeMeaning::Busy:
      return Error(ErrorCode::RateLimited, text);
    case CodeMeaning::Transient:
      return Error(ErrorCode::PaymentServiceError, text);
    case CodeMeaning::Merchant:
      return merchantsFault(text);
    case CodeMeaning::Declined:
    case CodeMeaning::ByStatus:
      return std::nullopt;
  }
  return std::nullopt;
}

Error classify(int httpStatus, const Json& error, const std::string& code, const std::string& declineCode) {
  const std::string type = stringAt(error, "type").value_or("");
  const std::string message = stringAt(error, "message").value_or("");
  const ErrorCodeRule* rule = ruleOf(code);
  if (rule != nullptr && httpStatus != 404)  // which speaks of the path, not of what was sent
    if (auto known = byCode(*rule, message)) return std::move(*known);
  if (type == "card_error" || httpStatus == 402 ||
      (rule != nullptr && rule->meaning == CodeMeaning::Declined)) {
    const std::string methodType = stringAt(member(error, "payment_method"), "type").value_or("");
    return {ErrorCode::PaymentDeclined, declineText(rule, code, declineCode, methodType)};
  }
  const std::string param = stringAt(error, "param").value_or("");
  if (param.find("statement_descriptor_suffix") != std::string::npos)
    return merchantsFault("Stripe refuses the configuration's statement_descriptor_suffix (" + message +
                          "); the merchant has to shorten it: with the account's prefix it has 22 characters "
                          "at most.");
  if (!param.empty() && code == "resource_missing" && httpStatus == 400) return unknownObject(param, message);
  // Stripe gives this one no code.
  if (message.find("cannot currently make live charges") != std::string::npos)
    return merchantsFault(
        "This store's Stripe account can't take live payments yet; the merchant has to finish its activation "
        "in "
        "Stripe's dashboard.");
  return byStatus(httpStatus, type, message);
}

}  // namespace

Error errorFromStripe(int httpStatus, const Json& error, const std::optional<std::string>& requestId) {
  const std::string code = stringAt(error, "code").value_or("");
  std::string declineCode = stringAt(error, "decline_code").value_or("");
  if (std::ranges::find(kConfidentialDeclines, declineCode) != std::end(kConfidentialDeclines))
    declineCode = "generic_decline";

  Error result = classify(httpStatus, error, code, declineCode);
  Json details = result.details.is_object() ? std::move(result.details) : Json::object();
  if (!code.empty()) details["stripeCode"] = code;
  if (!declineCode.empty()) details["declineCode"] = declineCode;
  if (auto param = stringAt(error, "param")) details["param"] = *param;
  if (requestId) details["requestId"] = *requestId;
  if (!details.empty()) result.details = std::move(details);
  return result;
}

bool isTransient(const Json& error) {
  const ErrorCodeRule* rule = ruleOf(stringAt(error, "code").value_or(""));
  return rule != nullptr && (rule->meaning == CodeMeaning::Transient || rule->meaning == CodeMeaning::Busy);
}

std::string messageForLog(const Json& error) {
  const std::string message = stringAt(error, "message").value_or("");
  const auto isOfKey = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '*'; };
  std::string safe;
  for (std::size_t at = 0; at < message.size();) {
    const std::string_view rest = std::string_view(message).substr(at);
    const auto* prefix = std::ranges::find_if(kSecretPrefixes, [&](auto p) { return rest.starts_with(p); });
    if (prefix == std::end(kSecretPrefixes)) {
      safe += message[at++];
      continue;
    }
    safe.append(*prefix).append("…");
    at += static_cast<std::size_t>(std::ranges::find_if_not(rest, isOfKey) - rest.begin());
  }
  return safe;
}

}  // namespace checkout::stripe
