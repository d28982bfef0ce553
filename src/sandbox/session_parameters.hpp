// What creating and updating a Checkout Session take.
#pragma once

#include "sandbox/parameters.hpp"

namespace checkout::sandbox {

ParameterTable sessionCreateParameters();
ParameterTable sessionUpdateParameters();

}  // namespace checkout::sandbox
