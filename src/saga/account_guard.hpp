// A store's checkouts and the payments of an account belong together.
#pragma once

#include <memory>

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>

namespace checkout::saga {

// Passes everything on to `inner`, once it is known that the tenant's key is of the account that the store's
// payments of this tenant were made in; the first one is remembered. With another account's key nothing is
// sent and nothing is looked up (PaymentServiceError, details merchantMustAct and keyRefused): what the other
// account has not, would look as if it had never been, and would be charged again. A key that may not read
// its account is trusted. The account is asked for once in a process, before the tenant's first call. The
// references must outlive the guard. Thread-safe.
std::unique_ptr<PaymentGateway> guardAccounts(PaymentGateway& inner, Store& store);

}  // namespace checkout::saga
