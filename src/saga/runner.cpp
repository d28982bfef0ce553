#include "saga/runner.hpp"

#include "base/log.hpp"
#include "saga/lost_call.hpp"
#include "saga/payment.hpp"
#include "saga/runner_parts.hpp"

namespace checkout::saga {
namespace {

// The pauses before a step that failed for a moment is tried again. After the last one the saga is undone.
constexpr Milliseconds kStepPauses[] = {Milliseconds{2'000}, Milliseconds{10'000}, Milliseconds{30'000}};

const Step* nextStep(const Saga& saga) {
  for (const Step* step : orderedSteps())
    if (!isCompleted(saga, step->name())) return step;
  return nullptr;
}

// This try did nothing, and nothing was said about the payment; an earlier one may still have done something.
bool saysNothingOfEarlierTries(const CallOutcome& outcome) {
  return outcome.kind == CallOutcome::Kind::Failed && !outcome.payment && outcome.error &&
         outcome.error->code != ErrorCode::SagaTimeout && isRetryable(outcome.error->code);
}

std::optional<std::string> requestIdOf(const CallOutcome& outcome) {
  if (!outcome.error || !outcome.error->details.is_object()) return std::nullopt;
  const auto found = outcome.error->details.find("requestId");
  return found == outcome.error->details.end() ? std::nullopt : std::optional(found->get<std::string>());
}

// The provider's ids and the amount, for the history.
void describePayment(const Saga& saga, Json& data) {
  const Payment& payment = saga.payment;
  data["amount"] = toJson(saga.totals.total);
  if (payment.sessionId) data["sessionId"] = *payment.sessionId;
  if (payment.paymentIntentId) data["paymentIntentId"] = *payment.paymentIntentId;
  if (payment.requestId) data["requestId"] = *payment.requestId;
}

}  // namespace

Result<void> resumeLater(Transaction& tx, const Saga& saga, TimePoint now, Milliseconds after) {
  return tx.timers().set({saga.tenantId, saga.id, TimerKind::Resume, now + after});
}

Result<void> rest(Transaction& tx, const Saga& saga, TimePoint now) {
  CHECKOUT_ASSIGN(parked, hasParkedEvents(saga, tx));
  if (!saga.refundsOwed.empty()) return resumeLater(tx, saga, now);
  if (parked) return resumeLater(tx, saga, now, Milliseconds{0});
  return tx.timers().clear(saga.tenantId, saga.id, TimerKind::Resume);
}

bool leavesItOpen(ErrorCode code) {
  return code == ErrorCode::ServiceUnavailable || code == ErrorCode::Internal ||
         code == ErrorCode::PaymentOutcomeUnknown;
}

Json describe(const GatewayCall& call) {
  return {{"operation", toString(call.operation)}, {"idempotencyKey", call.idempotencyKey}};
}

Json describeFailure(const GatewayCall& call, const CallOutcome& outcome) {
  Json data = describe(call);
  if (auto id = requestIdOf(outcome)) data["requestId"] = *id;
  return data;
}

void keepRequestId(Saga& saga, const CallOutcome& outcome) {
  if (auto id = requestIdOf(outcome)) saga.payment.requestId = std::move(id);
}

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

Result<Runner::Performed> Runner::call(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor,
                                       const std::function<void(Saga&)>& begin, const Plan& plan,
                                       const Perform& perform) {
  // A call that was planned before a crash, or whose answer got lost, is sent again as it was: same key, same
  // body.
  std::optional<CallRecord> sentBefore;
  if (const auto planned = plan(held.saga())) {
    auto known = readFor<std::optional<CallRecord>>(store_, [&](Transaction& tx) {
      return tx.calls().find(held.saga().tenantId, planned->idempotencyKey);
    });
    if (!known.ok()) return std::move(known).error();
    if (*known &&
        ((*known)->state == CallRecord::State::Started || (*known)->state == CallRecord::State::Unknown))
      sentBefore = std::move(*known);
  }
  std::optional<GatewayCall> call;
  if (sentBefore) call = sentBefore->call;
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

  std::optional<CallOutcome> found;
  if (const TimePoint now = clock_.now(); sentBefore && now - sentBefore->createdAt > kKeyLifetime)
    found = findLostCall(store_, gateway_, tenant, *sentBefore, now);
  CallOutcome outcome = found ? std::move(*found) : perform(held.saga(), *call);
  if (sentBefore && saysNothingOfEarlierTries(outcome)) outcome.kind = CallOutcome::Kind::Unknown;
  if (outcome.kind != CallOutcome::Kind::Unknown) return Performed{*call, std::move(outcome)};

  log::warn("payment call without an answer", {{"saga", held.saga().id.value},
                                               {"operation", std::string(toString(call->operation))},
                                               {"reason", outcome.error ? outcome.error->message : ""}});
  CHECKOUT_TRY(held.transition({"call_unknown", actor, describeFailure(*call, outcome)},
                               [&](Saga& saga, Transaction& tx) -> Result<void> {
                                 keepRequestId(saga, outcome);
                                 saga.payment.outcomeUnknown = true;
                                 const TimePoint now = clock_.now();
                                 CHECKOUT_TRY(tx.calls().finish(saga.tenantId, call->idempotencyKey,
                                                                CallRecord::State::Unknown, "", now));
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

Result<Runner::Performed> Runner::callStep(LeaseDesk::Held& held, const Tenant& tenant, const Step& step,
                                           const std::string& actor) {
  const StepContext now = context(tenant);
  return call(
      held, tenant, actor, [&](Saga& saga) { step.begin(saga, now); },
      [&](const Saga& saga) { return step.plan(saga, now); },
      [&](const Saga& saga, const GatewayCall& planned) { return step.perform(saga, planned, now); });
}

// Stores a temporary failure and when the step is tried again, and returns that failure.
Result<void> Runner::tryStepLater(LeaseDesk::Held& held, const Step& step, const Performed& performed,
                                  const std::string& actor) {
  Error why = *performed.outcome.error;
  const Milliseconds pause = kStepPauses[held.saga().stepFailures];
  Json data = describeFailure(performed.call, performed.outcome);
  data["step"] = toString(step.name());
  data["error"] = toString(why.code);
  CHECKOUT_TRY(
      held.transition({"step_failed", actor, data}, [&](Saga& saga, Transaction& tx) -> Result<void> {
        keepRequestId(saga, performed.outcome);
        CHECKOUT_TRY(finishCall(tx, saga, performed));
        saga.payment.outcomeUnknown = false;
        ++saga.stepFailures;
        return resumeLater(tx, saga, clock_.now(), pause);
      }));
  if (!why.details.is_object()) why.details = Json::object();
  why.details["sagaId"] = held.saga().id.value;
  why.details["retryAfterMs"] = pause.count();
  return std::move(why).withNext(NextActionType::Wait,
                                 "The checkout tries this again by itself. Call checkout_status with this "
                                 "sagaId after retryAfterMs.");
}

Result<void> Runner::advance(LeaseDesk::Held& held, const Tenant& tenant, const std::string& actor) {
  while (held.saga().status == SagaStatus::InProgress) {
    const Step* step = nextStep(held.saga());
    if (step == nullptr) return Error(ErrorCode::Internal, "a checkout in progress has no step left");
    const StepContext now = context(tenant);

    std::optional<Performed> performed;
    if (step->callsOutside(held.saga())) {
      CHECKOUT_ASSIGN(answer, callStep(held, tenant, *step, actor));
      performed = std::move(answer);
      if (performed->outcome.temporary && held.saga().stepFailures < static_cast<int>(std::size(kStepPauses)))
        return tryStepLater(held, *step, *performed, actor);
    }

    EventDraft draft{"step_completed", actor};
    auto done = held.transition(draft, [&](Saga& saga, Transaction& tx) -> Result<void> {
      if (performed) CHECKOUT_TRY(finishCall(tx, saga, *performed));
      CHECKOUT_ASSIGN(progress, step->apply(saga, tx, now, performed ? &performed->outcome : nullptr));
      draft.data = {{"step", toString(step->name())}};
      saga.stepFailures = 0;
      if (performed) describePayment(saga, draft.data);
      if (progress == StepProgress::Waiting) {
        draft.type = "payment_requested";
        saga.status = SagaStatus::PaymentPending;
        return rest(tx, saga, now.now);
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
      CHECKOUT_TRY(tx.timers().clear(saga.tenantId, saga.id, TimerKind::PaymentCheck));
      return rest(tx, saga, now.now);
    });
    if (done.ok()) continue;

    Error why = std::move(done).error();
    if (leavesItOpen(why.code)) return why;
    if (performed) {
      CHECKOUT_TRY(
          held.transition({"call_failed", actor, describeFailure(performed->call, performed->outcome)},
                          [&](Saga& saga, Transaction& tx) {
                            keepRequestId(saga, performed->outcome);
                            return finishCall(tx, saga, *performed);
                          }));
    }
    CHECKOUT_TRY(
        compensate(held, tenant, why, "step " + std::string(toString(step->name())) + " failed", actor));
    return why;
  }
  return {};
}

}  // namespace checkout::saga
