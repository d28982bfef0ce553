#include "saga/next_action.hpp"

#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

// A refund that was refused so often may be refused for days.
constexpr int kTriesToWaitFor = 3;

NextAction forPending(const Saga& saga) {
  if (saga.shipping && !saga.shippingChosen)
    return {NextActionType::ChooseShipping,
            "Shipping is " + saga.shipping->carrierName + " " + saga.shipping->serviceName + " for " +
                display(saga.shipping->price) +
                ". Offer the customer checkout_shipping_options and checkout_select_shipping, or go on with "
                "checkout_create_payment_session.",
            std::nullopt};
  return {NextActionType::PresentPaymentUrl,
          "Call checkout_create_payment_session and give the customer the URL it returns.", std::nullopt};
}

std::string forPage(const Payment& payment) {
  const char* after = " The order completes by itself after the payment; checkout_status shows it.";
  if (payment.state == PaymentState::Declined)
    return "The customer's last try failed" +
           (payment.lastError ? ": " + payment.lastError->message : std::string(".")) +
           " The same page is still open: ask them to try another card there." + after;
  const PageChoices& choices = payment.choices;
  std::string changes;
  const auto add = [&](bool offered, const char* what) {
    if (offered) changes.append(changes.empty() ? "" : ", ").append(what);
  };
  add(!choices.shipping.empty(), "the shipping chosen there");
  add(choices.promotionCodes, "a promotion code");
  add(choices.automaticTax, "the tax of the customer's address");
  if (!changes.empty()) changes = " The page shows the final total, which depends on " + changes + ".";
  return "Give the customer the URL." + changes + after;
}

NextAction forPayment(const Saga& saga) {
  const Payment& payment = saga.payment;
  if (saga.call)
    return {NextActionType::Wait,
            "The payment provider's answer is missing and being looked up. Call checkout_status in ten "
            "seconds. Do not pay again.",
            std::nullopt};
  switch (payment.state) {
    case PaymentState::Processing:
      return {NextActionType::Wait,
              "The customer has authorised the payment. The money is on its way and not there yet, which can "
              "take days: the order completes by itself when it arrives. Call checkout_status in some hours.",
              std::nullopt};
    case PaymentState::RequiresAction:
      if (!payment.url)
        return {NextActionType::PresentPaymentUrl,
                "The payment needs a step that only a payment page can show. Call "
                "checkout_create_payment_session and give the customer the URL it returns.",
                std::nullopt};
      return {NextActionType::Authenticate,
              "Ask the customer to open the URL and approve the payment with their bank, then call "
              "checkout_status.",
              payment.url};
    case PaymentState::Declined:
    case PaymentState::Open:
      if (payment.sessionId && payment.url)
        return {NextActionType::PresentPaymentUrl, forPage(payment), payment.url};
      return {NextActionType::Retry,
              std::string(payment.lastError && payment.lastError->code == ErrorCode::ValidationFailed
                              ? "The payment method can't be charged."
                              : "The payment method was declined.") +
                  " Call checkout_pay with another one, or "
                  "checkout_create_payment_session to let the customer pay on a page.",
              std::nullopt};
    default:
      return {NextActionType::Wait, "Call checkout_status in a moment.", std::nullopt};
  }
}

}  // namespace

NextAction nextActionFor(const Saga& saga) {
  switch (saga.status) {
    case SagaStatus::Pending:
      return forPending(saga);
    case SagaStatus::InProgress:
    case SagaStatus::Compensating:
      if (saga.status == SagaStatus::Compensating && saga.payment.state == PaymentState::Processing)
        return {NextActionType::Wait,
                "The customer's money is on its way and can't be called back. If it arrives it is given back "
                "at once. checkout_status shows it.",
                std::nullopt};
      if (saga.status == SagaStatus::Compensating && saga.attention)
        return {
            NextActionType::None,
            "The checkout has ended, and the merchant has to settle its payment with the customer's bank, "
            "which can take weeks. Nothing is left to do here; checkout_status shows how it stands.",
            std::nullopt};
      if (saga.status == SagaStatus::Compensating && saga.compensation.failures >= kTriesToWaitFor &&
          saga.payment.state == PaymentState::Paid)
        return {NextActionType::None,
                "The checkout has ended. What the customer paid could not be given back yet; it is being "
                "tried again, and "
                "the merchant is told. Nothing is left to do here; checkout_status shows how it stands.",
                std::nullopt};
      return {NextActionType::Wait,
              saga.call && saga.call->unanswered > 0
                  ? "The payment provider's answer is missing and being looked up. Call checkout_status in "
                    "ten seconds. Do not pay again."
                  : "The checkout is moving on by itself. Call checkout_status in a moment.",
              std::nullopt};
    case SagaStatus::PaymentPending:
      return forPayment(saga);
    case SagaStatus::Completed:
      if (saga.payment.state == PaymentState::Refunded)
        return {NextActionType::None, "The order was paid, and all of it has been refunded.", std::nullopt};
      return {NextActionType::None, "The order is paid and confirmed.", std::nullopt};
    case SagaStatus::Compensated:
    case SagaStatus::Failed:
      if (owesMoneyBack(saga))
        return {
            NextActionType::None,
            "What the customer paid is being given back, and nothing is left for you to do. checkout_status "
            "shows when it is done.",
            std::nullopt};
      if (saga.call)  // it gives back what came after the end
        return {NextActionType::Wait,
                "The checkout has ended; a refund is on its way, and the payment provider's answer is being "
                "looked up. Call checkout_status in ten seconds.",
                std::nullopt};
      if (!saga.foreignPayments.empty())
        return {NextActionType::None,
                "The payment provider has a payment of this checkout that the shop has to look at first. Do "
                "not pay "
                "again; tell the customer that the merchant was told.",
                std::nullopt};
      if (saga.compensation.reason == kReplacedByNewCheckout)
        return {NextActionType::None,
                "This checkout was replaced by a newer one of the same cart: go on with that; checkout_list "
                "shows it.",
                std::nullopt};
      if (saga.compensation.cancelled)
        return {NextActionType::None,
                "The checkout was cancelled as asked, and nothing is left to do. A new purchase is a new "
                "checkout_start, with a new idempotencyKey.",
                std::nullopt};
      if (saga.error && merchantMustAct(*saga.error))
        return {
            NextActionType::None,
            "The shop can't take this payment until its merchant has mended its set-up. Nothing was charged; "
            "tell the customer, who may come back later.",
            std::nullopt};
      if (saga.error && isRetryable(*saga.error))
        return {NextActionType::Retry,
                saga.paymentMethodId
                    ? "Ask the customer whether they still want it. If so, call checkout_retry: it charges " +
                          display(saga.totals.total) + " to the same payment method at once."
                    : std::string("Call checkout_retry to try again."),
                std::nullopt};
      return {NextActionType::StartOver,
              "This checkout has ended. Correct the cart or the details and call checkout_start, with a new "
              "idempotencyKey if there was one.",
              std::nullopt};
  }
  return {NextActionType::None, "", std::nullopt};
}

}  // namespace checkout::saga
