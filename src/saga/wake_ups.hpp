// When a checkout has to be looked at again, by what is stored of it. Pure. Whatever is stored next, the
// timers are set anew by these.
#pragma once

#include <optional>

#include <checkout/saga.hpp>

namespace checkout::saga {

// To go on with what is left to do (TimerKind::Resume); nullopt: nothing is.
std::optional<TimePoint> resumeAt(const Saga& saga, bool hasParkedEvents, TimePoint now);

// To ask how the payment stands (TimerKind::PaymentCheck); nullopt: it waits for nobody.
std::optional<TimePoint> paymentCheckAt(const Saga& saga, TimePoint now, bool webhooksArrive);

}  // namespace checkout::saga
