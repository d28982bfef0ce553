#include <checkout/order.hpp>

#include "domain/document.hpp"

namespace checkout {
namespace {

using namespace document;

Order readOrder(const Json& json) {
  Order order;
  order.tenantId = TenantId{read<std::string>(json, "tenantId")};
  order.id = OrderId{read<std::string>(json, "orderId")};
  order.sagaId = SagaId{read<std::string>(json, "sagaId")};
  order.userId = UserId{read<std::string>(json, "userId")};
  order.status = readEnum(json, "status", &orderStatusFromString);
  for (const Json& item : child(json, "items")) order.items.push_back(readLineItem(item));
  order.totals = readTotals(child(json, "totals"));
  if (const Json* shipping = optionalChild(json, "shipping")) order.shipping = readShipping(*shipping);
  if (const Json* address = optionalChild(json, "shippingAddress"))
    order.shippingAddress = readAddress(*address);
  order.email = read<std::string>(json, "email");
  order.customerName = read<std::string>(json, "customerName");
  order.paymentIntentId = readOptional<std::string>(json, "paymentIntentId");
  for (const Json& refund : child(json, "refunds"))
    order.refunds.push_back(
        {read<std::string>(refund, "refundId"), readMoney(child(refund, "amount")), readTime(refund, "at")});
  order.createdAt = readTime(json, "createdAt");
  order.updatedAt = readTime(json, "updatedAt");
  return order;
}

}  // namespace

Json orderToDocument(const Order& order) {
  Json items = Json::array(), refunds = Json::array();
  for (const LineItem& item : order.items) items.push_back(write(item));
  for (const OrderRefund& refund : order.refunds)
    refunds.push_back(
        {{"refundId", refund.refundId}, {"amount", write(refund.amount)}, {"at", toUnixMillis(refund.at)}});

  Json json = {{"tenantId", order.tenantId.value}, {"orderId", order.id.value},
               {"sagaId", order.sagaId.value},     {"userId", order.userId.value},
               {"status", toString(order.status)}, {"items", items},
               {"totals", write(order.totals)}};
  if (order.shipping) json["shipping"] = write(*order.shipping);
  if (order.shippingAddress) json["shippingAddress"] = toJson(*order.shippingAddress);
  json["email"] = order.email;
  json["customerName"] = order.customerName;
  if (order.paymentIntentId) json["paymentIntentId"] = *order.paymentIntentId;
  json["refunds"] = refunds;
  json["createdAt"] = toUnixMillis(order.createdAt);
  json["updatedAt"] = toUnixMillis(order.updatedAt);
  return json;
}

Result<Order> orderFromDocument(const Json& document) {
  try {
    return readOrder(document);
  } catch (const Unreadable& problem) {
    return Error(ErrorCode::Internal, std::string("a stored order cannot be read: ") + problem.what());
  }
}

}  // namespace checkout
