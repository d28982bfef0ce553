#include "saga/payer.hpp"

#include "base/digest.hpp"
#include "saga/draft.hpp"
#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

Error unusableMethod(const Saga& saga, const std::string& why) {
  return Error(
             ErrorCode::ValidationFailed,
             why +
                 " Nothing was charged. The checkout goes on; a payment page that was open for it is closed.",
             {{"argument", "paymentMethodId"}, {"sagaId", saga.id.value}})
      .withNext(NextActionType::Retry,
                "Call checkout_pay with this sagaId and another paymentMethodId, or "
                "checkout_create_payment_session to let the customer pay on a page.");
}

Error usedMethod(const Saga& saga) {
  return unusableMethod(saga,
                        "The payment method that paymentMethodId names was used before or has been removed "
                        "by its customer, and can't be used again.");
}

Error unknownMethod(const Saga& saga) {
  return unusableMethod(saga, "The payment provider knows no payment method with this paymentMethodId.");
}

// Not whose it is: that is nobody else's business.
Error savedMethod(const Saga& saga, bool keepsSavedMethods) {
  if (!keepsSavedMethods)
    return unusableMethod(saga,
                          "The payment method that paymentMethodId names is a saved one, and this shop keeps "
                          "no saved cards: it takes methods that were made for this purchase.");
  return unusableMethod(saga,
                        "The payment method that paymentMethodId names is a saved one, but not of the user "
                        "of this checkout.");
}

// A confirmation is not preceded by a look-up, and its intent names nobody unless a saved card began it.
Error savedMethodInConfirmation(const Saga& saga) {
  return unusableMethod(saga,
                        "The payment method is a saved one, and can't confirm this payment: a saved one of "
                        "the checkout's user is the paymentMethodId of checkout_pay.")
      .withNext(NextActionType::Retry,
                "Call checkout_pay with this sagaId and the saved payment method, or "
                "checkout_create_payment_session to let the customer pay on a page.");
}

bool isTheirs(const Draft& draft, const Payer& payer) {
  const Saga& saga = draft.saga;
  if (saga.userId.empty()) return false;
  // What the customer's metadata say is true, also after somebody has changed it; one without any was made by
  // a shop that the store remembers.
  if (payer.tenantId || payer.userDigest)
    return payer.tenantId == saga.tenantId && payer.userDigest == userDigest(saga);
  const auto& known = draft.facts.customer;
  return known && !known->isGone && known->customerId == payer.customerId;
}

void remember(Draft& draft, const std::string& customerId) {
  const auto& known = draft.facts.customer;
  if (!known || known->isGone) draft.effect(SaveCustomer{{customerId, false}});
}

}  // namespace

std::string userDigest(const Saga& saga) {
  return sha256Hex(Json({"user", saga.tenantId.value, saga.userId.value}).dump());
}

std::optional<std::string> customerOfPage(const Draft& draft) {
  const auto& known = draft.facts.customer;
  if (!draft.tenant().stripe.savedPaymentMethods || draft.saga.paymentMethodId || !known || known->isGone)
    return std::nullopt;
  return known->customerId;
}

std::optional<Question> payerQuestion(const Draft& draft) {
  const Saga& saga = draft.saga;
  if (!draft.tenant().stripe.savedPaymentMethods) return std::nullopt;
  Question question;
  if (saga.paymentMethodId) {
    question.about = Question::About::Payer;
    question.objectId = *saga.paymentMethodId;
    return question;
  }
  if (saga.userId.empty() || customerOfPage(draft)) return std::nullopt;
  question.about = Question::About::Customer;
  if (draft.facts.customer) question.objectId = draft.facts.customer->customerId;
  return question;
}

// The answer to payerQuestion(), under the same lock. Without one, nothing is planned.
void payerAnswered(Draft& draft, const PayerAnswer& answer) {
  const Saga& saga = draft.saga;
  const bool isMethod = answer.question.about == Question::About::Payer;
  // That a card can be saved is an extra: without it the customer pays all the same.
  if (answer.outcome.error && !isMethod) return planPayment(draft, std::nullopt);
  if (answer.outcome.error) {
    CallOutcome outcome;
    outcome.kind = CallOutcome::Kind::Failed;
    outcome.error = answer.outcome.error;
    outcome.temporary = answer.outcome.temporary;
    outcome.notSent = answer.outcome.notSent;
    return stepFailed(draft, {{"operation", "find_payment_method"}}, outcome);
  }
  const Payer& payer = answer.outcome.payer;
  if (!payer.customerId) return planPayment(draft, std::nullopt);
  if (isMethod && !isTheirs(draft, payer)) {
    beginAttempt(draft, std::nullopt);
    return refuseMethod(draft, savedMethod(saga, true));
  }
  remember(draft, *payer.customerId);
  planPayment(draft, payer.customerId);
}

std::optional<Error> methodRefusal(const Draft& draft, const GatewayCall& call, const CallOutcome& outcome) {
  using enum CallOutcome::Refused;
  const bool isMethod =
      outcome.refused == UsedMethod || outcome.refused == SavedMethod || outcome.refused == UnknownMethod;
  if (!isMethod) return std::nullopt;
  const bool keepsSaved = draft.tenant().stripe.savedPaymentMethods;
  Error why = outcome.refused == UsedMethod      ? usedMethod(draft.saga)
              : outcome.refused == UnknownMethod ? unknownMethod(draft.saga)
              : keepsSaved && call.operation == GatewayOperation::ConfirmIntent
                  ? savedMethodInConfirmation(draft.saga)
                  : savedMethod(draft.saga, keepsSaved);
  if (outcome.error && outcome.error->details.is_object() && outcome.error->details.contains("requestId"))
    why.details["requestId"] = outcome.error->details["requestId"];
  return why;
}

void refuseMethod(Draft& draft, Error why) {
  Saga& saga = draft.saga;
  saga.payment.state = PaymentState::Declined;
  saga.payment.lastError = why;
  saga.status = SagaStatus::PaymentPending;
  saga.stepFailures = 0;
  saga.retryAt.reset();
  saga.movedAt = draft.now();
  draft.recordPayment({{"step", toString(StepName::ProcessPayment)}, {"error", toString(why.code)}});
  draft.answer(std::move(why));
}

}  // namespace checkout::saga
