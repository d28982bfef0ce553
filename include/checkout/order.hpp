// An order: what was bought, for how much, and how it was paid.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <checkout/saga.hpp>

namespace checkout {

enum class OrderStatus { AwaitingPayment, Confirmed, Cancelled, Refunded };
std::string_view toString(OrderStatus status);  // "awaiting_payment"
std::optional<OrderStatus> orderStatusFromString(std::string_view name);

struct OrderRefund {
  std::string refundId;  // re_…
  Money amount;
  TimePoint at;
};

struct Order {
  TenantId tenantId;
  OrderId id;
  SagaId sagaId;
  UserId userId;
  OrderStatus status = OrderStatus::AwaitingPayment;
  std::vector<LineItem> items;
  Totals totals;
  std::optional<ShippingSelection> shipping;
  std::optional<Address> shippingAddress;
  std::string email, customerName;
  std::optional<std::string> paymentIntentId;
  std::vector<OrderRefund> refunds;
  TimePoint createdAt, updatedAt;
};

Json orderToDocument(const Order& order);
Result<Order> orderFromDocument(const Json& document);

}  // namespace checkout
