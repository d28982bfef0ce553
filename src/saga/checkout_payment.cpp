// CheckoutService: shipping, the payment page, and payments without one.
#include "domain/shipping.hpp"
#include "domain/totals.hpp"
#include "saga/checkout_parts.hpp"
#include "saga/next_action.hpp"
#include "saga/own_pages.hpp"
#include "saga/payment.hpp"
#include "saga/runner_parts.hpp"
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

Error noSuchIntent(const std::string& intentId) {
  return Error(ErrorCode::CheckoutNotFound, "There is no PaymentIntent \"" + intentId +
                                                "\" at this tenant. Expected the paymentIntentId of a "
                                                "checkout that was started with paymentMethodId.");
}

// Without a place to return to, Stripe gives no page for 3-D Secure.
Result<ConfirmRequest> withReturnUrl(ConfirmRequest request, const Saga& saga, const Tenant& tenant,
                                     const std::string& publicUrl) {
  const auto given = request.parameters.find("return_url");
  if (given == request.parameters.end())
    request.parameters["return_url"] = paymentRequest(saga, tenant, publicUrl).returnUrl;
  else
    CHECKOUT_TRY(checkReturnUrl(tenant, publicUrl, given->get_ref<const std::string&>()));
  return request;
}

Error nothingToShip(const Saga& saga) {
  return Error(ErrorCode::ShippingOptionInvalid,
               "Nothing in this checkout is shipped: all its goods are digital.",
               {{"sagaId", saga.id.value}});
}

Result<void> applyShipping(Saga& saga, const Tenant& tenant, const ShippingSelection& selection) {
  saga.shipping = selection;
  saga.shippingChosen = true;
  CHECKOUT_ASSIGN(totals,
                  domain::computeTotals(tenant, saga.cart.items, saga.shipping, domain::taxCountry(saga)));
  CHECKOUT_TRY(domain::checkChargeable(tenant, totals.total));
  saga.totals = totals;
  return {};
}

}  // namespace

Result<void> CheckoutService::beginPayment(LeaseDesk::Held& held, PaymentWay way) {
  return held.transition({"payment_started", "agent"}, [&](Saga& saga, Transaction& tx) {
    saga.status = SagaStatus::InProgress;
    if (way == PaymentWay::Page) saga.paymentMethodId.reset();
    return resumeLater(tx, saga, parts_->clock.now());
  });
}

Result<std::vector<ShippingSelection>> CheckoutService::shippingOptions(const TenantId& tenantId,
                                                                        const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, parts_->tenant(tenantId));
  CHECKOUT_ASSIGN(saga, parts_->load(tenantId, id));
  if (!saga.shippingAddress) return std::vector<ShippingSelection>{};
  return domain::shippingOptions(*tenant, saga.cart.items, saga.shippingAddress->country);
}

Result<Saga> CheckoutService::selectShipping(const TenantId& tenantId, const SagaId& id,
                                             const std::string& carrierId, const std::string& serviceId) {
  CHECKOUT_ASSIGN(tenant, parts_->sellingTenant(tenantId));
  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, id, parts_->patience));
  const SagaStatus status = held.saga().status;
  if (status != SagaStatus::Pending && status != SagaStatus::PaymentPending)
    return invalidState(held.saga(), "change its shipping");
  if (!needsShipping(held.saga()) || !held.saga().shippingAddress) return nothingToShip(held.saga());

  std::optional<ShippingSelection> selection;
  Json offered = Json::array();
  for (const auto& option :
       domain::shippingOptions(*tenant, held.saga().cart.items, held.saga().shippingAddress->country)) {
    offered.push_back({{"carrierId", option.carrierId}, {"serviceId", option.serviceId}});
    if (option.carrierId == carrierId && option.serviceId == serviceId) selection = option;
  }
  if (!selection)
    return Error(
        ErrorCode::ShippingOptionInvalid,
        "Service \"" + serviceId + "\" of carrier \"" + carrierId +
            "\" does not serve this checkout. Expected a pair that checkout_shipping_options returned.",
        {{"options", offered}});
  const auto& known = held.saga().shipping;
  // A choice that only confirms what was assumed still takes the choice off the payment page.
  const bool isOpen = tenant->stripe.shippingOnPage && !held.saga().shippingChosen;
  if (!isOpen && known && known->carrierId == carrierId && known->serviceId == serviceId) return held.saga();

  if (status == SagaStatus::Pending) {
    CHECKOUT_TRY(held.transition({"shipping_selected", "agent"}, [&](Saga& saga, Transaction&) {
      return applyShipping(saga, *tenant, *selection);
    }));
    return held.saga();
  }

  // A session is open for the old total: it has to be closed before another can take the new one.
  if (!held.saga().payment.sessionId)
    return invalidState(held.saga(), "change its shipping while it is paid without a payment page");
  CHECKOUT_TRY(parts_->runner.closePayment(held, *tenant, "agent"));
  if (held.saga().payment.state != PaymentState::Expired)
    return invalidState(held.saga(), "change its shipping");
  CHECKOUT_TRY(
      held.transition({"shipping_selected", "agent"}, [&](Saga& saga, Transaction& tx) -> Result<void> {
        CHECKOUT_TRY(applyShipping(saga, *tenant, *selection));
        saga.status = SagaStatus::InProgress;
        auto updated = createOrder().apply(saga, tx, parts_->runner.context(*tenant), nullptr);
        if (!updated.ok()) return std::move(updated).error();
        return resumeLater(tx, saga, parts_->clock.now());
      }));
  CHECKOUT_TRY(parts_->runner.advance(held, *tenant, "agent"));
  return held.saga();
}

Result<Saga> CheckoutService::createPaymentSession(const TenantId& tenantId, const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, parts_->sellingTenant(tenantId));
  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, id, parts_->patience));
  switch (held.saga().status) {
    case SagaStatus::Pending:
      CHECKOUT_TRY(beginPayment(held, PaymentWay::Page));
      break;
    case SagaStatus::InProgress:  // left there by a crash or a missing answer
      break;
    case SagaStatus::PaymentPending: {
      const Payment& payment = held.saga().payment;
      if (payment.sessionId || !isPayable(payment)) return held.saga();
      // From a direct payment to a page: the intent must not stay payable beside the session.
      CHECKOUT_TRY(parts_->runner.closePayment(held, *tenant, "agent"));
      if (held.saga().payment.state != PaymentState::Canceled) return held.saga();
      CHECKOUT_TRY(beginPayment(held, PaymentWay::Page));
      break;
    }
    case SagaStatus::Completed:
      return held.saga();
    default:
      return invalidState(held.saga(), "take a payment");
  }
  CHECKOUT_TRY(parts_->runner.advance(held, *tenant, "agent"));
  return held.saga();
}

Result<ConfirmedIntent> CheckoutService::confirmIntent(const TenantId& tenantId,
                                                       const ConfirmRequest& request) {
  CHECKOUT_ASSIGN(tenant, parts_->sellingTenant(tenantId));
  auto owner = readFor<std::optional<SagaId>>(
      parts_->store, [&](Transaction& tx) { return tx.sagas().findByPayment(tenantId, request.intentId); });
  if (!owner.ok()) return std::move(owner).error();
  if (!*owner) return noSuchIntent(request.intentId);
  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, **owner, parts_->patience));
  CHECKOUT_ASSIGN(confirmation,
                  withReturnUrl(request, held.saga(), *tenant, parts_->runner.context(*tenant).publicUrl));

  const Payment& payment = held.saga().payment;
  const bool current = payment.paymentIntentId == request.intentId && !payment.sessionId;
  if (!current || held.saga().status != SagaStatus::PaymentPending || !isPayable(payment)) {
    // Paid, ended or waiting: confirming again changes nothing and shows how it stands.
    if (!current) return invalidState(held.saga(), "be paid with this PaymentIntent");
    CHECKOUT_ASSIGN(fact, lookUp(held.saga(), *tenant, parts_->gateway, parts_->clock.now()));
    return ConfirmedIntent{fact.object, nextActionFor(held.saga())};
  }

  const auto plan = [&](const Saga& saga) -> std::optional<GatewayCall> {
    return parts_->gateway.planConfirmIntent(*tenant, confirmation,
                                             callKey(saga, GatewayOperation::ConfirmIntent));
  };
  CHECKOUT_ASSIGN(performed, parts_->runner.call(
                                 held, *tenant, "agent", [](Saga& saga) { ++saga.payment.attempt; }, plan,
                                 [&](const Saga&, const GatewayCall& call) {
                                   return parts_->gateway.execute(*tenant, call);
                                 }));
  const CallOutcome& outcome = performed.outcome;
  const auto finish = [&](Transaction& tx) { return parts_->runner.finishCall(tx, held.saga(), performed); };
  if (!outcome.payment) {  // refused before it touched the intent, which stays payable
    CHECKOUT_TRY(parts_->store.write(finish));
    return *outcome.error;
  }
  CHECKOUT_TRY(parts_->runner.settle(held, *tenant, *outcome.payment,
                                     {ConfirmedBy::Confirm, "agent", Json::object(), finish}));
  if (outcome.kind == CallOutcome::Kind::Failed) return *outcome.error;
  return ConfirmedIntent{outcome.payment->object, nextActionFor(held.saga())};
}

}  // namespace checkout::saga
