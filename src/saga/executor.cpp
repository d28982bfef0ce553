#include "saga/executor.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "saga/payer.hpp"
#include "saga/payment.hpp"
#include "saga/policy.hpp"
#include "saga/wake_ups.hpp"

namespace checkout::saga {
namespace {

// More decisions than any checkout needs at once; a bug must not spin for ever.
constexpr int kMostDecisions = 200;

GatewayCall planCall(const PaymentGateway& gateway, const Tenant& tenant, const Saga& saga,
                     const CallPlan& plan) {
  switch (plan.operation) {
    case GatewayOperation::CreateSession:
      return gateway.planCreateSession(tenant, *plan.payment, plan.idempotencyKey);
    case GatewayOperation::CreateIntent:
      return gateway.planCreateIntent(tenant, *plan.payment, plan.idempotencyKey);
    case GatewayOperation::ExpireSession:
      return gateway.planExpireSession(tenant, plan.objectId, plan.idempotencyKey);
    case GatewayOperation::ConfirmIntent:
      return gateway.planConfirmIntent(tenant, {plan.objectId, plan.parameters}, plan.idempotencyKey);
    case GatewayOperation::CancelIntent:
      return gateway.planCancelIntent(tenant, plan.objectId, plan.idempotencyKey);
    case GatewayOperation::Refund:
      return gateway.planRefund(tenant, saga.id, plan.objectId, plan.amount, plan.idempotencyKey);
  }
  std::abort();  // the switch misses an operation
}

SagaEvent eventOf(const Transition& transition, SagaStatus from, const Actor& actor, const Json& trace,
                  TimePoint now) {
  SagaEvent event;
  event.sequence = transition.saga.version;
  event.type = toString(transition.entry.type, transition.entry.payment);
  event.actor = toString(actor);
  event.from = from;
  event.to = transition.saga.status;
  event.data = transition.entry.data;
  if (!trace.empty()) event.data.update(trace);
  event.at = now;
  return event;
}

// The step or the call that a line of the log is about: " reserve_inventory".
std::string about(const HistoryEntry& entry) {
  for (const char* member : {"step", "operation"})
    if (entry.data.contains(member)) return " " + entry.data[member].get<std::string>();
  return {};
}

Result<void> setTimer(Transaction& tx, const Saga& saga, TimerKind kind, std::optional<TimePoint> dueAt) {
  if (dueAt) return tx.timers().set({saga.tenantId, saga.id, kind, *dueAt});
  return tx.timers().clear(saga.tenantId, saga.id, kind);
}

bool leavesParked(const Facts& facts, const Decision& decision) {
  std::size_t applied = 0;
  for (const Effect& effect : decision.effects)
    if (const auto* inbox = std::get_if<InboxEffect>(&effect)) applied += inbox->isStored;
  return facts.parked.size() > applied;
}

// Money that may have moved, and where it went: a close that was refused has been overtaken, and a refund
// that was refused may have been made by somebody else.
CallEnded perform(PaymentGateway& gateway, const Tenant& tenant, const Saga& saga, const GatewayCall& call) {
  CallEnded ended{call, gateway.execute(tenant, call), std::nullopt};
  CallOutcome& outcome = ended.outcome;
  const bool refused = outcome.kind == CallOutcome::Kind::Failed && !outcome.notSent;
  if (isClose(call.operation) && (refused || outcome.replayedFailure)) {
    const Question question = paymentQuestion(saga, {});
    auto fact = question.about == Question::About::Session
                    ? gateway.retrieveSession(tenant, question.objectId)
                    : gateway.retrieveIntent(tenant, question.objectId);
    if (fact.ok() && *fact) {
      outcome.kind = CallOutcome::Kind::Failed;
      outcome.payment = std::move(**fact);
    } else if (fact.ok()) {
      outcome.kind = CallOutcome::Kind::Failed;
      ended.isGone = true;
    } else {
      outcome.kind = CallOutcome::Kind::Unknown;
      outcome.error = std::move(fact).error();
    }
  }
  if (call.operation == GatewayOperation::Refund && outcome.kind != CallOutcome::Kind::Unknown &&
      !outcome.notSent) {
    const auto intent = saga.call && saga.call->owedRefund && !saga.refundsOwed.empty()
                            ? std::optional(saga.refundsOwed.front().paymentIntentId)
                            : saga.payment.paymentIntentId;
    if (auto known = intent ? gateway.retrieveReversals(tenant, *intent) : Result<Reversals>(Reversals{});
        known.ok())
      ended.reversals = std::move(*known);
  }
  return ended;
}

// A call whose key the provider may have forgotten, or under which it keeps a failure of its own.
Result<Input> findCall(PaymentGateway& gateway, const Tenant& tenant, const Saga& saga,
                       const CallRecord& record) {
  CallFound found;
  if (record.call.operation == GatewayOperation::ConfirmIntent) {
    auto intent = gateway.retrieveIntent(tenant, saga.payment.paymentIntentId.value_or(""));
    if (!intent.ok()) return std::move(intent).error();
    found.payment = std::move(*intent);
    return Input{found};
  }
  if (record.call.operation != GatewayOperation::Refund) {
    auto payment = gateway.findPayment(tenant, saga.id, record.attempt, record.createdAt);
    if (!payment.ok()) return std::move(payment).error();
    found.payment = std::move(*payment);
    return Input{found};
  }
  std::vector<std::string> intents;
  if (saga.payment.paymentIntentId) intents.push_back(*saga.payment.paymentIntentId);
  for (const RefundRequest& owed : saga.refundsOwed) intents.push_back(owed.paymentIntentId);
  for (const std::string& intent : intents) {
    auto reversals = gateway.retrieveReversals(tenant, intent);
    if (!reversals.ok()) return std::move(reversals).error();
    for (RefundFact& refund : reversals->refunds)
      if (refund.callKey == record.call.idempotencyKey) found.refund = std::move(refund);
  }
  return Input{found};
}

}  // namespace

Executor::Executor(Store& store, PaymentGateway& gateway, const Clock& clock, SagaChangeFeed& feed,
                   std::string publicUrl, bool webhooksArrive, Decide decide)
    : store_(store),
      gateway_(gateway),
      clock_(clock),
      feed_(feed),
      publicUrl_(std::move(publicUrl)),
      webhooksArrive_(webhooksArrive),
      decide_(decide) {}

Setting Executor::setting(const Tenant& tenant) const {
  return {tenant, clock_.now(), publicUrl_, webhooksArrive_ && !tenant.stripe.webhookSecrets.empty()};
}

Result<Decision> Executor::commit(LockedSaga& locked, const Setting& setting, const Input& input,
                                  const Actor& actor, std::optional<GatewayCall>& call) {
  const Json trace = traceOfThisThread();  // here: the store may run the transaction on a thread of its own
  auto stored = writeFor<Decision>(store_, [&](Transaction& tx) -> Result<Decision> {
    const Saga& before = locked.saga();
    CHECKOUT_ASSIGN(facts, readFacts(tx, before));
    Decision decision = decide_(before, input, facts, setting, actor);
    if (decision.transitions.empty() && decision.effects.empty()) return decision;
    const Saga& after = decision.transitions.empty() ? before : decision.transitions.back().saga;
    for (const Effect& effect : decision.effects) CHECKOUT_TRY(applyEffect(tx, after, setting.now, effect));
    if (decision.plan) {
      call = planCall(gateway_, setting.tenant, after, *decision.plan);
      CHECKOUT_TRY(
          tx.calls().begin({after.tenantId, after.id, StepName::ProcessPayment, after.payment.attempt, *call,
                            CallRecord::State::Started, "", setting.now, setting.now}));
    }
    SagaStatus from = before.status;
    for (const Transition& transition : decision.transitions) {
      CHECKOUT_TRY(tx.sagas().update(transition.saga, eventOf(transition, from, actor, trace, setting.now),
                                     locked.lease()));
      from = transition.saga.status;
    }
    CHECKOUT_TRY(
        setTimer(tx, after, TimerKind::Resume, resumeAt(after, leavesParked(facts, decision), setting.now)));
    const bool noted = std::all_of(decision.transitions.begin(), decision.transitions.end(),
                                   [](const Transition& each) { return each.entry.historyOnly; });
    if (!noted)
      CHECKOUT_TRY(setTimer(tx, after, TimerKind::PaymentCheck,
                            paymentCheckAt(after, setting.now, setting.webhooksArrive)));
    return decision;
  });
  if (!stored.ok()) return stored;
  for (const Transition& transition : stored->transitions) {
    const Saga& saga = transition.saga;
    log::info("saga " + toString(transition.entry.type, transition.entry.payment) + about(transition.entry),
              {{"tenant", saga.tenantId.value},
               {"saga", saga.id.value},
               {"status", std::string(toString(saga.status))}});
    if (!transition.entry.historyOnly) feed_.publish({saga.tenantId, saga.id, saga.version, saga.status});
  }
  if (!stored->transitions.empty() && stored->transitions.back().saga.attention &&
      stored->transitions.back().saga.attention != locked.saga().attention)
    log::warn("a checkout needs somebody's attention",
              {{"tenant", locked.saga().tenantId.value},
               {"saga", locked.saga().id.value},
               {"reason", *stored->transitions.back().saga.attention}});
  if (!stored->transitions.empty()) locked.stored(stored->transitions.back().saga);
  return stored;
}

// Makes the call or asks the question, and gives the answer as the next input.
Result<Input> Executor::follow(const LockedSaga& locked, const Setting& setting, const Decision& decision,
                               std::optional<GatewayCall> call, RunResult& result) {
  const Tenant& tenant = setting.tenant;
  const Saga& saga = locked.saga();
  if (decision.next == Decision::Next::Ask) {
    const Question& question = *decision.question;
    if (question.about == Question::About::Payer)
      return Input{PayerAnswer{question, gateway_.findPayer(tenant, question.objectId)}};
    if (question.about == Question::About::Customer)
      return Input{
          PayerAnswer{question, gateway_.ensureCustomer(tenant, userDigest(saga), question.objectId)}};
    if (question.about == Question::About::Reversals) {
      auto reversals = gateway_.retrieveReversals(tenant, question.objectId);
      if (!reversals.ok()) return std::move(reversals).error();
      return Input{ReversalsAnswer{question, std::move(*reversals)}};
    }
    auto fact = question.about == Question::About::Session
                    ? gateway_.retrieveSession(tenant, question.objectId)
                    : gateway_.retrieveIntent(tenant, question.objectId);
    if (!fact.ok()) return std::move(fact).error();
    if (*fact) result.fact = **fact;
    return Input{PaymentAnswer{question, std::move(*fact)}};
  }
  const bool sentBefore = !call.has_value();
  if (sentBefore || decision.next == Decision::Next::Find) {
    const std::string key = saga.call ? saga.call->idempotencyKey : std::string();
    auto record = readFor<std::optional<CallRecord>>(
        store_, [&](Transaction& tx) { return tx.calls().find(saga.tenantId, key); });
    if (!record.ok()) return std::move(record).error();
    if (!*record) return Error(ErrorCode::Internal, "the pending call of a checkout was never written down");
    if (decision.next == Decision::Next::Find) return findCall(gateway_, tenant, saga, **record);
    call = (*record)->call;
  }
  CallEnded ended = perform(gateway_, tenant, saga, *call);
  ended.sentBefore = sentBefore;
  if (ended.outcome.kind == CallOutcome::Kind::Unknown)
    log::warn("payment call without an answer",
              {{"saga", saga.id.value},
               {"operation", std::string(toString(call->operation))},
               {"reason", ended.outcome.error ? ended.outcome.error->message : ""}});
  if (ended.outcome.payment) result.fact = ended.outcome.payment;
  return Input{std::move(ended)};
}

RunResult Executor::run(LockedSaga& locked, const Tenant& tenant, Input input, const Actor& actor) {
  const log::Context context("saga", locked.saga().id.value);
  RunResult result;
  std::optional<Input> again;
  for (int decisions = 0; decisions < kMostDecisions; ++decisions) {
    const Setting now = setting(tenant);
    std::optional<GatewayCall> call;
    auto decision = commit(locked, now, input, actor, call);
    if (!decision.ok()) {
      if (!result.error) result.error = std::move(decision).error();
      return result;
    }
    result.stored = result.stored || !decision->effects.empty() || !decision->transitions.empty();
    if (decision->error && !result.error) result.error = decision->error;
    if (decision->commandAgain) again = input;
    if (decision->next == Decision::Next::Rest) {
      if (!again || result.error) return result;
      input = std::move(*again);
      again.reset();
      continue;
    }
    if (decision->next == Decision::Next::Continue) {
      input = Continue{};
      continue;
    }
    auto answer = follow(locked, now, *decision, std::move(call), result);
    if (!answer.ok()) {
      if (!result.error) result.error = std::move(answer).error();
      return result;
    }
    input = std::move(*answer);
  }
  result.error = Error(ErrorCode::Internal, "a checkout does not come to rest");
  return result;
}

}  // namespace checkout::saga
