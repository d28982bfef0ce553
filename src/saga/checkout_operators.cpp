// CheckoutService for operators: what they see and do about a checkout that does not help itself.
#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/service_impl.hpp"

namespace checkout::saga {

Result<std::map<TenantId, std::int64_t>> CheckoutService::countStuck() {
  using Counts = std::map<TenantId, std::int64_t>;
  constexpr int kMost = 10'000;
  return readFor<Counts>(impl_->store, [&](Transaction& tx) -> Result<Counts> {
    Counts counts;
    for (const Tenant* tenant : impl_->tenants.all()) counts[tenant->id] = 0;
    CHECKOUT_ASSIGN(stored, tx.sagas().tenants());
    for (const TenantId& tenant : stored) {
      CHECKOUT_ASSIGN(unsettled, tx.sagas().unsettled(tenant, kMost));
      std::int64_t& stuck = counts[tenant];
      stuck = static_cast<std::int64_t>(unsettled.unreadable.size());
      for (const Saga& saga : unsettled.sagas) stuck += whyStuck(saga, impl_->clock.now()).has_value();
    }
    return counts;
  });
}

Result<std::map<TenantId, Milliseconds>> CheckoutService::eventsBehind() {
  using Behind = std::map<TenantId, Milliseconds>;
  return readFor<Behind>(impl_->store, [&](Transaction& tx) -> Result<Behind> {
    Behind behind;
    for (const Tenant* tenant : impl_->tenants.all()) {
      CHECKOUT_ASSIGN(until, tx.ledger().eventsReadUntil(tenant->id));
      if (until) behind[tenant->id] = impl_->clock.now() - *until;
    }
    return behind;
  });
}

Result<Saga> CheckoutService::resume(const TenantId& tenantId, const SagaId& id, const std::string& who) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  const Actor actor = operatorActor(who);
  CHECKOUT_ASSIGN(locked, impl_->locks.lock(tenantId, id, Waiter::Agent, impl_->patience));
  const RunResult resumed = impl_->executor.run(locked, *tenant, ResumeNow{}, actor);
  if (resumed.error) return *resumed.error;
  const RunResult looked = impl_->executor.run(locked, *tenant, Look{}, actor);
  if (looked.error) return *looked.error;
  return locked.saga();
}

Result<Saga> CheckoutService::refund(const TenantId& tenantId, const SagaId& id,
                                     std::optional<std::int64_t> amount, const std::string& reason,
                                     const std::string& who, bool again) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  return impl_->run(*tenant, id, RefundByHand{amount, reason, again}, operatorActor(who));
}

Result<Saga> CheckoutService::resolve(const TenantId& tenantId, const SagaId& id, const std::string& reason,
                                      const std::string& who, const std::string& about) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  const Actor actor = operatorActor(who);
  CHECKOUT_ASSIGN(locked, impl_->locks.lock(tenantId, id, Waiter::Agent, impl_->patience));
  const std::int64_t before = locked.saga().version;
  const RunResult resolved = impl_->executor.run(locked, *tenant, Resolve{reason, about}, actor);
  // What goes on by itself after it, and may fail, is not the command's failure.
  if (resolved.error && locked.saga().version == before) return *resolved.error;
  return locked.saga();
}

Result<std::vector<PageLine>> CheckoutService::pageLines(const TenantId& tenantId, const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, impl_->tenant(tenantId));
  CHECKOUT_ASSIGN(saga, impl_->load(tenantId, id));
  if (!saga.payment.sessionId)
    return Error(ErrorCode::InvalidState, "No payment page was ever opened for this checkout.");
  return impl_->gateway.listPageLines(*tenant, *saga.payment.sessionId);
}

}  // namespace checkout::saga
