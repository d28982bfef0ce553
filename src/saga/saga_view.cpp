#include "saga/checkout_service.hpp"
#include "saga/machine.hpp"
#include "saga/next_action.hpp"

namespace checkout::saga {
namespace {

constexpr int kPollAfterMillis = 3000;

Json itemsView(const std::vector<LineItem>& items) {
  Json list = Json::array();
  for (const LineItem& item : items) {
    Json entry = {{"productId", item.productId.value},
                  {"name", item.name},
                  {"kind", item.kind == ProductKind::Physical ? "physical" : "digital"},
                  {"quantity", item.quantity},
                  {"unitPrice", toJson(item.unitPrice)},
                  {"lineTotal", toJson(item.lineTotal)}};
    list.push_back(std::move(entry));
  }
  return list;
}

Json totalsView(const Totals& totals) {
  return {{"subtotal", toJson(totals.subtotal)},
          {"shipping", toJson(totals.shipping)},
          {"tax", toJson(totals.tax)},
          {"discount", toJson(totals.discount)},
          {"total", toJson(totals.total)}};
}

Json shippingView(const ShippingSelection& shipping) {
  return {{"carrierId", shipping.carrierId}, {"carrierName", shipping.carrierName},
          {"serviceId", shipping.serviceId}, {"serviceName", shipping.serviceName},
          {"price", toJson(shipping.price)}, {"minDays", shipping.minDays},
          {"maxDays", shipping.maxDays}};
}

Json stepsView(const std::vector<StepName>& steps) {
  Json list = Json::array();
  for (const StepName step : steps) list.push_back(toString(step));
  return list;
}

Json paymentView(const Payment& payment) {
  Json view = {{"state", toString(payment.state)}};
  if (payment.sessionId) view["sessionId"] = *payment.sessionId;
  if (payment.url) view["url"] = *payment.url;
  if (payment.expiresAt) view["expiresAt"] = toIso8601(*payment.expiresAt);
  if (payment.paymentIntentId) view["paymentIntentId"] = *payment.paymentIntentId;
  if (payment.amountPaid) view["amountPaid"] = toJson(*payment.amountPaid);
  if (payment.confirmedBy) view["confirmedBy"] = toString(*payment.confirmedBy);
  if (payment.requestId) view["requestId"] = *payment.requestId;
  if (payment.lastError) view["lastError"] = toJson(*payment.lastError);
  return view;
}

}  // namespace

Json sagaSummary(const Saga& saga) {
  int itemCount = 0;
  for (const LineItem& item : saga.cart.items) itemCount += item.quantity;
  Json view = {{"sagaId", saga.id.value},           {"cartId", saga.cartId.value},
               {"status", toString(saga.status)},   {"attempt", saga.attempt},
               {"goods", goodsInShort(saga)},       {"itemCount", itemCount},
               {"total", toJson(saga.totals.total)}};
  if (saga.payment.attempt > 0) view["payment"] = paymentView(saga.payment);
  if (saga.orderId) view["order"] = {{"orderId", saga.orderId->value}};
  view["nextAction"] = toJson(nextActionFor(saga));
  view["createdAt"] = toIso8601(saga.createdAt);
  view["updatedAt"] = toIso8601(saga.updatedAt);
  return view;
}

Json sagaView(const Saga& saga) {
  Json view = {{"sagaId", saga.id.value},
               {"tenantId", saga.tenantId.value},
               {"userId", saga.userId.value},
               {"cartId", saga.cartId.value},
               {"status", toString(saga.status)}};
  if (!saga.email.empty()) view["email"] = saga.email;
  if (saga.currentStep) view["currentStep"] = toString(*saga.currentStep);
  view["completedSteps"] = stepsView(saga.completedSteps);
  view["attempt"] = saga.attempt;
  if (saga.error)
    view["error"] = toJson(*saga.error);
  else if (saga.call && saga.call->unanswered > 0)
    view["error"] = toJson(outcomeUnknown(saga));
  if (!saga.compensation.reason.empty()) {
    Json compensation = {{"steps", stepsView(saga.compensation.steps)}, {"reason", saga.compensation.reason}};
    if (saga.compensation.refundId) compensation["refundId"] = *saga.compensation.refundId;
    view["compensation"] = std::move(compensation);
  }
  view["items"] = itemsView(saga.cart.items);
  view["totals"] = totalsView(saga.totals);
  if (saga.shipping) view["shipping"] = shippingView(*saga.shipping);
  if (saga.shippingAddress) view["shippingAddress"] = toJson(*saga.shippingAddress);
  if (saga.payment.attempt > 0) view["payment"] = paymentView(saga.payment);
  if (saga.orderId) view["order"] = {{"orderId", saga.orderId->value}};
  const NextAction next = nextActionFor(saga);
  view["nextAction"] = toJson(next);
  if (next.type == NextActionType::Wait || next.type == NextActionType::PresentPaymentUrl)
    view["retryAfterMs"] = kPollAfterMillis;
  view["createdAt"] = toIso8601(saga.createdAt);
  view["updatedAt"] = toIso8601(saga.updatedAt);
  return view;
}

Json orderView(const Order& order, const Saga& saga) {
  Json view = {{"orderId", order.id.value},       {"sagaId", order.sagaId.value},
               {"userId", order.userId.value},    {"status", toString(order.status)},
               {"items", itemsView(order.items)}, {"totals", totalsView(order.totals)}};
  if (order.shipping) view["shipping"] = shippingView(*order.shipping);
  if (order.shippingAddress) view["shippingAddress"] = toJson(*order.shippingAddress);
  if (!order.email.empty()) view["email"] = order.email;
  if (!order.customerName.empty()) view["customerName"] = order.customerName;
  const bool paid = order.status == OrderStatus::Confirmed || order.status == OrderStatus::Refunded ||
                    saga.payment.state == PaymentState::Paid;
  view["payment"] = {{"paid", paid}};
  if (order.paymentIntentId) view["payment"]["paymentIntentId"] = *order.paymentIntentId;
  Json refunds = Json::array();
  for (const OrderRefund& refund : order.refunds)
    refunds.push_back(
        {{"refundId", refund.refundId}, {"amount", toJson(refund.amount)}, {"at", toIso8601(refund.at)}});
  view["refunds"] = std::move(refunds);
  view["createdAt"] = toIso8601(order.createdAt);
  view["updatedAt"] = toIso8601(order.updatedAt);
  return view;
}

}  // namespace checkout::saga
