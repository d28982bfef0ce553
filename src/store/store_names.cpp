// Stored names of the enums that belong to storage.
#include <checkout/saga_store.hpp>

#include "base/enum_names.hpp"

namespace checkout {
namespace {

constexpr EnumNames<CallRecord::State, 4> kCallStates{{
    {CallRecord::State::Started, "started"},
    {CallRecord::State::Succeeded, "succeeded"},
    {CallRecord::State::Failed, "failed"},
    {CallRecord::State::Unknown, "unknown"},
}};

constexpr EnumNames<TimerKind, 2> kTimerKinds{{
    {TimerKind::PaymentCheck, "payment_check"},
    {TimerKind::Resume, "resume"},
}};

}  // namespace

std::string_view toString(CallRecord::State state) {
  return nameOf(kCallStates, state);
}
std::optional<CallRecord::State> callStateFromString(std::string_view name) {
  return valueOf(kCallStates, name);
}

std::string_view toString(TimerKind kind) {
  return nameOf(kTimerKinds, kind);
}
std::optional<TimerKind> timerKindFromString(std::string_view name) {
  return valueOf(kTimerKinds, name);
}

}  // namespace checkout
