// What stands between a checkout service and its ports in the model: the process may die after any commit or
// call, and any call may go wrong once. One door call is cut at one place at most.
#pragma once

#include <string>
#include <vector>

#include <checkout/clock.hpp>

#include "model/model_stripe.hpp"
#include "support/around.hpp"

namespace checkout::model {

enum class Fault {
  None,
  DiesAfterCommit,
  DiesAfterCall,
  LostBefore,        // the call never arrives, and nobody knows
  LostAfter,         // it takes effect, and the answer is lost
  Busy,              // a 429: the call had no effect, and may have one a little later
  NotSent,           // the circuit is open, or no connection could be made
  StoredFailure,     // answered by a 500 which its key remembers, without an effect
  StoredWithEffect,  // the same, but it has taken effect
};

// Where a door call is cut, and what it went through until then.
struct Cut {
  Fault fault = Fault::None;
  std::size_t at = 0;  // the commit or call with this number, from 0

  std::vector<std::string> commits;  // what each was about: an event type or a step
  std::vector<std::string> calls;    // the operation of each
  bool isDead = false;
};

class CutStore final : public test::AroundStore {
 public:
  CutStore(Store& inner, Cut& cut);
  Result<void> write(const Body& body) override;
  Result<void> read(const Body& body) override;

 private:
  Cut& cut_;
  std::string about_;  // of the transaction at hand
};

// The model of Stripe as the checkout service sees it. The clock is Stripe's.
class ModelGateway final : public PaymentGateway {
 public:
  ModelGateway(ModelStripe& stripe, const Clock& clock, Cut& cut)
      : stripe_(stripe), clock_(clock), cut_(cut) {}

  GatewayCall planCreateSession(const Tenant&, const PaymentRequest& request,
                                std::string key) const override {
    return planPayment(GatewayOperation::CreateSession, request, std::move(key));
  }
  GatewayCall planCreateIntent(const Tenant&, const PaymentRequest& request, std::string key) const override {
    return planPayment(GatewayOperation::CreateIntent, request, std::move(key));
  }
  GatewayCall planExpireSession(const Tenant&, const std::string& id, std::string key) const override {
    return planOn(GatewayOperation::ExpireSession, id, "", std::move(key));
  }
  GatewayCall planConfirmIntent(const Tenant&, const ConfirmRequest& request,
                                std::string key) const override {
    return planOn(GatewayOperation::ConfirmIntent, request.intentId,
                  request.parameters.value("payment_method", ""), std::move(key));
  }
  GatewayCall planCancelIntent(const Tenant&, const std::string& id, std::string key) const override {
    return planOn(GatewayOperation::CancelIntent, id, "", std::move(key));
  }
  GatewayCall planRefund(const Tenant&, const SagaId&, const std::string& id, std::optional<Money> amount,
                         std::string key) const override {
    return planOn(GatewayOperation::Refund, id, amount ? std::to_string(amount->amount) : "", std::move(key));
  }

  CallOutcome execute(const Tenant&, const GatewayCall& call) override;
  Result<std::optional<PaymentFact>> retrieveSession(const Tenant&, const std::string& id) override;
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant&, const std::string& id) override;
  Result<std::optional<PaymentFact>> findPayment(const Tenant&, const SagaId&, int attempt,
                                                 TimePoint plannedAt) override;
  Result<std::vector<PageLine>> listPageLines(const Tenant&, const std::string&) override {
    return std::vector<PageLine>{};
  }
  PayerOutcome findPayer(const Tenant&, const std::string& method) override;
  PayerOutcome ensureCustomer(const Tenant&, const std::string& userDigest, const std::string& gone) override;
  Result<Reversals> retrieveReversals(const Tenant&, const std::string& id) override;
  Result<EventPage> listEvents(const Tenant&, const EventQuery& query) override;
  Result<std::optional<std::string>> account(const Tenant&) override {
    return std::optional<std::string>{"acct_1"};
  }

 private:
  // A look at Stripe is a call too: it may get no answer, or the process may die of it.
  template <class Value>
  Result<Value> look(const char* name, Value value);
  template <class Ask>
  PayerOutcome askPayer(const char* name, const Ask& ask);
  ModelStripe& stripe_;
  const Clock& clock_;
  Cut& cut_;
};

}  // namespace checkout::model
