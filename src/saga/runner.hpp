// Drives a leased saga forward through its steps, or back through their undos.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "saga/leased_saga.hpp"
#include "saga/step.hpp"

namespace checkout::saga {

// The failure of a payment that was not made before its deadline.
Error paymentTimeout();

// Stateless but for references; used by many threads, each with a saga of its own.
//
// A result of PaymentOutcomeUnknown means that an answer of the provider is missing: the saga stays where it
// is and a timer resumes it. ServiceUnavailable and Internal leave it there too. Every other error was
// definite: it is stored in the saga, and what had been done is undone, before the error is returned.
class Runner {
 public:
  Runner(Store& store, PaymentGateway& gateway, const Clock& clock, std::string publicUrl);

  StepContext context(const Tenant& tenant) const;

  // Runs steps while the saga is in_progress: until it waits for the customer or is completed.
  Result<void> advance(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);

  // Turns back: `why` is the failure, or nullopt for a cancellation. Then undoAll().
  Result<void> compensate(LeaseDesk::Held& held, const Tenant& tenant, std::optional<Error> why,
                          std::string reason, const std::string& actor);
  // Undoes, last step first, while the saga is compensating. An undo that fails is kept in
  // compensation.failure, returned, and tried again by a timer.
  Result<void> undoAll(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);

  // Expires the open session or cancels the intent. Afterwards the payment is closed, or the customer was
  // faster and it is paid or processing.
  Result<void> closePayment(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);

  // Applies what the provider says about the payment, and goes on from there. `alongside` joins the
  // transaction (the inbox stores its event there).
  Result<void> settle(LeaseDesk::Held& held, const Tenant& tenant, const PaymentFact& fact, ConfirmedBy way,
                      const std::string& actor,
                      const std::function<Result<void>(Transaction&)>& alongside = {});

  // A call of the payment provider with its intent committed first. `plan` names it; `begin` is stored with
  // it.
  struct Performed {
    GatewayCall call;
    CallOutcome outcome;  // Succeeded or Failed
  };
  using Plan = std::function<std::optional<GatewayCall>(const Saga&)>;
  using Perform = std::function<CallOutcome(const Saga&, const GatewayCall&)>;
  Result<Performed> call(LeaseDesk::Held& held, const std::string& actor,
                         const std::function<void(Saga&)>& begin, const Plan& plan, const Perform& perform);
  // The other half: joins the transaction that stores what came of it.
  Result<void> finishCall(Transaction& tx, const Saga& saga, const Performed& performed) const;

 private:
  Result<void> goOn(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);
  Result<Performed> callUndo(LeaseDesk::Held& held, const Tenant& tenant, const Step& step,
                             const std::string& actor);
  Result<void> undoStep(LeaseDesk::Held& held, const Tenant& tenant, const Step& step,
                        const std::string& actor);

  Store& store_;
  PaymentGateway& gateway_;
  const Clock& clock_;
  std::string publicUrl_;
};

}  // namespace checkout::saga
