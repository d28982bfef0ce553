#include "saga/wake_ups.hpp"

#include <algorithm>

#include "saga/payment.hpp"
#include "saga/policy.hpp"

namespace checkout::saga {
namespace {

bool hasWork(const Saga& saga) {
  const PaymentState payment = saga.payment.state;
  switch (saga.status) {
    case SagaStatus::Pending:
      return false;
    case SagaStatus::InProgress:
      return true;
    case SagaStatus::PaymentPending:
      return saga.replacing || payment == PaymentState::Expired || payment == PaymentState::Canceled;
    case SagaStatus::Compensating:
      return payment != PaymentState::Processing;
    case SagaStatus::Completed:
      return false;
    case SagaStatus::Compensated:
    case SagaStatus::Failed:
      return owesMoneyBack(saga) || isPayable(saga.payment);
  }
  return false;
}

}  // namespace

std::optional<TimePoint> resumeAt(const Saga& saga, bool hasParkedEvents, TimePoint now) {
  std::optional<TimePoint> earliest;
  const auto at = [&](TimePoint time) { earliest = earliest ? std::min(*earliest, time) : time; };
  if (hasParkedEvents) at(now);
  if (saga.attention) at(now + kAttentionInterval);
  if (saga.status == SagaStatus::Pending) at(saga.updatedAt + kPendingLifetime);
  if (saga.call || hasWork(saga)) at(saga.retryAt.value_or(now + kResumeAfter));
  const bool mayPay = !saga.call && saga.status != SagaStatus::InProgress;
  if (mayPay)
    for (const RefundRequest& owed : saga.refundsOwed) at(owed.tryAt.value_or(now + kResumeAfter));
  return earliest;
}

std::optional<TimePoint> paymentCheckAt(const Saga& saga, TimePoint now, bool webhooksArrive) {
  const bool onItsWay = saga.payment.state == PaymentState::Processing;
  const bool waits = saga.status == SagaStatus::PaymentPending
                         ? onItsWay || isPayable(saga.payment)
                         : saga.status == SagaStatus::Compensating && onItsWay && !saga.call;
  if (!waits) return std::nullopt;
  return now + paymentCheckInterval(saga, now, webhooksArrive);
}

}  // namespace checkout::saga
