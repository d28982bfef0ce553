// What POST /v1/checkout/sessions takes.
#pragma once

#include "sandbox/parameters.hpp"

namespace checkout::sandbox {

ParameterTable sessionCreateParameters();

}  // namespace checkout::sandbox
