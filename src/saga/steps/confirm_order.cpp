// Paid: checks the money against what was frozen and what the customer was allowed to change on the payment
// page, sells the held stock and confirms the order. Undo: puts the stock back; process_payment's undo
// returns the money.
#include "domain/page_totals.hpp"
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

// Takes over what the customer was allowed to change on the payment page.
Result<void> agree(Saga& saga) {
  if (!saga.payment.page) return {};
  CHECKOUT_ASSIGN(agreed, domain::agreeOnTotals(saga.totals, saga.payment.choices, *saga.payment.page));
  if (agreed.totals.total != saga.totals.total || agreed.shipping) saga.payment.asked = saga.totals;
  saga.totals = agreed.totals;
  if (agreed.shipping) saga.shipping = agreed.shipping;
  return {};
}

class ConfirmOrder final : public Step {
 public:
  StepName name() const override { return StepName::ConfirmOrder; }

  Result<StepProgress> apply(Saga& saga, Transaction& tx, const StepContext& context,
                             const CallOutcome*) const override {
    CHECKOUT_TRY(agree(saga));
    if (!saga.payment.amountPaid || *saga.payment.amountPaid != saga.totals.total)
      return Error(
          ErrorCode::OrderServiceError,
          "The payment does not match the order: expected " + display(saga.totals.total) + ", got " +
              (saga.payment.amountPaid ? display(*saga.payment.amountPaid) : std::string("nothing")) +
              ". The money is returned and nothing is delivered.");
    CHECKOUT_TRY(tx.stock().sellAll(saga.tenantId, saga.id));
    CHECKOUT_ASSIGN(order, orderOf(saga, tx));
    order.status = OrderStatus::Confirmed;
    order.totals = saga.totals;
    order.shipping = saga.shipping;
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
