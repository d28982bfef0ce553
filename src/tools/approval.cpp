#include "tools/approval.hpp"

namespace checkout::tools {
namespace {

constexpr const char* kApproval = "approval";

saga::Approval approvalOf(const Saga& saga) {
  return {saga.id, saga.totals.total, saga.cart.digest};
}

Json subjectOf(const Saga& saga) {
  return {{"sagaId", saga.id.value}, {"total", toJson(saga.totals.total)}, {"cartDigest", saga.cart.digest}};
}

InputNeeded askForApproval(const Tenant& tenant, const Saga& saga) {
  return {{elicitForm(kApproval,
                      "Pay " + display(saga.totals.total) + " to " + tenant.name + " for " +
                          saga::goodsInShort(saga) + " with the stored payment method?",
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
  const auto page = saga.payment.sessionId ? saga.payment.url : std::nullopt;
  NextAction next{
      NextActionType::PresentPaymentUrl,
      std::string(why) + (page ? " Let the customer pay at the URL."
                               : " Call checkout_create_payment_session and give the customer the URL "
                                 "it returns, or checkout_cancel if they don't want it any more."),
      page};
  view["nextAction"] = toJson(next);
  return view;
}

// What the customer was asked about; the state is our own, and empty in the first round.
std::optional<saga::Approval> askedAbout(const Tenant& tenant, const Json& state) {
  if (!state.is_object() || state["total"]["currency"] != tenant.currency.code) return std::nullopt;
  const Money total{state["total"]["amount"].get<std::int64_t>(), tenant.currency};
  return saga::Approval{SagaId{state["sagaId"].get<std::string>()}, total,
                        state["cartDigest"].get<std::string>()};
}

bool isYes(const ElicitAnswer& answer) {
  const auto approve = answer.content.find("approve");
  return answer.action == ElicitAction::Accept && approve != answer.content.end() && *approve == true;
}

}  // namespace

Result<ToolOutcome> payWithApproval(const ToolServices& services, const Tenant& tenant,
                                    const CallContext& context,
                                    const std::function<Result<Saga>(std::optional<saga::Approval>)>& pay,
                                    const std::function<bool(const Saga&)>& waits) {
  const auto answer = context.input.elicited(kApproval);
  const auto approval = answer ? askedAbout(tenant, context.input.state) : std::nullopt;
  if (approval && !isYes(*answer)) {  // whatever it would cost by now; they may have paid on an open page
    CHECKOUT_ASSIGN(saga, services.checkouts.status(tenant.id, approval->sagaId));
    return ToolOutcome(
        waits(saga)
            ? unpaid(saga, "The customer did not approve the payment, so the payment method was not charged.")
            : saga::sagaView(saga));
  }
  CHECKOUT_ASSIGN(saga, pay(approval));
  const bool isApproved = approval && *approval == approvalOf(saga);
  if (isApproved || !waits(saga) || !saga::needsApproval(tenant, saga.totals.total))
    return ToolOutcome(saga::sagaView(saga));
  // On a page that is open it may have been paid meanwhile.
  CHECKOUT_ASSIGN(now, services.checkouts.status(tenant.id, saga.id));
  if (!waits(now)) return ToolOutcome(saga::sagaView(now));
  saga = std::move(now);
  if (context.client.elicitForm) return ToolOutcome(askForApproval(tenant, saga));
  return ToolOutcome(unpaid(saga,
                            "A payment of this size needs the customer's approval, which can't be asked for "
                            "here, so the payment method was not charged."));
}

}  // namespace checkout::tools
