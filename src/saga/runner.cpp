#include "saga/runner.hpp"

#include "base/log.hpp"
#include "saga/payment.hpp"
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

// After how long the worker looks after a saga that nobody has moved on.
constexpr Milliseconds kResumeAfter{10'000};

// How long a failed undo rests before it is tried again.
constexpr Milliseconds kUndoAgainAfter{60'000};

// Our own trouble says nothing about the checkout: it stays where it is and is resumed.
bool isOurTrouble(ErrorCode code) {
  return code == ErrorCode::ServiceUnavailable || code == ErrorCode::Internal ||
         code == ErrorCode::PaymentOutcomeUnknown;
}

Result<void> resumeLater(Transaction& tx, const Saga& saga, TimePoint now) {
  return tx.timers().set({saga.tenantId, saga.id, TimerKind::Resume, now + kResumeAfter});
}

Result<void> clearTimers(Transaction& tx, const Saga& saga) {
  CHECKOUT_TRY(tx.timers().clear(saga.tenantId, saga.id, TimerKind::PaymentCheck));
  return tx.timers().clear(saga.tenantId, saga.id, TimerKind::Resume);
}

const Step* nextStep(const Saga& saga) {
  for (const Step* step : orderedSteps())
    if (!isCompleted(saga, step->name())) return step;
  return nullptr;
}

bool hasToBeUndone(const Saga& saga, const Step& step) {
  for (const StepName undone : saga.compensation.steps)
    if (undone == step.name()) return false;
  return step.hasUndo() && (isCompleted(saga, step.name()) || !step.isUndone(saga));
}

Error outcomeUnknown(const Saga& saga) {
  return Error(ErrorCode::PaymentOutcomeUnknown,
               "The payment provider has not answered, so it is not known yet whether the request took "
               "effect. It is "
               "being looked up. Do not pay again.",
               {{"sagaId", saga.id.value}})
      .withNext(NextActionType::Wait, "Call checkout_status with this sagaId in about ten seconds.");
}

Json describe(const GatewayCall& call) {
  return {{"operation", toString(call.operation)}, {"idempotencyKey", call.idempotencyKey}};
}

}  // namespace

Error paymentTimeout() {
  return Error(ErrorCode::SagaTimeout,
               "The payment was not made in time, so the checkout was ended and its stock released. Nothing "
               "was charged.");
}

Runner::Runner(Store& store, PaymentGateway& gateway, const Clock& clock, std::string publicUrl)
    : store_(store), gateway_(gateway), clock_(clock), publicUrl_(std::move(publicUrl)) {}

StepContext Runner::context(const Tenant& tenant) const {
  return {tenant, gateway_, clock_.now(), publicUrl_};
}

Result<Runner::Performed> Runner::call(LeaseDesk::Held& held, const std::string& actor,
                                       const std::function<void(Saga&)>& begin, const Plan& plan,
                                       const Perform& perform) {
  std::optional<GatewayCall> call;
  // A call that was planned before a crash, or whose answer got lost, is sent again as it was: same key, same
  // body.
  if (const auto planned = plan(held.saga())) {
    auto known = readFor<std::optional<CallRecord>>(store_, [&](Transaction& tx) {
      return tx.calls().find(held.saga().tenantId, planned->idempotencyKey);
    });
    if (!known.ok()) return std::move(known).error();
    if (*known &&
        ((*known)->state == CallRecord::State::Started || (*known)->state == CallRecord::State::Unknown))
      call = (*known)->call;
  }
  const bool sentBefore = call.has_value();
  if (!call) {
    EventDraft draft{"call_planned", actor};
    auto stored = held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
      begin(saga);
      call = plan(saga);
      if (!call) return Error(ErrorCode::Internal, "a call was begun that has no plan");
      draft.data = describe(*call);
      const TimePoint now = clock_.now();
      CHECKOUT_TRY(resumeLater(tx, saga, now));
      return tx.calls().begin({saga.tenantId, saga.id, StepName::ProcessPayment, saga.payment.attempt, *call,
                               CallRecord::State::Started, "", now, now});
    });
    if (!stored.ok()) return std::move(stored).error();
  }

  CallOutcome outcome = perform(held.saga(), *call);
  // No connection, or a rate limit, says that this try did nothing; the one before may still have.
  const bool onlyThisTry = outcome.kind == CallOutcome::Kind::Failed && !outcome.payment && outcome.error &&
                           isRetryable(outcome.error->code);
  if (sentBefore && onlyThisTry) outcome.kind = CallOutcome::Kind::Unknown;
  if (outcome.kind != CallOutcome::Kind::Unknown) return Performed{*call, std::move(outcome)};

  log::warn("payment call without an answer", {{"saga", held.saga().id.value},
                                               {"operation", std::string(toString(call->operation))},
                                               {"reason", outcome.error ? outcome.error->message : ""}});
  CHECKOUT_TRY(held.transition(
      {"call_unknown", actor, describe(*call)}, [&](Saga& saga, Transaction& tx) -> Result<void> {
        saga.payment.outcomeUnknown = true;
        const TimePoint now = clock_.now();
        CHECKOUT_TRY(
            tx.calls().finish(saga.tenantId, call->idempotencyKey, CallRecord::State::Unknown, "", now));
        return resumeLater(tx, saga, now);
      }));
  return outcomeUnknown(held.saga());
}

Result<void> Runner::finishCall(Transaction& tx, const Saga& saga, const Performed& performed) const {
  const CallOutcome& outcome = performed.outcome;
  const bool succeeded = outcome.kind == CallOutcome::Kind::Succeeded;
  std::string result;
  if (!succeeded && outcome.error) result = toString(outcome.error->code);
  if (succeeded && outcome.refund) result = outcome.refund->refundId;
  if (succeeded && outcome.payment)
    result = outcome.payment->sessionId.value_or(outcome.payment->paymentIntentId.value_or(""));
  return tx.calls().finish(saga.tenantId, performed.call.idempotencyKey,
                           succeeded ? CallRecord::State::Succeeded : CallRecord::State::Failed, result,
                           clock_.now());
}

Result<void> Runner::advance(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor) {
  while (held.saga().status == SagaStatus::InProgress) {
    const Step* step = nextStep(held.saga());
    if (step == nullptr) return Error(ErrorCode::Internal, "a checkout in progress has no step left");
    const StepContext now = context(tenant);

    std::optional<Performed> performed;
    if (step->callsOutside(held.saga())) {
      auto answer = call(
          held, actor, [&](Saga& saga) { step->begin(saga, now); },
          [&](const Saga& saga) { return step->plan(saga, now); },
          [&](const Saga& saga, const GatewayCall& planned) { return step->perform(saga, planned, now); });
      if (!answer.ok()) return std::move(answer).error();
      performed = std::move(*answer);
    }

    EventDraft draft{"step_completed", actor};
    auto done = held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
      if (performed) CHECKOUT_TRY(finishCall(tx, saga, *performed));
      CHECKOUT_ASSIGN(progress, step->apply(saga, tx, now, performed ? &performed->outcome : nullptr));
      draft.data = {{"step", toString(step->name())}};
      if (progress == StepProgress::Waiting) {
        draft.type = "payment_requested";
        saga.status = SagaStatus::PaymentPending;
        return tx.timers().clear(saga.tenantId, saga.id, TimerKind::Resume);
      }
      saga.completedSteps.push_back(step->name());
      const Step* next = nextStep(saga);
      if (next != nullptr) {
        saga.currentStep = next->name();
        return resumeLater(tx, saga, now.now);
      }
      draft.type = "completed";
      saga.status = SagaStatus::Completed;
      saga.currentStep.reset();
      return clearTimers(tx, saga);
    });
    if (done.ok()) continue;

    Error why = std::move(done).error();
    if (isOurTrouble(why.code)) return why;
    if (performed) {
      CHECKOUT_TRY(
          held.transition({"call_failed", actor, describe(performed->call)},
                          [&](Saga& saga, Transaction& tx) { return finishCall(tx, saga, *performed); }));
    }
    CHECKOUT_TRY(
        compensate(held, tenant, why, "step " + std::string(toString(step->name())) + " failed", actor));
    return why;
  }
  return {};
}

Result<void> Runner::compensate(LeaseDesk::Held& held, const Tenant& tenant, std::optional<Error> why,
                                std::string reason, const std::string& actor) {
  const Json data = {{"reason", reason}};
  CHECKOUT_TRY(held.transition(
      {"compensation_started", actor, data}, [&](Saga& saga, Transaction& tx) -> Result<void> {
        saga.status = SagaStatus::Compensating;
        saga.error = why;
        saga.compensation = {};
        saga.compensation.reason = reason;
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
      held, actor, begin, [&](const Saga& saga) { return step.planUndo(saga, now); },
      [&](const Saga& saga, const GatewayCall& planned) { return step.perform(saga, planned, now); });
}

Result<void> Runner::undoStep(LeaseDesk::Held& held, const Tenant& tenant, const Step& step,
                              const std::string& actor) {
  while (const auto planned = step.planUndo(held.saga(), context(tenant))) {
    CHECKOUT_ASSIGN(performed, callUndo(held, tenant, step, actor));
    EventDraft draft{"undo_called", actor, describe(performed.call)};
    CHECKOUT_TRY(held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
      CHECKOUT_TRY(finishCall(tx, saga, performed));
      const auto undone = step.undo(saga, tx, context(tenant), &performed.outcome);
      if (!undone.ok() && isOurTrouble(undone.error().code)) return undone;
      saga.compensation.failure.reset();
      // Asked for the same again, it has not moved on: a state that operators see, and tried again later.
      const auto next = step.planUndo(saga, context(tenant));
      const bool stuck = !undone.ok() || (next && next->operation == planned->operation);
      if (!stuck) return {};
      draft.type = "undo_failed";
      saga.compensation.failure = undone.ok() ? performed.outcome.error : undone.error();
      return tx.timers().set({saga.tenantId, saga.id, TimerKind::Resume, clock_.now() + kUndoAgainAfter});
    }));
    if (held.saga().compensation.failure) return *held.saga().compensation.failure;
  }
  if (!step.isUndone(held.saga()))
    return Error(ErrorCode::Internal, "a step has left something behind that it does not know how to undo");
  return held.transition({"step_undone", actor, {{"step", toString(step.name())}}},
                         [&](Saga& saga, Transaction& tx) -> Result<void> {
                           CHECKOUT_TRY(step.undo(saga, tx, context(tenant), nullptr));
                           saga.compensation.steps.push_back(step.name());
                           return {};
                         });
}

Result<void> Runner::undoAll(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor) {
  const auto& steps = orderedSteps();
  for (auto at = steps.rbegin(); at != steps.rend(); ++at) {
    if (!hasToBeUndone(held.saga(), **at)) continue;
    CHECKOUT_TRY(undoStep(held, tenant, **at, actor));
  }
  EventDraft draft{"compensated", actor};
  return held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
    const bool nothingWasUndone = saga.compensation.steps.empty() && saga.error;
    saga.status = nothingWasUndone ? SagaStatus::Failed : SagaStatus::Compensated;
    draft.type = toString(saga.status);
    saga.currentStep.reset();
    return clearTimers(tx, saga);
  });
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

Result<void> Runner::settle(LeaseDesk::Held& held, const Tenant& tenant, const PaymentFact& fact,
                            ConfirmedBy way, const std::string& actor,
                            const std::function<Result<void>(Transaction&)>& alongside) {
  CHECKOUT_TRY(checkBelongs(held.saga(), tenant, fact));
  if (!isNews(held.saga(), fact)) {
    if (alongside) CHECKOUT_TRY(store_.write(alongside));
    return goOn(held, tenant, actor);
  }
  EventDraft draft{"payment_" + std::string(toString(fact.state)), actor};
  draft.data = {{"amount", toJson(fact.amount)}};
  if (fact.sessionId) draft.data["sessionId"] = *fact.sessionId;
  if (fact.paymentIntentId) draft.data["paymentIntentId"] = *fact.paymentIntentId;
  CHECKOUT_TRY(held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
    if (alongside) CHECKOUT_TRY(alongside(tx));
    CHECKOUT_TRY(recordFact(saga, tx, fact, way));
    const bool late = saga.status == SagaStatus::Compensated && fact.state == PaymentState::Paid;
    if (late && tenant.policies.latePayment == LatePaymentPolicy::Honour) {
      saga.status = SagaStatus::InProgress;
      saga.completedSteps = {StepName::ValidateCart};
      saga.currentStep = StepName::ReserveInventory;
      saga.compensation = {};
      saga.error.reset();
    }
    if (saga.status == SagaStatus::PaymentPending && fact.state == PaymentState::Paid)
      saga.status = SagaStatus::InProgress;
    if (saga.status == SagaStatus::PaymentPending) return {};
    CHECKOUT_TRY(tx.timers().clear(saga.tenantId, saga.id, TimerKind::PaymentCheck));
    return resumeLater(tx, saga, clock_.now());
  }));
  return goOn(held, tenant, actor);
}

Result<void> Runner::goOn(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor) {
  const PaymentState payment = held.saga().payment.state;
  switch (held.saga().status) {
    case SagaStatus::InProgress:
      return advance(held, tenant, actor);
    case SagaStatus::Compensating:
      return undoAll(held, tenant, actor);
    case SagaStatus::PaymentPending:
      if (payment != PaymentState::Expired && payment != PaymentState::Canceled) return {};
      return compensate(held, tenant, held.saga().payment.lastError.value_or(paymentTimeout()),
                        "payment " + std::string(toString(payment)), actor);
    case SagaStatus::Compensated:
      // Money that came after the end, and is not honoured, goes back.
      if (payment != PaymentState::Paid) return {};
      CHECKOUT_TRY(undoStep(held, tenant, processPayment(), actor));
      return store_.write([&](Transaction& tx) { return clearTimers(tx, held.saga()); });
    default:
      return {};
  }
}

}  // namespace checkout::saga
