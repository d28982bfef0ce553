// What an agent should do now, given where a checkout stands.
#pragma once

#include <checkout/saga.hpp>

namespace checkout::saga {

NextAction nextActionFor(const Saga& saga);

}  // namespace checkout::saga
