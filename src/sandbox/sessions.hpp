// /v1/checkout/sessions
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

Result<Json> createSession(Call& call);
Result<Json> getSession(Call& call);
Result<Json> updateSession(Call& call);
Result<Json> listSessions(Call& call);
Result<Json> listSessionLines(Call& call);
Result<Json> expireSessionNow(Call& call);

// The customer's choice among the session's shipping options; recomputes the total. False for a position that
// is none.
bool chooseShipping(Account& account, Session& session, std::size_t position);

}  // namespace checkout::sandbox
