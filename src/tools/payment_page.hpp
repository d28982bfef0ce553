// What checkout_create_payment_session does with a client that can open a page for the customer.
#pragma once

#include <checkout/tool.hpp>

#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

// The client is to open the payment page of this checkout.
InputNeeded openPaymentPage(const Tenant& tenant, const Saga& saga);
// What came of it; nullopt if this round answers no such question about `saga`.
std::optional<ElicitAction> paymentPageAnswer(const ClientInput& input, const SagaId& saga);

// Waits for a little while until the customer has paid, or the checkout has ended otherwise. Returns what is
// known by then. Few calls wait at a time, so that waiting customers don't keep others from being served.
Saga awaitPayment(const ToolServices& services, Saga saga, const CallContext& context);

}  // namespace checkout::tools
