#include "stripe/refund_parameters.hpp"

#include "stripe/form_encoding.hpp"
#include "stripe/payment_metadata.hpp"

namespace checkout::stripe {

std::string refundBody(const Tenant& tenant, const SagaId& saga, const std::string& intentId,
                       const std::optional<Money>& amount, const std::string& callKey) {
  Form form;
  form.add("payment_intent", intentId);
  if (amount) form.add("amount", amount->amount);  // in the payment's currency; Stripe takes no other
  form.add("reason", "requested_by_customer")
      .add("metadata[saga_id]", saga.value)
      .add("metadata[tenant_id]", tenant.id.value)
      .add(std::string("metadata[") + kCallKeyMember + "]", callKey);
  return std::move(form).encoded();
}

}  // namespace checkout::stripe
