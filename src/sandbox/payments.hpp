// How money moves: attempts, challenges, late settlement, and what they mean for the session that asked.
#pragma once

#include <optional>
#include <string>

#include "sandbox/objects.hpp"

namespace checkout::sandbox {

enum class Outcome { Succeeded, Declined, RequiresAction, Processing, Authorized };

struct AttemptOptions {
  bool refuseChallenges = false;  // off_session or error_on_requires_action
  bool offSession = false;
  bool saves = false;  // for the intent's customer, if it succeeds
};

// Tries to pay `intent` with `method`. The intent must be payable (isPayable).
Outcome attempt(World& world, Account& account, Intent& intent, Method& method,
                const AttemptOptions& options = {});
// The customer's answer to the challenge of an intent in requires_action.
Outcome answerChallenge(World& world, Account& account, Intent& intent, bool accepted);
// Ends an intent in processing; does nothing to any other.
void settle(World& world, Account& account, Intent& intent, bool paid);
// The same as when a voucher runs out that nobody has paid: no attempt failed, so nothing tells an error.
void lapse(World& world, Account& account, Intent& intent);
// requires_capture → succeeded. What `amount`, at most the intent's, leaves over is released.
void captureAuthorized(World& world, Account& account, Intent& intent, std::int64_t amount);
// requires_payment_method, requires_confirmation, requires_action or requires_capture → canceled; an
// authorization is released.
void cancelIntent(World& world, Account& account, Intent& intent, const Json& reason);

bool isPayable(const Intent& intent);
bool isCancelable(const Intent& intent);

// The payment intent of a session, made at the customer's first attempt.
Intent& intentOfSession(World& world, Account& account, Session& session);
// An open session that costs nothing is completed without a payment.
void completeForFree(World& world, Account& account, Session& session, const BillingDetails& customer);
// An open session whose time has come turns expired.
void expireSession(World& world, Account& account, Session& session);

}  // namespace checkout::sandbox
