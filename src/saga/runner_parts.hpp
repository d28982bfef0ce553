// What the runner_*.cpp files share. Private to them.
#pragma once

#include "saga/runner.hpp"

namespace checkout::saga {

// After how long the worker looks after a saga that nobody has moved on.
inline constexpr Milliseconds kResumeAfter{10'000};

Result<void> resumeLater(Transaction& tx, const Saga& saga, TimePoint now, Milliseconds after = kResumeAfter);
// How long a refund or another undo that failed so often rests before it is tried again: longer each time,
// and for ever.
Milliseconds undoPause(int failures);
// Takes the Resume timer away, unless a refund is owed, or events wait in the inbox for the payment that has
// just become known.
Result<void> rest(Transaction& tx, const Saga& saga, TimePoint now);

// Our own trouble, or a missing answer, says nothing about the checkout: it stays where it is and is resumed.
bool leavesItOpen(ErrorCode code);

// A call for the saga's history.
Json describe(const GatewayCall& call);
// A call that failed: with the id under which the provider's support finds it, which the saga keeps too.
Json describeFailure(const GatewayCall& call, const CallOutcome& outcome);
void keepRequestId(Saga& saga, const CallOutcome& outcome);

}  // namespace checkout::saga
