// A decision under way: the checkout as it will be, and what goes with it. Private to the machine's files.
#pragma once

#include <utility>

#include "saga/machine.hpp"
#include "saga/policy.hpp"

namespace checkout::saga {

struct Draft {
  Draft(const Saga& before, const Facts& theFacts, const Setting& theSetting, const Actor& theActor)
      : saga(before),
        order(theFacts.order),
        refunds(theFacts.refunds),
        disputes(theFacts.disputes),
        facts(theFacts),
        setting(theSetting),
        actor(theActor),
        last_(before.status) {}

  Saga saga;
  std::optional<Order> order;
  std::vector<RefundEntry> refunds;
  std::vector<DisputeEntry> disputes;
  const Facts& facts;
  const Setting& setting;
  const Actor& actor;
  Decision decision;

  const Tenant& tenant() const { return setting.tenant; }
  TimePoint now() const { return setting.now; }

  // Ends a transition: what `saga` has become since the one before is stored with this entry.
  void record(HistoryType type, Json data = Json::object());
  void recordPayment(Json data);  // PaymentChanged, to the payment's present state
  void note(Json data);           // EventReceived
  void saveOrder();               // after a change of `order`
  void effect(Effect effect) { decision.effects.push_back(std::move(effect)); }
  void keep(const News& news) {
    if (news.inbox) effect(*news.inbox);
  }
  void answer(Error error) {
    if (!decision.error) decision.error = std::move(error);
  }
  // The call gets its key from the checkout's next attempt, becomes its pending call, and is sent once it is
  // stored.
  void plan(CallPlan call);
  // The pending call has an outcome. `result`: an object's id, or the error's code.
  void finishCall(CallRecord::State state, std::string result);
  void ask(Question question);
  // Nothing is tried before retryAt. A pause that is longer than any was set by a clock that was ahead.
  bool mustWait() const { return waitsUntil(saga.retryAt); }
  bool waitsUntil(const std::optional<TimePoint>& time) const {
    return time && setting.now < *time && *time - setting.now <= kLongestPause;
  }

 private:
  void add(HistoryEntry entry);
  SagaStatus last_;
};

// The commands of agents and operators.
void command(Draft& draft, const SelectShipping& wanted);
void command(Draft& draft, const OpenPage&);
void command(Draft& draft, const PayDirectly& wanted);
void command(Draft& draft, const Cancel& wanted);
void command(Draft& draft, const Retry&);
void command(Draft& draft, const Confirm& wanted);
void command(Draft& draft, const ResumeNow&);
void command(Draft& draft, const RefundByHand& wanted);
void command(Draft& draft, const Resolve& wanted);
// The error with details.sagaId, for callers who have not been told of the checkout yet.
Error naming(const Saga& saga, Error error);
// The failure of a checkout that was not paid before its deadline.
Error paymentTimeout();
// The failure of a checkout whose payment was begun by another state of this store.
Error unknownHere();
// Turns back: `why` is the failure, or nullopt for what the customer wanted.
void turnBack(Draft& draft, std::optional<Error> why, std::string reason);
void completeStep(Draft& draft, StepName step, Json data);
// The payment step failed with nothing made: it is tried again later where that may help, else the checkout
// turns back. `data`: what was tried, for the history.
void stepFailed(Draft& draft, Json data, const CallOutcome& outcome);
void stepUndone(Draft& draft, StepName step);
// Does what is due: the pending call, the next step, the next undo, what is owed, parked events.
void move(Draft& draft);
void callEnded(Draft& draft, const CallEnded& ended);
void callFound(Draft& draft, const CallFound& found);
void paymentAnswered(Draft& draft, const PaymentAnswer& answer);
void reversalsAnswered(Draft& draft, const ReversalsAnswer& answer);
void payerAnswered(Draft& draft, const PayerAnswer& answer);

}  // namespace checkout::saga
