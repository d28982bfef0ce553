// What the operations of CheckoutService share. Private to the checkout_*.cpp files, one for each audience:
// none of these knows another.
#pragma once

#include <map>
#include <mutex>

#include "base/fair_pool.hpp"
#include "saga/checkout_service.hpp"
#include "saga/executor.hpp"

namespace checkout::saga {

struct CheckoutService::Impl {
  Impl(Store& theStore, const TenantDirectory& theTenants, PaymentGateway& theGateway, const Clock& theClock,
       SagaChangeFeed& feed, CheckoutOptions options);

  Store& store;
  const TenantDirectory& tenants;
  PaymentGateway& gateway;
  const Clock& clock;
  SagaChangeFeed& changes;
  SagaLocks locks;
  Executor executor;
  const std::string publicUrl;
  const Milliseconds patience;
  const bool webhooksArrive;

  Result<const Tenant*> tenant(const TenantId& id) const;             // TenantNotFound
  Result<const Tenant*> sellingTenant(const TenantId& id) const;      // also Forbidden while inactive
  Result<Saga> load(const TenantId& tenant, const SagaId& id) const;  // CheckoutNotFound
  // Locks the checkout and runs the machine with `input` until it rests. The run's error, or where it stands.
  Result<Saga> run(const Tenant& tenant, const SagaId& id, Input input, const Actor& actor);
  // Charges the checkout's payment method, or the input's.
  Result<Saga> payDirectly(const Tenant& tenant, const SagaId& id, PayDirectly input);

  Result<std::vector<Timer>> claimDueTimers();
  void runTimer(const Timer& timer);
  // Timers that were set while the clock was ahead are due now.
  void pullInTimers();
  // A page of the provider's events. Waits where the provider takes no more requests for a known time;
  // nullopt: the sweep is to stop.
  Result<std::optional<EventPage>> listEvents(const Tenant& tenant, const EventQuery& query,
                                              const SweepPause& pause);
  // How far this process has read a tenant's list of events, and what of it could not be applied. Full sweeps
  // try that again; the store's mark waits for the earliest of it, so that the next process reads it anew.
  struct Reading {
    std::optional<TimePoint> until;
    std::map<std::string, PaymentEvent> failed;  // by id
  };
  Reading readingOf(const TenantId& tenant);
  // Answers the store's mark.
  TimePoint keepReading(const TenantId& tenant, Reading reading);
  // Is the payment overdue: has nothing been heard of it for the tenant's poll interval? True once an
  // interval, which keeps agents that poll in a loop from hammering Stripe.
  bool mayAskNow(const Tenant& tenant, const Saga& saga);

 private:
  std::mutex asksMutex_;
  std::map<SagaId, TimePoint> lastAsks_;
  std::mutex readingsMutex_;
  std::map<TenantId, Reading> readings_;
  std::mutex clockMutex_;
  std::optional<TimePoint> latest_;  // the clock at the last look at the timers

 public:
  std::optional<FairPool> workers;  // last, so that its tasks end before what they use
};

}  // namespace checkout::saga
