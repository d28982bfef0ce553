#include "tools/function_tool.hpp"
#include "tools/sagas.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

// A page that still takes a payment; one that was paid, cancelled or has expired must not be shown any more.
bool isPayable(const Saga& saga) {
  const PaymentState state = saga.payment.state;
  return saga.status == SagaStatus::PaymentPending &&
         (state == PaymentState::Open || state == PaymentState::Declined ||
          state == PaymentState::RequiresAction);
}

Result<Json> checkoutCreatePaymentSession(const ToolServices& services, const Arguments& arguments,
                                          CallContext&) {
  CHECKOUT_ASSIGN(tenant, sellingTenantOf(services, arguments));
  CHECKOUT_ASSIGN(saga, services.checkouts.createPaymentSession(tenant->id, arguments.id<SagaId>("sagaId")));
  Json view = saga::sagaView(saga);
  view["amount"] = toJson(saga.totals.total);
  if (saga.payment.sessionId) view["sessionId"] = *saga.payment.sessionId;
  if (isPayable(saga) && saga.payment.url) {
    view["url"] = *saga.payment.url;
    if (saga.payment.expiresAt) view["expiresAt"] = toIso8601(*saga.payment.expiresAt);
  }
  return view;
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutCreatePaymentSession(const ToolServices& services) {
  return makeTool("checkout_create_payment_session", services, checkoutCreatePaymentSession);
}

}  // namespace checkout::tools
