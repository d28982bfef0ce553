// Writes the order that the payment will be for. Undo: cancels it.
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

class CreateOrder final : public Step {
 public:
  StepName name() const override { return StepName::CreateOrder; }

  Result<StepProgress> apply(Saga& saga, Transaction& tx, const StepContext& context,
                             const CallOutcome*) const override {
    Order order;
    if (saga.orderId) {  // a new attempt of the same checkout keeps its order
      CHECKOUT_ASSIGN(known, tx.orders().find(saga.tenantId, *saga.orderId));
      if (known) order = *known;
    }
    if (order.id.empty()) {
      order.id = saga.orderId.value_or(newOrderId());
      order.createdAt = context.now;
    }
    order.tenantId = saga.tenantId;
    order.sagaId = saga.id;
    order.userId = saga.userId;
    order.status = OrderStatus::AwaitingPayment;
    order.items = saga.cart.items;
    order.totals = saga.totals;
    order.shipping = saga.shipping;
    order.shippingAddress = saga.shippingAddress;
    order.email = saga.email;
    order.customerName = saga.customerName;
    order.updatedAt = context.now;
    saga.orderId = order.id;
    CHECKOUT_TRY(tx.orders().save(order));
    return StepProgress::Done;
  }

  Result<void> undo(Saga& saga, Transaction& tx, const StepContext& context,
                    const CallOutcome*) const override {
    if (!saga.orderId) return {};
    CHECKOUT_ASSIGN(order, tx.orders().find(saga.tenantId, *saga.orderId));
    if (!order) return Error(ErrorCode::Internal, "the order of a checkout is missing");
    order->status = order->refunds.empty() ? OrderStatus::Cancelled : OrderStatus::Refunded;
    order->updatedAt = context.now;
    return tx.orders().save(*order);
  }
};

}  // namespace

const Step& createOrder() {
  static const CreateOrder kStep;
  return kStep;
}

}  // namespace checkout::saga
