// Takes what was bought out of the cart; what was added meanwhile stays. Undo: none, the customer can fill
// a cart again and loses nothing.
#include <algorithm>

#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

class ClearCart final : public Step {
 public:
  StepName name() const override { return StepName::ClearCart; }
  bool hasUndo() const override { return false; }

  Result<StepProgress> apply(Saga& saga, Transaction& tx, const StepContext& context,
                             const CallOutcome*) const override {
    CHECKOUT_ASSIGN(cart, tx.carts().find(saga.tenantId, saga.cartId));
    if (!cart) return StepProgress::Done;
    for (const LineItem& bought : saga.cart.items) {
      const auto at = std::find_if(cart->items.begin(), cart->items.end(),
                                   [&](const CartItem& item) { return item.productId == bought.productId; });
      if (at == cart->items.end()) continue;
      at->quantity -= bought.quantity;
      if (at->quantity <= 0) cart->items.erase(at);
    }
    cart->updatedAt = context.now;
    CHECKOUT_TRY(tx.carts().save(*cart));
    return StepProgress::Done;
  }

  Result<void> undo(Saga&, Transaction&, const StepContext&, const CallOutcome*) const override { return {}; }
};

}  // namespace

const Step& clearCart() {
  static const ClearCart kStep;
  return kStep;
}

}  // namespace checkout::saga
