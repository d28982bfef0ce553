// What the operations of CheckoutService share. Private to the checkout_*.cpp files.
#pragma once

#include <map>
#include <mutex>

#include "base/worker_pool.hpp"
#include "saga/checkout_service.hpp"
#include "saga/leased_saga.hpp"
#include "saga/runner.hpp"

namespace checkout::saga {

// How long a checkout that nobody pays for may rest before it ends.
inline constexpr Milliseconds kPendingLifetime{24 * 60 * 60'000};
inline constexpr std::size_t kQueuedTimers = 256;

struct CheckoutService::Parts {
  Parts(Store& theStore, const TenantDirectory& theTenants, PaymentGateway& theGateway, const Clock& theClock,
        SagaChangeFeed& feed, CheckoutOptions options)
      : store(theStore),
        tenants(theTenants),
        gateway(theGateway),
        clock(theClock),
        desk(theStore, theClock, feed, options.workerId),
        runner(theStore, theGateway, theClock, options.publicUrl),
        changes(feed),
        patience(options.patience),
        webhooksArrive(options.webhooksArrive) {
    if (options.workers > 0) workers.emplace(options.workers, kQueuedTimers);
  }

  Store& store;
  const TenantDirectory& tenants;
  PaymentGateway& gateway;
  const Clock& clock;
  LeaseDesk desk;
  Runner runner;
  SagaChangeFeed& changes;
  const Milliseconds patience;
  const bool webhooksArrive;

  Result<const Tenant*> tenant(const TenantId& id) const;             // TenantNotFound
  Result<const Tenant*> sellingTenant(const TenantId& id) const;      // also Forbidden while inactive
  Result<Saga> load(const TenantId& tenant, const SagaId& id) const;  // CheckoutNotFound
  // Asks the provider how the payment stands and applies the answer.
  Result<void> look(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);
  // Applies an event of a saga in our hands; `record` joins the transaction that stores its effect.
  Result<void> follow(LeaseDesk::Held& held, const Tenant& tenant, const PaymentEvent& event,
                      const std::function<Result<void>(Transaction&)>& record);
  // Applies the events that came before it was known whose they are.
  Result<void> replayParked(LeaseDesk::Held& held, const Tenant& tenant);
  static Result<std::optional<SagaId>> ownerOf(Transaction& tx, const TenantId& tenant,
                                               const PaymentEvent& event);
  Result<std::vector<Timer>> claimDueTimers();
  void runTimer(const Timer& timer);
  // Is the payment overdue: has nothing been heard of it for the tenant's poll interval? True once an
  // interval, which keeps agents that poll in a loop from hammering Stripe.
  bool mayAskNow(const Tenant& tenant, const Saga& saga);

 private:
  std::mutex asksMutex_;
  std::map<SagaId, TimePoint> lastAsks_;

 public:
  std::optional<WorkerPool> workers;  // last, so that its tasks end before what they use
};

Error checkoutNotFound(const SagaId& id);
// InvalidState that says where the checkout stands and what can be done from there.
Error invalidState(const Saga& saga, const std::string& wanted);

}  // namespace checkout::saga
