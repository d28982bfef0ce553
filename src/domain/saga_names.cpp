#include <checkout/order.hpp>
#include <checkout/payment_gateway.hpp>
#include <checkout/saga.hpp>

#include "base/enum_names.hpp"

namespace checkout {
namespace {

constexpr EnumNames<SagaStatus, 7> kStatuses{{
    {SagaStatus::Pending, "pending"},
    {SagaStatus::InProgress, "in_progress"},
    {SagaStatus::PaymentPending, "payment_pending"},
    {SagaStatus::Completed, "completed"},
    {SagaStatus::Compensating, "compensating"},
    {SagaStatus::Compensated, "compensated"},
    {SagaStatus::Failed, "failed"},
}};

constexpr EnumNames<StepName, 7> kSteps{{
    {StepName::ValidateCart, "validate_cart"},
    {StepName::ReserveInventory, "reserve_inventory"},
    {StepName::CreateOrder, "create_order"},
    {StepName::ProcessPayment, "process_payment"},
    {StepName::ConfirmOrder, "confirm_order"},
    {StepName::SendConfirmation, "send_confirmation"},
    {StepName::ClearCart, "clear_cart"},
}};

constexpr EnumNames<PaymentState, 9> kPaymentStates{{
    {PaymentState::None, "none"},
    {PaymentState::Open, "open"},
    {PaymentState::RequiresAction, "requires_action"},
    {PaymentState::Processing, "processing"},
    {PaymentState::Paid, "paid"},
    {PaymentState::Declined, "declined"},
    {PaymentState::Expired, "expired"},
    {PaymentState::Canceled, "canceled"},
    {PaymentState::Refunded, "refunded"},
}};

constexpr EnumNames<ConfirmedBy, 3> kWays{{
    {ConfirmedBy::Webhook, "webhook"},
    {ConfirmedBy::Poll, "poll"},
    {ConfirmedBy::Confirm, "confirm"},
}};

constexpr EnumNames<OrderStatus, 4> kOrderStatuses{{
    {OrderStatus::AwaitingPayment, "awaiting_payment"},
    {OrderStatus::Confirmed, "confirmed"},
    {OrderStatus::Cancelled, "cancelled"},
    {OrderStatus::Refunded, "refunded"},
}};

constexpr EnumNames<GatewayOperation, 6> kOperations{{
    {GatewayOperation::CreateSession, "create_session"},
    {GatewayOperation::ExpireSession, "expire_session"},
    {GatewayOperation::CreateIntent, "create_intent"},
    {GatewayOperation::ConfirmIntent, "confirm_intent"},
    {GatewayOperation::CancelIntent, "cancel_intent"},
    {GatewayOperation::Refund, "refund"},
}};

}  // namespace

std::string_view toString(SagaStatus status) {
  return nameOf(kStatuses, status);
}
std::optional<SagaStatus> sagaStatusFromString(std::string_view name) {
  return valueOf(kStatuses, name);
}
std::string_view toString(StepName step) {
  return nameOf(kSteps, step);
}
std::optional<StepName> stepNameFromString(std::string_view name) {
  return valueOf(kSteps, name);
}
std::string_view toString(PaymentState state) {
  return nameOf(kPaymentStates, state);
}
std::optional<PaymentState> paymentStateFromString(std::string_view name) {
  return valueOf(kPaymentStates, name);
}
std::string_view toString(ConfirmedBy way) {
  return nameOf(kWays, way);
}
std::optional<ConfirmedBy> confirmedByFromString(std::string_view name) {
  return valueOf(kWays, name);
}
std::string_view toString(OrderStatus status) {
  return nameOf(kOrderStatuses, status);
}
std::optional<OrderStatus> orderStatusFromString(std::string_view name) {
  return valueOf(kOrderStatuses, name);
}
std::string_view toString(GatewayOperation operation) {
  return nameOf(kOperations, operation);
}
std::optional<GatewayOperation> gatewayOperationFromString(std::string_view name) {
  return valueOf(kOperations, name);
}

bool isTerminal(SagaStatus status) {
  return status == SagaStatus::Completed || status == SagaStatus::Compensated || status == SagaStatus::Failed;
}

bool needsShipping(const Saga& saga) {
  for (const LineItem& item : saga.cart.items)
    if (item.kind == ProductKind::Physical) return true;
  return false;
}

}  // namespace checkout
