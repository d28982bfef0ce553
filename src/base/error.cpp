#include <checkout/error.hpp>

#include "base/enum_names.hpp"

namespace checkout {
namespace {

constexpr EnumNames<ErrorCode, 27> kCodes{{
    {ErrorCode::InventoryServiceError, "INVENTORY_SERVICE_ERROR"},
    {ErrorCode::PaymentServiceError, "PAYMENT_SERVICE_ERROR"},
    {ErrorCode::OrderServiceError, "ORDER_SERVICE_ERROR"},
    {ErrorCode::ServiceUnavailable, "SERVICE_UNAVAILABLE"},
    {ErrorCode::SagaTimeout, "SAGA_TIMEOUT"},
    {ErrorCode::RateLimited, "RATE_LIMITED"},
    {ErrorCode::PaymentOutcomeUnknown, "PAYMENT_OUTCOME_UNKNOWN"},
    {ErrorCode::PaymentDeclined, "PAYMENT_DECLINED"},
    {ErrorCode::InvalidAddress, "INVALID_ADDRESS"},
    {ErrorCode::CartEmpty, "CART_EMPTY"},
    {ErrorCode::CartNotFound, "CART_NOT_FOUND"},
    {ErrorCode::SkuNotFound, "SKU_NOT_FOUND"},
    {ErrorCode::InventoryUnavailable, "INVENTORY_UNAVAILABLE"},
    {ErrorCode::ShippingOptionInvalid, "SHIPPING_OPTION_INVALID"},
    {ErrorCode::CheckoutNotFound, "CHECKOUT_NOT_FOUND"},
    {ErrorCode::OrderNotFound, "ORDER_NOT_FOUND"},
    {ErrorCode::InvalidState, "INVALID_STATE"},
    {ErrorCode::TenantNotFound, "TENANT_NOT_FOUND"},
    {ErrorCode::Unauthenticated, "UNAUTHENTICATED"},
    {ErrorCode::Forbidden, "FORBIDDEN"},
    {ErrorCode::IdempotencyConflict, "IDEMPOTENCY_CONFLICT"},
    {ErrorCode::AmountTooSmall, "AMOUNT_TOO_SMALL"},
    {ErrorCode::SpendLimitExceeded, "SPEND_LIMIT_EXCEEDED"},
    {ErrorCode::TotalChanged, "TOTAL_CHANGED"},
    {ErrorCode::CardNumberRejected, "CARD_NUMBER_REJECTED"},
    {ErrorCode::ValidationFailed, "VALIDATION_FAILED"},
    {ErrorCode::Internal, "INTERNAL_ERROR"},
}};

constexpr EnumNames<NextActionType, 8> kActions{{
    {NextActionType::PresentPaymentUrl, "present_payment_url"},
    {NextActionType::Wait, "wait"},
    {NextActionType::CollectShippingAddress, "collect_shipping_address"},
    {NextActionType::ChooseShipping, "choose_shipping"},
    {NextActionType::Authenticate, "authenticate"},
    {NextActionType::Retry, "retry"},
    {NextActionType::StartOver, "start_over"},
    {NextActionType::None, "none"},
}};

}  // namespace

std::string_view toString(ErrorCode code) {
  return nameOf(kCodes, code);
}
std::optional<ErrorCode> errorCodeFromString(std::string_view name) {
  return valueOf(kCodes, name);
}

bool isRetryable(ErrorCode code) {
  switch (code) {
    case ErrorCode::InventoryServiceError:
    case ErrorCode::PaymentServiceError:
    case ErrorCode::OrderServiceError:
    case ErrorCode::ServiceUnavailable:
    case ErrorCode::SagaTimeout:
    case ErrorCode::RateLimited:
    case ErrorCode::PaymentOutcomeUnknown:
      return true;
    default:
      return false;
  }
}

bool isRetryable(const Error& error) {
  return isRetryable(error.code) && !merchantMustAct(error);
}

bool merchantMustAct(const Error& error) {
  return error.details.is_object() && error.details.value(kMerchantMustAct, false);
}

std::string_view toString(NextActionType type) {
  return nameOf(kActions, type);
}

Json toJson(const NextAction& action) {
  Json json = {{"type", toString(action.type)}, {"message", action.message}};
  if (action.url) json["url"] = *action.url;
  return json;
}

Json toJson(const Error& error) {
  Json json = {{"code", toString(error.code)}, {"message", error.message}, {"retryable", isRetryable(error)}};
  if (!error.details.is_null()) json["details"] = error.details;
  if (error.nextAction) json["nextAction"] = toJson(*error.nextAction);
  return json;
}

}  // namespace checkout
