// One step of the saga: what it does and how that is undone. Each step is one file in steps/.
//
// A step that only touches the store does so in apply(), inside the transaction that stores the saga. A step
// that calls the payment provider splits in three: begin() and plan() say what will be sent, and are
// committed before it is sent; perform() sends it, outside of any transaction; apply() stores what came of
// it. Steps are stateless and shared by all threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>
#include <checkout/tenant.hpp>

namespace checkout::saga {

struct StepContext {
  const Tenant& tenant;
  PaymentGateway& gateway;
  TimePoint now;
  const std::string& publicUrl;  // of this server, for its own return pages
};

enum class StepProgress { Done, Waiting };  // Waiting: for the customer

class Step {
 public:
  virtual ~Step() = default;
  virtual StepName name() const = 0;

  // --- Do -----------------------------------------------------------------------------------------------
  virtual bool callsOutside(const Saga&) const { return false; }
  // Prepares a fresh attempt of the call. Changes are stored together with the plan.
  virtual void begin(Saga&, const StepContext&) const {}
  // The call of the current attempt; depends on the saga alone.
  virtual std::optional<GatewayCall> plan(const Saga&, const StepContext&) const { return std::nullopt; }
  virtual CallOutcome perform(const Saga&, const GatewayCall& call, const StepContext& context) const {
    return context.gateway.execute(context.tenant, call);
  }
  // `outcome` is the planned call's (never Unknown), or null where nothing was called. An error is definite:
  // the saga is compensated.
  virtual Result<StepProgress> apply(Saga&, Transaction&, const StepContext&,
                                     const CallOutcome* outcome) const = 0;

  // --- Undo ---------------------------------------------------------------------------------------------
  // The next call needed to undo; asked again after each until there is none.
  virtual std::optional<GatewayCall> planUndo(const Saga&, const StepContext&) const { return std::nullopt; }
  // Once with each undo call's outcome, and once without one at the end.
  virtual Result<void> undo(Saga&, Transaction&, const StepContext&, const CallOutcome* outcome) const = 0;
  // False while undoing has to wait for the provider (money on its way can't be called back).
  virtual bool isUndone(const Saga&) const { return true; }
  // False for steps that leave nothing behind; their file says why.
  virtual bool hasUndo() const { return true; }
};

// The seven steps in the order in which they run. The one visible list: steps/steps.cpp.
const std::vector<const Step*>& orderedSteps();
const Step& stepNamed(StepName name);

bool isCompleted(const Saga& saga, StepName step);

}  // namespace checkout::saga
