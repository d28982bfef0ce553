// validate_cart: freezes the cart and checks that this checkout could be paid and delivered.
#include <algorithm>

#include "domain/cart_snapshot.hpp"
#include "domain/shipping.hpp"
#include "domain/totals.hpp"
#include "saga/steps.hpp"

namespace checkout::saga {
namespace {

Error incomplete(const Tenant& tenant, std::string message, NextActionType next, std::string what) {
  return Error(ErrorCode::InvalidAddress, std::move(message),
               {{"shippingCountries", tenant.shippingCountries}})
      .withNext(next, std::move(what));
}

const ShippingSelection* findService(const std::vector<ShippingSelection>& options,
                                     const std::string& carrierId, const std::string& serviceId) {
  for (const ShippingSelection& option : options)
    if (option.carrierId == carrierId && option.serviceId == serviceId) return &option;
  return nullptr;
}

// The customer's choice if there was one and it is still offered, else the cheapest.
Result<void> assumeShipping(Saga& saga, const Tenant& tenant,
                            const std::optional<ShippingSelection>& preferred) {
  if (!saga.shippingAddress)
    return incomplete(tenant,
                      "The cart has physical goods, so checkout_start needs shippingAddress; none came.",
                      NextActionType::CollectShippingAddress,
                      "Ask the customer for the shipping address and call checkout_start again with it.");
  CHECKOUT_TRY(domain::checkShippingAddress(tenant, *saga.shippingAddress));
  const auto options = domain::shippingOptions(tenant, saga.cart.items, saga.shippingAddress->country);
  if (options.empty())
    return Error(ErrorCode::InvalidAddress,
                 "No shipping service carries this cart to " + saga.shippingAddress->country +
                     ". Expected another country or a lighter cart.",
                 {{"shippingCountries", tenant.shippingCountries}});
  saga.shipping = options.front();
  if (!preferred) return {};
  if (const auto* kept = findService(options, preferred->carrierId, preferred->serviceId)) {
    saga.shipping = *kept;
    saga.shippingChosen = true;
  }
  return {};
}

Result<void> checkStock(const Saga& saga, const Facts& facts) {
  for (const LineItem& item : saga.cart.items) {
    const auto level = facts.stock.find(item.productId);
    if (level == facts.stock.end() || level->second.free() >= item.quantity) continue;
    const std::int64_t left = level->second.free();
    return Error(ErrorCode::InventoryUnavailable,
                 "Only " + std::to_string(left) + " of \"" + item.productId.value + "\" are left, but " +
                     std::to_string(item.quantity) +
                     " are in the cart. Lower the quantity with cart_update_quantity or remove the product.",
                 {{"productId", item.productId.value}, {"requested", item.quantity}, {"available", left}});
  }
  return {};
}

Result<void> reckon(Saga& saga, const Tenant& tenant) {
  const std::string country = domain::taxCountry(saga);
  if (country.empty() && domain::taxDependsOnCountry(tenant))
    return incomplete(tenant,
                      "The tax of this shop depends on the customer's country, so checkout_start needs "
                      "billingAddress with country; no address came.",
                      NextActionType::StartOver,
                      "Ask the customer for their country and call checkout_start again with billingAddress "
                      "{\"country\": …}.");
  CHECKOUT_ASSIGN(totals, domain::computeTotals(tenant, saga.cart.items, saga.shipping, country));
  CHECKOUT_TRY(domain::checkChargeable(tenant, totals.total));
  saga.totals = totals;
  return {};
}

}  // namespace

Result<void> checkPaidWithoutPage(const Saga& saga, const Tenant& tenant) {
  constexpr const char* kPage =
      "Let the customer pay on a page: call checkout_start without paymentMethodId if there is no checkout "
      "yet, and then checkout_create_payment_session.";
  if (tenant.stripe.automaticTax)
    return Error(ErrorCode::ValidationFailed,
                 "The tax of this shop is reckoned on the payment page, so it takes no payments without one.")
        .withNext(NextActionType::PresentPaymentUrl, kPage);
  const bool digital = std::any_of(saga.cart.items.begin(), saga.cart.items.end(),
                                   [](const LineItem& item) { return item.kind == ProductKind::Digital; });
  if (digital && saga.email.empty())
    return incomplete(
        tenant,
        "The cart has digital goods, which are delivered by e-mail, and a payment without a page "
        "does not ask for an address; no email came.",
        NextActionType::StartOver,
        "Ask the customer for an e-mail address and call checkout_start again with it, and with a new "
        "idempotencyKey if there was one. Or let them pay on a page, which asks for it: "
        "checkout_create_payment_session.");
  return {};
}

Result<void> validateCart(Saga& saga, const Facts& facts, const Tenant& tenant,
                          const std::optional<ShippingSelection>& preferred) {
  auto frozen =
      facts.cart
          ? domain::freezeCart(tenant, *facts.cart)
          : Result<CartSnapshot>(Error(ErrorCode::CartNotFound,
                                       "There is no cart \"" + saga.cartId.value +
                                           "\". Expected the cartId that cart_add_item was called with."));
  const bool isEmpty = !frozen.ok() && (frozen.error().code == ErrorCode::CartNotFound ||
                                        frozen.error().code == ErrorCode::CartEmpty);
  if (isEmpty && facts.lastPurchase)
    return boughtAlready(std::move(frozen).error(), *facts.lastPurchase, saga.userId);
  CHECKOUT_ASSIGN(snapshot, frozen);
  saga.cart = snapshot;
  saga.shipping.reset();
  saga.shippingChosen = false;
  if (needsShipping(saga)) CHECKOUT_TRY(assumeShipping(saga, tenant, preferred));
  if (saga.paymentMethodId) CHECKOUT_TRY(checkPaidWithoutPage(saga, tenant));
  CHECKOUT_TRY(checkStock(saga, facts));
  CHECKOUT_TRY(reckon(saga, tenant));
  saga.completedSteps = {StepName::ValidateCart};
  saga.currentStep = StepName::ReserveInventory;
  return {};
}

Result<void> chooseShipping(Saga& saga, const Tenant& tenant, const std::string& carrierId,
                            const std::string& serviceId) {
  if (saga.totals.total.currency != tenant.currency)
    return Error(ErrorCode::InvalidState,
                 "The shop sells in " + tenant.currency.code + " since this checkout was started in " +
                     saga.totals.total.currency.code + ", so its shipping can't be chosen any more.",
                 {{"sagaId", saga.id.value}})
        .withNext(NextActionType::StartOver,
                  "Call checkout_cancel with this sagaId, and checkout_start again for the new prices.");
  const auto options = domain::shippingOptions(tenant, saga.cart.items, saga.shippingAddress->country);
  const ShippingSelection* wanted = findService(options, carrierId, serviceId);
  if (wanted == nullptr) {
    Json offered = Json::array();
    for (const auto& option : options)
      offered.push_back({{"carrierId", option.carrierId}, {"serviceId", option.serviceId}});
    return Error(
        ErrorCode::ShippingOptionInvalid,
        "Service \"" + serviceId + "\" of carrier \"" + carrierId +
            "\" does not serve this checkout. Expected a pair that checkout_shipping_options returned.",
        {{"options", offered}});
  }
  saga.shipping = *wanted;
  saga.shippingChosen = true;
  return reckon(saga, tenant);
}

}  // namespace checkout::saga
