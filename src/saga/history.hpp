// The words of a checkout's history: what happened, and who did it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <checkout/saga.hpp>

namespace checkout::saga {

enum class HistoryType {
  Started,
  PaymentStarted,
  ShippingSelected,
  TotalRefused,  // the caller expected another one
  Retried,
  CallPlanned,  // the intent of an outside call, committed before it leaves
  CallUnknown,
  CallFailed,
  StepFailed,  // for a moment; it is tried again
  StepCompleted,
  PaymentRequested,  // the customer's turn
  PaymentClosed,     // to be replaced
  PaymentChanged,    // by what the provider says; stored as "payment_" and the new state
  CompensationStarted,
  Cancelled,  // by the customer, when it was on its way back already or had ended
  UndoCalled,
  UndoFailed,  // kept, and tried again
  StepUndone,
  UndoResolved,  // by an operator, outside of this system
  Completed,
  Compensated,
  Failed,
  StrayPayment,
  RefundRequested,
  Refunded,
  RefundFailed,
  RefundDropped,  // the money had gone back already
  ReversalsRecorded,
  EventReceived,  // brought nothing new
  RetriedByOperator,
  PaymentFoundAgain,  // that the provider had not known
  ForeignPayment,     // for an attempt that this store has never planned
};
// "step_completed"; PaymentChanged has no name without its state.
std::string toString(HistoryType type, PaymentState state = PaymentState::None);

enum class ActorKind { Agent, Webhook, Poll, Worker, Operator };

struct Actor {
  ActorKind kind = ActorKind::Worker;
  std::string name;  // of an operator
};
std::string toString(const Actor& actor);  // "agent", "operator:ann"
// From an operator's "operator:ann", as the operators' commands name them.
Actor operatorActor(std::string_view who);

}  // namespace checkout::saga
