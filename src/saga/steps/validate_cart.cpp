// Freezes the cart and checks that this checkout could be paid and shipped. Undo: none, it only reads.
#include "domain/cart_snapshot.hpp"
#include "domain/shipping.hpp"
#include "domain/totals.hpp"
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

Result<void> chooseCheapestShipping(Saga& saga, const Tenant& tenant) {
  if (!saga.shippingAddress)
    return Error(ErrorCode::InvalidAddress,
                 "The cart has physical goods, so checkout_start needs shippingAddress; none came.",
                 {{"shippingCountries", tenant.shippingCountries}})
        .withNext(NextActionType::CollectShippingAddress,
                  "Ask the customer for the shipping address and call checkout_start again with it.");
  CHECKOUT_TRY(domain::checkShippingAddress(tenant, *saga.shippingAddress));
  const auto options = domain::shippingOptions(tenant, saga.cart.items, saga.shippingAddress->country);
  if (options.empty())
    return Error(ErrorCode::InvalidAddress,
                 "No shipping service carries this cart to " + saga.shippingAddress->country +
                     ". Expected another country or a lighter cart.",
                 {{"shippingCountries", tenant.shippingCountries}});
  saga.shipping = options.front();
  return {};
}

Result<void> checkStock(const Saga& saga, Transaction& tx) {
  for (const LineItem& item : saga.cart.items) {
    CHECKOUT_ASSIGN(level, tx.stock().find(saga.tenantId, item.productId));
    if (level && level->free() < item.quantity)
      return Error(
          ErrorCode::InventoryUnavailable,
          "Only " + std::to_string(level->free()) + " of \"" + item.productId.value + "\" are left, but " +
              std::to_string(item.quantity) +
              " are in the cart. Lower the quantity with cart_update_quantity or remove the product.",
          {{"productId", item.productId.value}, {"requested", item.quantity}, {"available", level->free()}});
  }
  return {};
}

class ValidateCart final : public Step {
 public:
  StepName name() const override { return StepName::ValidateCart; }
  bool hasUndo() const override { return false; }

  Result<StepProgress> apply(Saga& saga, Transaction& tx, const StepContext& context,
                             const CallOutcome*) const override {
    CHECKOUT_ASSIGN(cart, tx.carts().find(saga.tenantId, saga.cartId));
    if (!cart)
      return Error(ErrorCode::CartNotFound,
                   "There is no cart \"" + saga.cartId.value +
                       "\". Expected the cartId that cart_add_item was called with.");
    CHECKOUT_ASSIGN(snapshot, domain::freezeCart(context.tenant, *cart));
    saga.cart = snapshot;
    saga.shipping.reset();
    saga.shippingChosen = false;
    if (needsShipping(saga)) CHECKOUT_TRY(chooseCheapestShipping(saga, context.tenant));
    CHECKOUT_TRY(checkStock(saga, tx));
    CHECKOUT_ASSIGN(totals, domain::computeTotals(context.tenant, saga.cart.items, saga.shipping,
                                                  domain::taxCountry(saga)));
    CHECKOUT_TRY(domain::checkChargeable(context.tenant, totals.total));
    saga.totals = totals;
    return StepProgress::Done;
  }

  Result<void> undo(Saga&, Transaction&, const StepContext&, const CallOutcome*) const override { return {}; }
};

}  // namespace

const Step& validateCart() {
  static const ValidateCart kStep;
  return kStep;
}

}  // namespace checkout::saga
