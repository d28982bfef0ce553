#include "tools/function_tool.hpp"
#include "tools/payment_page.hpp"
#include "tools/sagas.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

// A page that still takes a payment; one that was paid, cancelled or has expired must not be shown any more.
bool isPayable(const Saga& saga) {
  const PaymentState state = saga.payment.state;
  return saga.status == SagaStatus::PaymentPending && saga.payment.url &&
         (state == PaymentState::Open || state == PaymentState::Declined ||
          state == PaymentState::RequiresAction);
}

Json view(const Saga& saga) {
  Json view = saga::sagaView(saga);
  view["amount"] = toJson(saga.totals.total);
  if (saga.payment.sessionId) view["sessionId"] = *saga.payment.sessionId;
  if (isPayable(saga)) {
    view["url"] = *saga.payment.url;
    if (saga.payment.expiresAt) view["expiresAt"] = toIso8601(*saga.payment.expiresAt);
  }
  return view;
}

Json viewAfterRefusal(const Saga& saga) {
  Json refused = view(saga);
  if (isPayable(saga) && saga.payment.sessionId)
    refused["nextAction"]["message"] =
        "The customer did not open the payment page. Ask how to go on: the URL stays valid until expiresAt, "
        "and "
        "checkout_cancel ends the checkout.";
  return refused;
}

Result<ToolOutcome> checkoutCreatePaymentSession(const ToolServices& services, const Arguments& arguments,
                                                 CallContext& context) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  const auto id = arguments.id<SagaId>("sagaId");
  if (const auto answer = paymentPageAnswer(context.input, id)) {
    CHECKOUT_ASSIGN(known, services.checkouts.status(tenant->id, id));
    if (*answer != ElicitAction::Accept) return ToolOutcome(viewAfterRefusal(known));
    return ToolOutcome(view(awaitPayment(services, known, context)));
  }
  CHECKOUT_ASSIGN(saga, services.checkouts.createPaymentSession(tenant->id, id));
  if (isPayable(saga) && context.client.elicitUrl) return ToolOutcome(openPaymentPage(*tenant, saga));
  return ToolOutcome(view(saga));
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutCreatePaymentSession(const ToolServices& services) {
  return makeTool("checkout_create_payment_session", services, checkoutCreatePaymentSession);
}

}  // namespace checkout::tools
