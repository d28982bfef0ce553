// Stripe's documented error codes, each with what it means here. An interop test compares the list with the
// one in Stripe's own SDK, so that a new code is noticed (tests/interop/stripe_enums_test.mjs).
#pragma once

#include <string_view>

namespace checkout::stripe {

enum class CodeMeaning {
  Declined,   // whoever holds the money said no: another payment method may work
  Arguments,  // what was sent is wrong
  TooSmall,   // the amount is below what can be charged
  Address,
  State,      // the object is in a state that doesn't allow it
  Busy,       // too many requests, or another one at the same object: the same may succeed in a moment
  Transient,  // a service of Stripe's had no answer: the same may succeed a little later
  Merchant,   // the account's set-up, balance or key: nothing helps until the merchant has acted
  ByStatus,  // products that this program doesn't use; the HTTP status decides, as for a code that is unknown
};

struct ErrorCodeRule {
  std::string_view code;
  CodeMeaning meaning;
  std::string_view text;  // for the agent; empty: Stripe's message, or the one that declines have in common
};

// nullptr: not among the documented codes.
const ErrorCodeRule* ruleOf(std::string_view code);

}  // namespace checkout::stripe
