// Holds the stock until the payment is settled one way or the other. Undo: lets it go.
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

class ReserveInventory final : public Step {
 public:
  StepName name() const override { return StepName::ReserveInventory; }

  Result<StepProgress> apply(Saga& saga, Transaction& tx, const StepContext&,
                             const CallOutcome*) const override {
    for (const LineItem& item : saga.cart.items) {
      CHECKOUT_ASSIGN(level, tx.stock().find(saga.tenantId, item.productId));
      if (!level) continue;  // never sells out
      CHECKOUT_TRY(tx.stock().hold(saga.tenantId, saga.id, item.productId, item.quantity));
    }
    return StepProgress::Done;
  }

  Result<void> undo(Saga& saga, Transaction& tx, const StepContext&, const CallOutcome*) const override {
    return tx.stock().releaseAll(saga.tenantId, saga.id);
  }
};

}  // namespace

const Step& reserveInventory() {
  static const ReserveInventory kStep;
  return kStep;
}

}  // namespace checkout::saga
