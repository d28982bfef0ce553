#include "tools/approval.hpp"

namespace checkout::tools {
namespace {

constexpr const char* kApproval = "approval";

Json subjectOf(const Saga& saga) {
  return {{"sagaId", saga.id.value}, {"total", toJson(saga.totals.total)}, {"cartDigest", saga.cart.digest}};
}

InputNeeded askForApproval(const Tenant& tenant, const Saga& saga) {
  return {{elicitForm(
              kApproval,
              "Pay " + display(saga.totals.total) + " to " + tenant.name + " with the stored payment method?",
              {{"type", "object"},
               {"properties",
                {{"approve",
                  {{"type", "boolean"},
                   {"title", "Pay now"},
                   {"description", "Yes: the payment is made at once, without a payment page."}}}}},
               {"required", {"approve"}}})},
          subjectOf(saga)};
}

Json unpaid(const Saga& saga, const char* why) {
  Json view = saga::sagaView(saga);
  NextAction next{
      NextActionType::PresentPaymentUrl,
      std::string(why) + (saga.payment.url
                              ? " Let the customer pay at the URL."
                              : " Call checkout_create_payment_session and give the customer the URL "
                                "it returns, or checkout_cancel if they don't want it any more."),
      saga.payment.url};
  view["nextAction"] = toJson(next);
  return view;
}

}  // namespace

Result<ToolOutcome> payWithApproval(const Tenant& tenant, const CallContext& context,
                                    const std::function<Result<Saga>(std::optional<saga::Approval>)>& pay,
                                    const std::function<bool(const Saga&)>& waits) {
  CHECKOUT_ASSIGN(saga, pay(std::nullopt));
  if (!waits(saga) || !saga::needsApproval(tenant, saga.totals.total))
    return ToolOutcome(saga::sagaView(saga));
  if (!context.client.elicitForm)
    return ToolOutcome(
        unpaid(saga,
               "A payment of this size needs the customer's approval, which can't be asked for "
               "here, so the payment method was not charged."));
  const auto answer = context.input.elicited(kApproval);
  if (!answer || context.input.state != subjectOf(saga)) return ToolOutcome(askForApproval(tenant, saga));
  const auto approve = answer->content.find("approve");
  if (answer->action != ElicitAction::Accept || approve == answer->content.end() || *approve != true)
    return ToolOutcome(unpaid(saga, "The customer did not approve the payment, so nothing was charged."));
  CHECKOUT_ASSIGN(paid, pay(saga::Approval{saga.id, saga.totals.total, saga.cart.digest}));
  return ToolOutcome(saga::sagaView(paid));
}

}  // namespace checkout::tools
