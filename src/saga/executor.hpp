// The only place where machine, store, provider and clock meet: it takes a checkout, decides, stores the
// decision in one transaction, makes the call or asks the question that the decision names, and feeds the
// answer back in, until nothing is left to do. The rules of durable execution stand here once:
//
//  - the intent of a call is stored before the call leaves (the transaction of its decision has its
//  CallRecord);
//  - a call without a stored outcome is sent again with the same key and body, or looked up, never made anew;
//  - one decision is one transaction: transitions, effects, timers;
//  - a write needs the lease's fence; after a crash another process goes on from what is stored.
#pragma once

#include <string>

#include <checkout/saga_changes.hpp>

#include "saga/machine.hpp"
#include "saga/saga_locks.hpp"

namespace checkout::saga {

// What came of a run. The checkout is in the LockedSaga; `error` is for whoever asked, and says nothing about
// whether the checkout went on.
struct RunResult {
  std::optional<Error> error;
  bool stored = false;              // something was: at least the first decision
  std::optional<PaymentFact> fact;  // what the provider said last about the payment
};

// Thread-safe: stateless but for references; many threads use it, each with a checkout of its own.
class Executor {
 public:
  Executor(Store& store, PaymentGateway& gateway, const Clock& clock, SagaChangeFeed& feed,
           std::string publicUrl, bool webhooksArrive, Decide decide);

  RunResult run(LockedSaga& locked, const Tenant& tenant, Input input, const Actor& actor);

  Setting setting(const Tenant& tenant) const;

 private:
  Result<Decision> commit(LockedSaga& locked, const Setting& setting, const Input& input, const Actor& actor,
                          std::optional<GatewayCall>& call);
  Result<Input> follow(const LockedSaga& locked, const Setting& setting, const Decision& decision,
                       std::optional<GatewayCall> call, RunResult& result);

  Store& store_;
  PaymentGateway& gateway_;
  const Clock& clock_;
  SagaChangeFeed& feed_;
  const std::string publicUrl_;
  const bool webhooksArrive_;
  const Decide decide_;
};

// What a decision about a checkout may need to know; `cartId` may have changed since it was frozen.
Result<Facts> readFacts(Transaction& tx, const Saga& saga);
Result<void> applyEffect(Transaction& tx, const Saga& saga, TimePoint now, const Effect& effect);
// The member of an event's data that names the trace this thread works for; empty if there is none.
Json traceOfThisThread();

}  // namespace checkout::saga
