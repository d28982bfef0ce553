// CheckoutService for agents: everything about a checkout that has been started (checkout_start.cpp).
#include "base/log.hpp"
#include "base/read_patience.hpp"
#include "domain/shipping.hpp"
#include "saga/next_action.hpp"
#include "saga/own_pages.hpp"
#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/service_impl.hpp"

namespace checkout::saga {
namespace {

const Actor kAgent{ActorKind::Agent, {}};

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

}  // namespace

Result<std::vector<ShippingSelection>> CheckoutService::shippingOptions(const TenantId& tenantId,
                                                                        const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  CHECKOUT_ASSIGN(saga, impl_->load(tenantId, id));
  if (!saga.shippingAddress) return std::vector<ShippingSelection>{};
  return domain::shippingOptions(*tenant, saga.cart.items, saga.shippingAddress->country);
}

Result<Saga> CheckoutService::selectShipping(const TenantId& tenantId, const SagaId& id,
                                             const std::string& carrierId, const std::string& serviceId) {
  CHECKOUT_ASSIGN(tenant, impl_->sellingTenant(tenantId));
  CHECKOUT_ASSIGN(saga, impl_->run(*tenant, id, SelectShipping{carrierId, serviceId}, kAgent));
  const bool chosen =
      saga.shipping && saga.shipping->carrierId == carrierId && saga.shipping->serviceId == serviceId;
  if (!chosen) return invalidState(saga, "change its shipping");  // the customer was faster
  return saga;
}

Result<Saga> CheckoutService::createPaymentSession(const TenantId& tenantId, const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, impl_->sellingTenant(tenantId));
  return impl_->run(*tenant, id, OpenPage{}, kAgent);
}

Result<Saga> CheckoutService::pay(const TenantId& tenantId, const SagaId& id, const PayCheckout& request) {
  CHECKOUT_ASSIGN(tenant, impl_->sellingTenant(tenantId));
  return impl_->payDirectly(*tenant, id, {request.paymentMethodId, request.expectedTotal, request.approval});
}

Result<Saga> CheckoutService::status(const TenantId& tenantId, const SagaId& id, bool mayAsk) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  CHECKOUT_ASSIGN(saga, impl_->load(tenantId, id));
  const bool waits = !isTerminal(saga.status) && saga.status != SagaStatus::Pending;
  if (!mayAsk || !waits || !impl_->mayAskNow(*tenant, saga)) return saga;

  auto locked = impl_->locks.lock(tenantId, id, Waiter::Agent, Milliseconds{0});
  if (!locked.ok()) return saga;  // somebody is at it; what is stored is the truth so far
  const ReadPatience patience(kStatusPatience);
  const RunResult looked = impl_->executor.run(*locked, *tenant, Look{}, {ActorKind::Poll, {}});
  if (looked.error && looked.error->code != ErrorCode::PaymentOutcomeUnknown)
    log::warn("payment could not be looked up", {{"saga", id.value}, {"reason", looked.error->message}});
  return locked->saga();
}

Result<SagaPage> CheckoutService::list(const TenantId& tenantId, const SagaPageQuery& query) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  return readFor<SagaPage>(impl_->store, [&](Transaction& tx) { return tx.sagas().list(tenant->id, query); });
}

Result<Saga> CheckoutService::cancel(const TenantId& tenantId, const SagaId& id, const std::string& reason) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  auto ended = impl_->run(*tenant, id, Cancel{reason}, kAgent);
  if (ended.ok()) return ended;
  // The provider's refusal does not revoke the cancellation: the undo is retried until it succeeds.
  CHECKOUT_ASSIGN(saga, impl_->load(tenantId, id));
  const bool isUnderWay = saga.status == SagaStatus::Compensating && saga.compensation.cancelled;
  if (isUnderWay && ended.error().code != ErrorCode::PaymentOutcomeUnknown) return saga;
  return ended;
}

Result<Saga> CheckoutService::retry(const TenantId& tenantId, const SagaId& id,
                                    const std::optional<Approval>& approval) {
  CHECKOUT_ASSIGN(tenant, impl_->sellingTenant(tenantId));
  CHECKOUT_ASSIGN(saga, impl_->run(*tenant, id, Retry{}, kAgent));
  if (saga.status != SagaStatus::Pending || !saga.paymentMethodId) return saga;
  // Nothing has been tried yet, for want of an approval or an agreed total: there is nothing to try again.
  if (saga.attempt == 1 && !approval) return saga;
  return impl_->payDirectly(*tenant, id, {std::nullopt, std::nullopt, approval});
}

Result<ConfirmedIntent> CheckoutService::confirmIntent(const TenantId& tenantId,
                                                       const ConfirmRequest& request) {
  CHECKOUT_ASSIGN(tenant, impl_->sellingTenant(tenantId));
  auto owner = readFor<std::optional<SagaId>>(
      impl_->store, [&](Transaction& tx) { return tx.sagas().findByPayment(tenantId, request.intentId); });
  if (!owner.ok()) return std::move(owner).error();
  if (!*owner) return noSuchIntent(request.intentId);
  CHECKOUT_ASSIGN(locked, impl_->locks.lock(tenantId, **owner, Waiter::Agent, impl_->patience));
  CHECKOUT_ASSIGN(confirmation, withReturnUrl(request, locked.saga(), *tenant, impl_->publicUrl));
  const RunResult result = impl_->executor.run(locked, *tenant, Confirm{confirmation}, kAgent);
  if (result.error) return *result.error;
  if (!result.fact) return invalidState(locked.saga(), "be paid with this PaymentIntent");
  return ConfirmedIntent{result.fact->object, nextActionFor(locked.saga())};
}

}  // namespace checkout::saga
