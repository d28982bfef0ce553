// How long a checkout tries, waits and rests.
#pragma once

#include <algorithm>

#include <checkout/clock.hpp>

namespace checkout::saga {

// How long checkout_status waits for the provider before it answers with what is stored.
inline constexpr Milliseconds kStatusPatience{4'000};
// How long a checkout that nobody pays for may rest before it ends.
inline constexpr Milliseconds kPendingLifetime{24 * 60 * 60'000};
// After how long the worker looks after a checkout that nobody has moved on.
inline constexpr Milliseconds kResumeAfter{10'000};
// The pauses before a step that failed for a moment is tried again. After the last one it is given up.
inline constexpr Milliseconds kStepPauses[] = {Milliseconds{2'000}, Milliseconds{10'000},
                                               Milliseconds{30'000}};
// A call that could not even be sent uses up none of them, but does not wait for ever.
inline constexpr Milliseconds kUnsentPause{5'000}, kUnsentFor{30 * 60'000};
// From this age on the provider is not trusted to remember an idempotency key. Stripe does for 24 hours; half
// of that, since the clock may have been wrong by hours when the call was planned, or be so now.
inline constexpr Milliseconds kKeyLifetime{12 * 60 * 60'000};
// How long after the last time it may have been sent "not found" is taken for "never happened"; and how often
// it has to be said by then, since a clock that is set may make minutes of a moment.
inline constexpr Milliseconds kSearchSettles{10 * 60'000};
inline constexpr int kSearchesThatSettle = 3;
// A checkout that needs a person is looked at this often, in case it was settled elsewhere.
inline constexpr Milliseconds kAttentionInterval{6 * 60 * 60'000};
// A checkout that should move by itself is stuck when it has not for this long.
inline constexpr Milliseconds kStuckAfter{2 * 60'000};

// No pause is longer; and no clock is ahead of what is stored by more than this, unless one was wrong.
inline constexpr Milliseconds kLongestPause{6 * 60 * 60'000};
inline constexpr Milliseconds kClockSlack{60'000};

// The pause before a call without an answer is sent again.
inline Milliseconds unknownPause(int unanswered) {
  constexpr Milliseconds kFirst{10'000}, kLongest{60'000};
  return std::min(kLongest, kFirst * (1 << std::clamp(unanswered - 2, 0, 4)));
}

// How long a refund or another undo that failed so often rests before it is tried again: longer each time,
// and for ever.
inline Milliseconds undoPause(int failures) {
  constexpr Milliseconds kFirst{60'000};
  return std::min(kLongestPause, kFirst * (1 << std::clamp(failures - 1, 0, 16)));
}

}  // namespace checkout::saga
