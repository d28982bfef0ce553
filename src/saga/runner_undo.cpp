// Runner: the way back.
#include <algorithm>

#include "saga/payment.hpp"
#include "saga/runner_parts.hpp"
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

bool hasToBeUndone(const Saga& saga, const Step& step) {
  for (const StepName undone : saga.compensation.steps)
    if (undone == step.name()) return false;
  return step.hasUndo() && (isCompleted(saga, step.name()) || !step.isUndone(saga));
}

// The undo that is next, or null.
const Step* nextUndo(const Saga& saga) {
  const auto& steps = orderedSteps();
  for (auto at = steps.rbegin(); at != steps.rend(); ++at)
    if (hasToBeUndone(saga, **at)) return *at;
  return nullptr;
}

}  // namespace

Milliseconds undoPause(int failures) {
  constexpr Milliseconds kFirst{60'000}, kLongest{6 * 60 * 60'000};
  return std::min(kLongest, kFirst * (1 << std::clamp(failures - 1, 0, 16)));
}

Result<void> Runner::compensate(LeaseDesk::Held& held, const Tenant& tenant, std::optional<Error> why,
                                std::string reason, const std::string& actor) {
  Json data = {{"reason", reason}};
  if (why) data["error"] = toString(why->code);
  CHECKOUT_TRY(held.transition(
      {"compensation_started", actor, data}, [&](Saga& saga, Transaction& tx) -> Result<void> {
        saga.status = SagaStatus::Compensating;
        saga.error = why;
        saga.compensation = {};
        saga.compensation.reason = reason;
        saga.stepFailures = 0;
        CHECKOUT_TRY(tx.timers().clear(saga.tenantId, saga.id, TimerKind::PaymentCheck));
        return resumeLater(tx, saga, clock_.now());
      }));
  return undoAll(held, tenant, actor);
}

Result<Runner::Performed> Runner::callUndo(LeaseDesk::Held& held, const Tenant& tenant, const Step& step,
                                           const std::string& actor) {
  const StepContext now = context(tenant);
  // A definite failure before needs a key of its own, or the provider would only repeat that failure.
  const auto begin = [](Saga& saga) { ++saga.payment.attempt; };
  return call(
      held, tenant, actor, begin, [&](const Saga& saga) { return step.planUndo(saga, now); },
      [&](const Saga& saga, const GatewayCall& planned) { return step.perform(saga, planned, now); });
}

Result<Runner::Undo> Runner::undoStep(LeaseDesk::Held& held, const Tenant& tenant, const Step& step,
                                      const std::string& actor) {
  while (const auto planned = step.planUndo(held.saga(), context(tenant))) {
    CHECKOUT_ASSIGN(performed, callUndo(held, tenant, step, actor));
    EventDraft draft{"undo_called", actor, describeFailure(performed.call, performed.outcome)};
    CHECKOUT_TRY(held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
      keepRequestId(saga, performed.outcome);
      CHECKOUT_TRY(finishCall(tx, saga, performed));
      saga.payment.outcomeUnknown = false;
      const auto undone = step.undo(saga, tx, context(tenant), &performed.outcome);
      if (!undone.ok() && leavesItOpen(undone.error().code)) return undone;
      saga.compensation.failure.reset();
      // Asked for the same again, it has not moved on: a state that operators see, and tried again later.
      const auto next = step.planUndo(saga, context(tenant));
      const bool stuck = !undone.ok() || (next && next->operation == planned->operation);
      if (!stuck) return {};
      draft.type = "undo_failed";
      saga.compensation.failure = undone.ok() ? performed.outcome.error : undone.error();
      draft.data["error"] = toString(saga.compensation.failure->code);
      return resumeLater(tx, saga, clock_.now(), undoPause(++saga.compensation.failures));
    }));
    if (held.saga().compensation.failure) return *held.saga().compensation.failure;
  }
  if (!step.isUndone(held.saga())) {  // money on its way: only the provider can say where it goes
    CHECKOUT_TRY(store_.write([&](Transaction& tx) -> Result<void> {
      CHECKOUT_TRY(rest(tx, held.saga(), clock_.now()));
      return tx.timers().set({held.saga().tenantId, held.saga().id, TimerKind::PaymentCheck,
                              clock_.now() + paymentCheckInterval(held.saga().payment)});
    }));
    return Undo::Waiting;
  }
  CHECKOUT_TRY(held.transition({"step_undone", actor, {{"step", toString(step.name())}}},
                               [&](Saga& saga, Transaction& tx) -> Result<void> {
                                 CHECKOUT_TRY(step.undo(saga, tx, context(tenant), nullptr));
                                 saga.compensation.steps.push_back(step.name());
                                 saga.compensation.failures = 0;
                                 return {};
                               }));
  return Undo::Done;
}

Result<void> Runner::undoAll(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor) {
  while (const Step* step = nextUndo(held.saga())) {
    CHECKOUT_ASSIGN(undone, undoStep(held, tenant, *step, actor));
    if (undone == Undo::Waiting) return {};
  }
  EventDraft draft{"compensated", actor};
  return held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
    const bool nothingWasUndone = saga.compensation.steps.empty() && saga.error;
    saga.status = nothingWasUndone ? SagaStatus::Failed : SagaStatus::Compensated;
    draft.type = toString(saga.status);
    saga.currentStep.reset();
    CHECKOUT_TRY(tx.timers().clear(saga.tenantId, saga.id, TimerKind::PaymentCheck));
    return rest(tx, saga, clock_.now());
  });
}

Result<void> Runner::resolveUndo(LeaseDesk::Held& held, const Tenant& tenant, const std::string& reason,
                                 const std::string& actor) {
  const bool compensating = held.saga().status == SagaStatus::Compensating;
  const Step* step = compensating ? nextUndo(held.saga()) : &processPayment();
  if (!held.saga().compensation.failure || step == nullptr)
    return Error(ErrorCode::InvalidState, "No undo of this checkout fails, so there is nothing to resolve.");
  const Json data = {{"step", toString(step->name())},
                     {"reason", reason},
                     {"failure", toString(held.saga().compensation.failure->code)}};
  CHECKOUT_TRY(
      held.transition({"undo_resolved", actor, data}, [&](Saga& saga, Transaction& tx) -> Result<void> {
        if (step->name() == StepName::ProcessPayment)
          saga.payment.state =
              saga.payment.state == PaymentState::Paid ? PaymentState::Refunded : PaymentState::Canceled;
        else
          CHECKOUT_TRY(step->undo(saga, tx, context(tenant), nullptr));
        saga.payment.outcomeUnknown = false;
        saga.payment.url.reset();
        saga.compensation.steps.push_back(step->name());
        saga.compensation.failure.reset();
        saga.compensation.failures = 0;
        return saga.status == SagaStatus::Compensating ? Result<void>{} : rest(tx, saga, clock_.now());
      }));
  return compensating ? undoAll(held, tenant, actor) : Result<void>{};
}

Result<void> Runner::closePayment(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor) {
  const Step& step = processPayment();
  while (isPayable(held.saga().payment)) {
    CHECKOUT_ASSIGN(performed, callUndo(held, tenant, step, actor));
    CHECKOUT_TRY(held.transition({"payment_closed", actor, describe(performed.call)},
                                 [&](Saga& saga, Transaction& tx) -> Result<void> {
                                   CHECKOUT_TRY(finishCall(tx, saga, performed));
                                   CHECKOUT_TRY(step.undo(saga, tx, context(tenant), &performed.outcome));
                                   if (saga.payment.state != PaymentState::Paid) return {};
                                   saga.status = SagaStatus::InProgress;  // the customer was faster
                                   return resumeLater(tx, saga, clock_.now());
                                 }));
    if (performed.outcome.kind == CallOutcome::Kind::Failed && isPayable(held.saga().payment))
      return Error(ErrorCode::PaymentServiceError,
                   "The open payment could not be closed: " + performed.outcome.error->message +
                       " Try again in a moment.");
  }
  return advance(held, tenant, actor);
}

}  // namespace checkout::saga
