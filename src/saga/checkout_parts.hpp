// What the operations of CheckoutService share. Private to the checkout_*.cpp files.
#pragma once

#include <map>
#include <mutex>

#include "saga/checkout_service.hpp"
#include "saga/leased_saga.hpp"
#include "saga/runner.hpp"

namespace checkout::saga {

// How long an agent's call waits for whoever works on the same saga.
inline constexpr Milliseconds kAgentPatience{15'000};

struct CheckoutService::Parts {
  Parts(Store& theStore, const TenantDirectory& theTenants, PaymentGateway& theGateway, const Clock& theClock,
        SagaChangeFeed& feed, CheckoutOptions options)
      : store(theStore),
        tenants(theTenants),
        gateway(theGateway),
        clock(theClock),
        desk(theStore, theClock, feed, options.workerId),
        runner(theStore, theGateway, theClock, options.publicUrl),
        changes(feed) {}

  Store& store;
  const TenantDirectory& tenants;
  PaymentGateway& gateway;
  const Clock& clock;
  LeaseDesk desk;
  Runner runner;
  SagaChangeFeed& changes;

  Result<const Tenant*> tenant(const TenantId& id) const;             // TenantNotFound
  Result<const Tenant*> sellingTenant(const TenantId& id) const;      // also Forbidden while inactive
  Result<Saga> load(const TenantId& tenant, const SagaId& id) const;  // CheckoutNotFound
  // Asks the provider how the payment stands and applies the answer.
  Result<void> look(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);
  // Is the payment overdue: has nothing been heard of it for the tenant's poll interval? True once an
  // interval, which keeps agents that poll in a loop from hammering Stripe.
  bool mayAskNow(const Tenant& tenant, const Saga& saga);

 private:
  std::mutex asksMutex_;
  std::map<SagaId, TimePoint> lastAsks_;
};

Error checkoutNotFound(const SagaId& id);
// InvalidState that says where the checkout stands and what can be done from there.
Error invalidState(const Saga& saga, const std::string& wanted);

}  // namespace checkout::saga
