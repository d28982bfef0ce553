#include "webhooks/inbox.hpp"

#include "base/log.hpp"

namespace checkout::webhooks {

Inbox::Inbox(const TenantDirectory& tenants, const PaymentEventVerifier& verifier,
             saga::CheckoutService& checkouts)
    : tenants_(tenants), verifier_(verifier), checkouts_(checkouts) {}

Result<saga::EventFate> Inbox::receive(const TenantId& tenantId, std::string_view rawBody,
                                       std::string_view signatureHeader) {
  const Tenant* tenant = tenants_.find(tenantId);
  if (tenant == nullptr)
    return Error(ErrorCode::TenantNotFound, "There is no tenant \"" + tenantId.value + "\".");
  CHECKOUT_ASSIGN(event, verifier_.verify(*tenant, rawBody, signatureHeader));
  if (event.isForeign) {
    log::debug("a webhook of another mode or account was ignored",
               {{"tenant", tenantId.value}, {"event", event.id}, {"type", event.type}});
    return saga::EventFate::Ignored;
  }
  return checkouts_.applyEvent(tenantId, event);
}

}  // namespace checkout::webhooks
