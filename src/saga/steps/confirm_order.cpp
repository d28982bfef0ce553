// Paid: checks the money against what was frozen, sells the held stock and confirms the order.
// Undo: puts the stock back; process_payment's undo returns the money.
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

Result<Order> orderOf(const Saga& saga, Transaction& tx) {
  if (saga.orderId) {
    CHECKOUT_ASSIGN(order, tx.orders().find(saga.tenantId, *saga.orderId));
    if (order) return *order;
  }
  return Error(ErrorCode::Internal, "the order of a checkout is missing");
}

class ConfirmOrder final : public Step {
 public:
  StepName name() const override { return StepName::ConfirmOrder; }

  Result<StepProgress> apply(Saga& saga, Transaction& tx, const StepContext& context,
                             const CallOutcome*) const override {
    if (!saga.payment.amountPaid || *saga.payment.amountPaid != saga.totals.total)
      return Error(
          ErrorCode::OrderServiceError,
          "The payment does not match the order: expected " + display(saga.totals.total) + ", got " +
              (saga.payment.amountPaid ? display(*saga.payment.amountPaid) : std::string("nothing")) +
              ". The money is returned and nothing is delivered.");
    CHECKOUT_TRY(tx.stock().sellAll(saga.tenantId, saga.id));
    CHECKOUT_ASSIGN(order, orderOf(saga, tx));
    order.status = OrderStatus::Confirmed;
    order.paymentIntentId = saga.payment.paymentIntentId;
    order.email = saga.email;
    order.updatedAt = context.now;
    CHECKOUT_TRY(tx.orders().save(order));
    return StepProgress::Done;
  }

  Result<void> undo(Saga& saga, Transaction& tx, const StepContext&, const CallOutcome*) const override {
    return tx.stock().restockAll(saga.tenantId, saga.id);
  }
};

}  // namespace

const Step& confirmOrder() {
  static const ConfirmOrder kStep;
  return kStep;
}

}  // namespace checkout::saga
