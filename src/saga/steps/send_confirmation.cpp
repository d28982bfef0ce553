// Puts the confirmation e-mail into the outbox. Undo: none; a sent letter can't be called back, and a
// cancellation is told by a letter of its own.
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

std::string letter(const Saga& saga, const Tenant& tenant) {
  std::string text = "Hello" + (saga.customerName.empty() ? "" : " " + saga.customerName) +
                     ",\n\nthank you for your order at " + tenant.name + ".\n\nOrder " + saga.orderId->value +
                     "\n\n";
  for (const LineItem& item : saga.cart.items)
    text += "  " + std::to_string(item.quantity) + " x " + item.name + "  " + display(item.lineTotal) + "\n";
  text += "\n  Subtotal  " + display(saga.totals.subtotal) + "\n";
  if (saga.shipping)
    text += "  Shipping  " + display(saga.totals.shipping) + "  (" + saga.shipping->carrierName + " " +
            saga.shipping->serviceName + ")\n";
  if (saga.totals.tax.amount != 0) text += "  Tax       " + display(saga.totals.tax) + "\n";
  if (saga.totals.discount.amount != 0) text += "  Discount  -" + display(saga.totals.discount) + "\n";
  text += "  Total     " + display(saga.totals.total) + "\n";
  if (saga.shippingAddress) {
    const Address& to = *saga.shippingAddress;
    text += "\nIt will be sent to:\n";
    for (const std::string& line :
         {to.name, to.line1, to.line2, to.postalCode + (to.postalCode.empty() ? "" : " ") + to.city, to.state,
          to.country})
      if (!line.empty()) text += "  " + line + "\n";
  }
  if (!tenant.policies.returnsText.empty()) text += "\n" + tenant.policies.returnsText + "\n";
  return text + "\n" + tenant.name + "\n";
}

class SendConfirmation final : public Step {
 public:
  StepName name() const override { return StepName::SendConfirmation; }
  bool hasUndo() const override { return false; }

  Result<StepProgress> apply(Saga& saga, Transaction& tx, const StepContext& context,
                             const CallOutcome*) const override {
    if (saga.email.empty()) return StepProgress::Done;  // the customer gave no address
    OutboxMessage message{saga.tenantId, saga.id, {}, 0, context.now};
    message.email = {"confirmation-" + saga.orderId->value, context.tenant.emailFrom, saga.email,
                     "Your order at " + context.tenant.name, letter(saga, context.tenant)};
    CHECKOUT_TRY(tx.outbox().put(message));
    return StepProgress::Done;
  }

  Result<void> undo(Saga&, Transaction&, const StepContext&, const CallOutcome*) const override { return {}; }
};

}  // namespace

const Step& sendConfirmation() {
  static const SendConfirmation kStep;
  return kStep;
}

}  // namespace checkout::saga
