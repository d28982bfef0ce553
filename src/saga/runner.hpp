// Drives a leased saga forward through its steps, or back through their undos.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "saga/leased_saga.hpp"
#include "saga/step.hpp"

namespace checkout::saga {

// The failure of a checkout that was not finished before its deadline.
Error paymentTimeout();

// News of a payment, and how they came.
struct News {
  ConfirmedBy way = ConfirmedBy::Poll;
  std::string actor;
  Json source = Json::object();  // {"eventId", "type"} of a webhook: it goes into the saga's history
  std::function<Result<void>(Transaction&)> record;  // joins the transaction; the inbox keeps its event there
};

// Stateless but for references; used by many threads, each with a saga of its own.
//
// A result of PaymentOutcomeUnknown means that an answer of the provider is missing: the saga stays where it
// is and a timer resumes it. ServiceUnavailable and Internal leave it there too, and so does a temporary
// failure of a step until its tries are used up. Every other error was definite: it is stored in the saga,
// and what had been done is undone, before the error is returned.
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
  // compensation.failure, returned, and tried again by a timer. Money on its way can't be called back: the
  // saga stays compensating, without an error, until the provider says where it went.
  Result<void> undoAll(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);
  // Takes the undo that fails as done, because somebody has settled it outside. InvalidState if none fails.
  Result<void> resolveUndo(LeaseDesk::Held& held, const Tenant& tenant, const std::string& reason,
                           const std::string& actor);

  // Expires the open session or cancels the intent. Afterwards the payment is closed, or the customer was
  // faster and it is paid or processing.
  Result<void> closePayment(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);

  // Applies what the provider says about a payment of the saga, and goes on from there.
  Result<void> settle(LeaseDesk::Held& held, const Tenant& tenant, const PaymentFact& fact, const News& news);
  // Likewise for what went back of it.
  Result<void> settleReversals(LeaseDesk::Held& held, const Tenant& tenant, const std::string& intentId,
                               const Reversals& reversals, const News& news);
  // Makes the refunds that saga.refundsOwed names. One that the provider refuses for good is dropped, with an
  // entry in the history, and its error returned.
  Result<void> payOwedRefunds(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);

  // A call of the payment provider with its intent committed first. `plan` names it; `begin` is stored with
  // it.
  struct Performed {
    GatewayCall call;
    CallOutcome outcome;  // Succeeded or Failed
  };
  using Plan = std::function<std::optional<GatewayCall>(const Saga&)>;
  using Perform = std::function<CallOutcome(const Saga&, const GatewayCall&)>;
  Result<Performed> call(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor,
                         const std::function<void(Saga&)>& begin, const Plan& plan, const Perform& perform);
  // The other half: joins the transaction that stores what came of it.
  Result<void> finishCall(Transaction& tx, const Saga& saga, const Performed& performed) const;

 private:
  Result<Performed> callStep(LeaseDesk::Held& held, const Tenant& tenant, const Step& step,
                             const std::string& actor);
  Result<void> tryStepLater(LeaseDesk::Held& held, const Step& step, const Performed& performed,
                            const std::string& actor);
  Result<void> goOn(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor);
  Result<void> owe(LeaseDesk::Held& held, const PaymentFact& fact, const News& news);
  Result<void> merelyRecord(LeaseDesk::Held& held, const News& news);
  Result<Performed> callUndo(LeaseDesk::Held& held, const Tenant& tenant, const Step& step,
                             const std::string& actor);
  enum class Undo { Done, Waiting };
  Result<Undo> undoStep(LeaseDesk::Held& held, const Tenant& tenant, const Step& step,
                        const std::string& actor);

  Store& store_;
  PaymentGateway& gateway_;
  const Clock& clock_;
  std::string publicUrl_;
};

}  // namespace checkout::saga
