// The closed set of failures that cross module borders, and what an agent may do about each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <checkout/json.hpp>

namespace checkout {

// The names agents see are toString(code); their wire form is a contract (docs/tools.md).
enum class ErrorCode {
  // Worth repeating, later.
  InventoryServiceError,
  PaymentServiceError,
  OrderServiceError,
  ServiceUnavailable,  // our own store or a dependency cannot serve now (docs/decisions/0002)
  SagaTimeout,
  RateLimited,
  PaymentOutcomeUnknown,  // wait; never pay again
  // Final for these arguments.
  PaymentDeclined,
  InvalidAddress,
  CartEmpty,
  CartNotFound,
  SkuNotFound,
  InventoryUnavailable,
  ShippingOptionInvalid,
  CheckoutNotFound,
  OrderNotFound,
  InvalidState,
  TenantNotFound,
  Unauthenticated,
  Forbidden,
  IdempotencyConflict,
  AmountTooSmall,
  SpendLimitExceeded,
  TotalChanged,  // the total is not the one that was agreed to; details.total is
  CardNumberRejected,
  ValidationFailed,
  // A bug on our side. The message carries no internals; the log does.
  Internal,
};

std::string_view toString(ErrorCode code);                            // "PAYMENT_DECLINED"
std::optional<ErrorCode> errorCodeFromString(std::string_view name);  // nullopt for an unknown name
bool isRetryable(ErrorCode code);

// What the agent should do next. `None` means that nothing is left to do.
enum class NextActionType {
  PresentPaymentUrl,
  Wait,
  CollectShippingAddress,
  ChooseShipping,
  Authenticate,
  Retry,
  StartOver,
  None,
};
std::string_view toString(NextActionType type);  // "present_payment_url"

struct NextAction {
  NextActionType type = NextActionType::None;
  std::string message;  // one sentence, addressed to the agent
  std::optional<std::string> url;
};
Json toJson(const NextAction& action);

struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;  // what was expected, what came, what to do; safe to show to an agent
  Json details;         // an object, or null when there is nothing to add
  std::optional<NextAction> nextAction;

  Error(ErrorCode c, std::string m) : code(c), message(std::move(m)) {}
  Error(ErrorCode c, std::string m, Json d) : code(c), message(std::move(m)), details(std::move(d)) {}
  Error&& withNext(NextActionType type, std::string what) && {
    nextAction = NextAction{type, std::move(what), std::nullopt};
    return std::move(*this);
  }
};
// In the details of an error that only the merchant can mend ({"merchantMustAct": true}): their account at
// the provider is not set up for what was asked, or its balance is too low.
inline constexpr char kMerchantMustAct[] = "merchantMustAct";
// Beside it: the provider has not looked at the request, because it does not accept the merchant's key.
inline constexpr char kKeyRefused[] = "keyRefused";
// As its code says, unless only the merchant can mend it: then an agent that tries again is told the same.
bool isRetryable(const Error& error);
// True if repeating is in vain until the merchant has changed something (details.merchantMustAct).
bool merchantMustAct(const Error& error);

// {code, message, retryable, details?, nextAction?}: the `error` member of tool results and of a saga.
Json toJson(const Error& error);

}  // namespace checkout
