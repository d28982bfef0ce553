// Mistakes that a program like this could have, put between the saga and its ports, or into its decisions, on
// purpose: to see that the checker of the invariants finds each of them. None of this is in the product.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>

#include "saga/machine.hpp"

namespace checkout::simulation {

struct Bug {
  std::string_view name;  // "omit_fence"
  std::string_view what;  // one line
  enum class Where {
    Port,
    Machine,  // only what has a machine of its own can have it
    Server,   // it ends the process or stops its threads: only the chaos run can have it
  } where = Where::Port;
};
const std::vector<Bug>& bugs();
void PrintTo(const Bug& bug, std::ostream* out);

// The store and the gateway as a program with this bug would use them; unchanged for "". Both inner ones must
// outlive what is returned.
std::unique_ptr<Store> storeWithBug(Store& inner, const std::string& bug);
std::unique_ptr<PaymentGateway> gatewayWithBug(PaymentGateway& inner, const std::string& bug);
saga::Decide decideWithBug(const std::string& bug);

}  // namespace checkout::simulation
