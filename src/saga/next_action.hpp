// What an agent should do now, given where a checkout stands.
#pragma once

#include <checkout/saga.hpp>

namespace checkout::saga {

// The reason of a cancellation that makes way for another checkout.
inline constexpr char kReplacedByNewCheckout[] = "replaced by a new checkout of the same cart";

NextAction nextActionFor(const Saga& saga);

}  // namespace checkout::saga
