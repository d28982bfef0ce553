#include "saga/history.hpp"

#include "base/enum_names.hpp"

namespace checkout::saga {
namespace {

constexpr EnumNames<HistoryType, 32> kTypes{{
    {HistoryType::Started, "started"},
    {HistoryType::PaymentStarted, "payment_started"},
    {HistoryType::ShippingSelected, "shipping_selected"},
    {HistoryType::TotalRefused, "total_refused"},
    {HistoryType::Retried, "retried"},
    {HistoryType::CallPlanned, "call_planned"},
    {HistoryType::CallUnknown, "call_unknown"},
    {HistoryType::CallFailed, "call_failed"},
    {HistoryType::StepFailed, "step_failed"},
    {HistoryType::StepCompleted, "step_completed"},
    {HistoryType::PaymentRequested, "payment_requested"},
    {HistoryType::PaymentClosed, "payment_closed"},
    {HistoryType::PaymentChanged, "payment_"},
    {HistoryType::CompensationStarted, "compensation_started"},
    {HistoryType::Cancelled, "cancelled"},
    {HistoryType::UndoCalled, "undo_called"},
    {HistoryType::UndoFailed, "undo_failed"},
    {HistoryType::StepUndone, "step_undone"},
    {HistoryType::UndoResolved, "undo_resolved"},
    {HistoryType::Completed, "completed"},
    {HistoryType::Compensated, "compensated"},
    {HistoryType::Failed, "failed"},
    {HistoryType::StrayPayment, "stray_payment"},
    {HistoryType::RefundRequested, "refund_requested"},
    {HistoryType::Refunded, "refunded"},
    {HistoryType::RefundFailed, "refund_failed"},
    {HistoryType::RefundDropped, "refund_dropped"},
    {HistoryType::ReversalsRecorded, "reversals_recorded"},
    {HistoryType::EventReceived, "event_received"},
    {HistoryType::RetriedByOperator, "retried_by_operator"},
    {HistoryType::PaymentFoundAgain, "payment_found_again"},
    {HistoryType::ForeignPayment, "foreign_payment"},
}};

constexpr EnumNames<ActorKind, 5> kActors{{
    {ActorKind::Agent, "agent"},
    {ActorKind::Webhook, "webhook"},
    {ActorKind::Poll, "poll"},
    {ActorKind::Worker, "worker"},
    {ActorKind::Operator, "operator"},
}};

}  // namespace

std::string toString(HistoryType type, PaymentState state) {
  std::string name(nameOf(kTypes, type));
  if (type == HistoryType::PaymentChanged) name += toString(state);
  return name;
}

std::string toString(const Actor& actor) {
  std::string name(nameOf(kActors, actor.kind));
  return actor.name.empty() ? name : name + ":" + actor.name;
}

Actor operatorActor(std::string_view who) {
  const auto colon = who.find(':');
  return {ActorKind::Operator, std::string(colon == std::string_view::npos ? who : who.substr(colon + 1))};
}

}  // namespace checkout::saga
