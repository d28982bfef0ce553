#include "saga/draft.hpp"

#include "base/digest.hpp"
#include "domain/transitions.hpp"
#include "saga/payment.hpp"
#include "saga/policy.hpp"

namespace checkout::saga {

void Draft::add(HistoryEntry entry) {
  if (!domain::isLegalTransition(last_, saga.status)) {
    decision = {};
    decision.error =
        Error(ErrorCode::Internal, "illegal transition of a checkout from " + std::string(toString(last_)) +
                                       " to " + std::string(toString(saga.status)));
    return;
  }
  last_ = saga.status;
  ++saga.version;
  if (!entry.historyOnly) saga.updatedAt = setting.now;
  decision.transitions.push_back({saga, std::move(entry)});
}

void Draft::record(HistoryType type, Json data) {
  add({type, PaymentState::None, std::move(data), false});
}

void Draft::recordPayment(Json data) {
  add({HistoryType::PaymentChanged, saga.payment.state, std::move(data), false});
}

void Draft::note(Json data) {
  add({HistoryType::EventReceived, PaymentState::None, std::move(data), true});
}

void Draft::saveOrder() {
  if (!order) return;
  order->updatedAt = setting.now;
  effect(*order);
}

void Draft::plan(CallPlan call) {
  call.idempotencyKey = callKey(saga, call.operation);
  saga.call = PendingCall{};
  saga.call->operation = call.operation;
  saga.call->idempotencyKey = call.idempotencyKey;
  saga.call->plannedAt = setting.now;
  saga.call->owedRefund = call.owedRefund;
  saga.retryAt.reset();
  Json data = {{"operation", toString(call.operation)}, {"idempotencyKey", call.idempotencyKey}};
  decision.plan = std::move(call);
  decision.next = Decision::Next::Send;
  record(HistoryType::CallPlanned, std::move(data));
}

void Draft::finishCall(CallRecord::State state, std::string result) {
  if (!saga.call) return;
  effect(FinishCall{saga.call->idempotencyKey, state, std::move(result)});
  if (setting.now - saga.call->plannedAt > kStuckAfter)
    saga.movedAt = setting.now;  // it was waited for so long
  saga.call.reset();
}

void Draft::ask(Question question) {
  decision.question = std::move(question);
  decision.next = Decision::Next::Ask;
}

}  // namespace checkout::saga
