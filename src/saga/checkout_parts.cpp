#include "saga/checkout_parts.hpp"

#include "saga/next_action.hpp"
#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

constexpr std::size_t kRememberedAsks = 10'000;

}  // namespace

CheckoutService::CheckoutService(Store& store, const TenantDirectory& tenants, PaymentGateway& gateway,
                                 const Clock& clock, SagaChangeFeed& feed, CheckoutOptions options)
    : parts_(std::make_unique<Parts>(store, tenants, gateway, clock, feed, std::move(options))) {}

CheckoutService::~CheckoutService() = default;

Error checkoutNotFound(const SagaId& id) {
  return Error(ErrorCode::CheckoutNotFound,
               "There is no checkout \"" + id.value +
                   "\" at this tenant. Expected a sagaId that checkout_start returned.");
}

Error invalidState(const Saga& saga, const std::string& wanted) {
  Error error(ErrorCode::InvalidState,
              "The checkout is " + std::string(toString(saga.status)) + ", so it can't " + wanted + ".",
              {{"sagaId", saga.id.value}, {"status", toString(saga.status)}});
  error.nextAction = nextActionFor(saga);
  return error;
}

Result<const Tenant*> CheckoutService::Parts::tenant(const TenantId& id) const {
  if (const Tenant* found = tenants.find(id)) return found;
  return Error(ErrorCode::TenantNotFound,
               "There is no tenant \"" + id.value + "\". federation_list_tenants lists them.");
}

Result<const Tenant*> CheckoutService::Parts::sellingTenant(const TenantId& id) const {
  CHECKOUT_ASSIGN(found, tenant(id));
  if (!found->active)
    return Error(ErrorCode::Forbidden,
                 found->name + " is not selling at the moment. Choose another tenant or come back later.");
  return found;
}

Result<Saga> CheckoutService::Parts::load(const TenantId& tenantId, const SagaId& id) const {
  return readFor<Saga>(store, [&](Transaction& tx) -> Result<Saga> {
    CHECKOUT_ASSIGN(saga, tx.sagas().find(tenantId, id));
    if (!saga) return checkoutNotFound(id);
    return *saga;
  });
}

Result<void> CheckoutService::Parts::look(LeaseDesk::Held& held, const Tenant& tenant,
                                          const std::string& actor) {
  const SagaStatus status = held.saga().status;
  if (status == SagaStatus::Pending) {
    if (clock.now() - held.saga().updatedAt < kPendingLifetime) return {};
    return runner.compensate(held, tenant, paymentTimeout(), "nobody paid for it", actor);
  }
  if (status == SagaStatus::InProgress) return runner.advance(held, tenant, actor);
  const bool fundsOnTheirWay = held.saga().payment.state == PaymentState::Processing;
  if (status == SagaStatus::Compensating && !fundsOnTheirWay) return runner.undoAll(held, tenant, actor);
  const bool asked = held.saga().payment.sessionId || held.saga().payment.paymentIntentId;
  if (!asked) return {};
  auto fact = lookUp(held.saga(), tenant, gateway, clock.now());
  if (!fact.ok()) return std::move(fact).error();
  CHECKOUT_TRY(runner.settle(held, tenant, *fact, {ConfirmedBy::Poll, actor, Json::object(), {}}));
  CHECKOUT_TRY(replayParked(held, tenant));

  // An intent never expires by itself; ours have the lifetime of a session.
  const bool overdue = isPayable(held.saga().payment) && !held.saga().payment.sessionId &&
                       held.saga().payment.expiresAt && clock.now() >= *held.saga().payment.expiresAt;
  if (!overdue || held.saga().status != SagaStatus::PaymentPending) return {};
  return runner.compensate(held, tenant, paymentTimeout(), "payment not made in time", actor);
}

bool CheckoutService::Parts::mayAskNow(const Tenant& tenant, const Saga& saga) {
  const TimePoint now = clock.now();
  const Milliseconds interval = tenant.policies.paymentPollInterval;
  if (now - saga.updatedAt < interval) return false;
  const std::lock_guard lock(asksMutex_);
  const auto known = lastAsks_.find(saga.id);
  if (known != lastAsks_.end() && now - known->second < interval) return false;
  if (lastAsks_.size() >= kRememberedAsks)
    std::erase_if(lastAsks_,
                  [&](const auto& entry) { return now - entry.second >= std::chrono::minutes(1); });
  lastAsks_[saga.id] = now;
  return true;
}

}  // namespace checkout::saga
