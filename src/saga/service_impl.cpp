#include "saga/service_impl.hpp"

namespace checkout::saga {
namespace {

constexpr std::size_t kQueuedTimers = 256;  // of one tenant
constexpr std::size_t kRememberedAsks = 10'000;

Error checkoutNotFound(const SagaId& id) {
  return Error(ErrorCode::CheckoutNotFound,
               "There is no checkout \"" + id.value +
                   "\" at this tenant. Expected a sagaId that checkout_start returned.");
}

// The customer may try another payment method, or a page.
Error declined(const Saga& saga) {
  Error error =
      saga.payment.lastError.value_or(Error(ErrorCode::PaymentDeclined, "The payment method was declined."));
  if (!error.details.is_object()) error.details = Json::object();
  error.details["sagaId"] = saga.id.value;
  if (saga.payment.paymentIntentId) error.details["paymentIntentId"] = *saga.payment.paymentIntentId;
  return std::move(error).withNext(NextActionType::Retry,
                                   "Call checkout_pay with this sagaId and another paymentMethodId, or "
                                   "checkout_create_payment_session to let the customer pay on a page.");
}

}  // namespace

CheckoutService::CheckoutService(Store& store, const TenantDirectory& tenants, PaymentGateway& gateway,
                                 const Clock& clock, SagaChangeFeed& feed, CheckoutOptions options)
    : impl_(std::make_unique<Impl>(store, tenants, gateway, clock, feed, std::move(options))) {}

CheckoutService::~CheckoutService() = default;

CheckoutService::Impl::Impl(Store& theStore, const TenantDirectory& theTenants, PaymentGateway& theGateway,
                            const Clock& theClock, SagaChangeFeed& feed, CheckoutOptions options)
    : store(theStore),
      tenants(theTenants),
      gateway(theGateway),
      clock(theClock),
      changes(feed),
      locks(theStore, theClock, options.workerId),
      executor(theStore, theGateway, theClock, feed, options.publicUrl, options.webhooksArrive,
               options.decide),
      publicUrl(options.publicUrl),
      patience(options.patience),
      webhooksArrive(options.webhooksArrive) {
  if (options.workers > 0) workers.emplace(options.workers, kQueuedTimers);
}

Result<const Tenant*> CheckoutService::Impl::tenant(const TenantId& id) const {
  if (const Tenant* found = tenants.find(id)) return found;
  return Error(ErrorCode::TenantNotFound,
               "There is no tenant \"" + id.value + "\". federation_list_tenants lists them.");
}

Result<const Tenant*> CheckoutService::Impl::sellingTenant(const TenantId& id) const {
  CHECKOUT_ASSIGN(found, tenant(id));
  if (!found->active)
    return Error(ErrorCode::Forbidden,
                 found->name + " is not selling at the moment. Choose another tenant or come back later.");
  return found;
}

Result<Saga> CheckoutService::Impl::load(const TenantId& tenantId, const SagaId& id) const {
  return readFor<Saga>(store, [&](Transaction& tx) -> Result<Saga> {
    CHECKOUT_ASSIGN(saga, tx.sagas().find(tenantId, id));
    if (!saga) return checkoutNotFound(id);
    return *saga;
  });
}

Result<Saga> CheckoutService::Impl::run(const Tenant& tenant, const SagaId& id, Input input,
                                        const Actor& actor) {
  CHECKOUT_ASSIGN(locked, locks.lock(tenant.id, id, Waiter::Agent, patience));
  const RunResult result = executor.run(locked, tenant, std::move(input), actor);
  if (result.error) return *result.error;
  return locked.saga();
}

Result<Saga> CheckoutService::Impl::payDirectly(const Tenant& tenant, const SagaId& id, PayDirectly input) {
  CHECKOUT_ASSIGN(locked, locks.lock(tenant.id, id, Waiter::Agent, patience));
  const int attempt = locked.saga().payment.attempt;
  const RunResult result = executor.run(locked, tenant, std::move(input), {ActorKind::Agent, {}});
  if (result.error) return *result.error;
  const Saga& saga = locked.saga();
  const bool triedNow = saga.payment.attempt != attempt;
  if (triedNow && saga.status == SagaStatus::PaymentPending && saga.payment.state == PaymentState::Declined)
    return declined(saga);
  return saga;
}

bool CheckoutService::Impl::mayAskNow(const Tenant& tenant, const Saga& saga) {
  const TimePoint now = clock.now();
  const Milliseconds interval = tenant.policies.paymentPollInterval;
  if (now >= saga.updatedAt && now - saga.updatedAt < interval) return false;
  const std::lock_guard lock(asksMutex_);
  const auto known = lastAsks_.find(saga.id);
  if (known != lastAsks_.end() && now >= known->second && now - known->second < interval) return false;
  if (lastAsks_.size() >= kRememberedAsks)
    std::erase_if(lastAsks_,
                  [&](const auto& entry) { return now - entry.second >= std::chrono::minutes(1); });
  lastAsks_[saga.id] = now;
  return true;
}

}  // namespace checkout::saga
