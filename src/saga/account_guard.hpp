// A tenant's checkouts stay with the account in which they are paid, whatever key is configured later.
#pragma once

#include <memory>

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>

namespace checkout::saga {

// Passes everything on to `inner` as long as the tenant's key belongs to the account in which the tenant's
// checkouts are paid: the first one that the store has seen. With another account's key nothing is sent and
// nothing is looked up (PaymentServiceError, details merchantMustAct and keyRefused): that account would say
// that it has no such payment, and the customer would be charged again. A key that may not read its account
// is trusted. The provider is asked for the account once in a process, before the tenant's first call. The
// references must outlive the guard. Thread-safe.
std::unique_ptr<PaymentGateway> guardAccounts(PaymentGateway& inner, Store& store);

}  // namespace checkout::saga
