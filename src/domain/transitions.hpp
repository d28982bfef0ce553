// The one table of legal saga transitions. Every change of status goes through it.
#pragma once

#include <checkout/saga.hpp>

namespace checkout::domain {

// Staying in a status (a step was completed, a refund was recorded) is always legal.
bool isLegalTransition(SagaStatus from, SagaStatus to);

}  // namespace checkout::domain
