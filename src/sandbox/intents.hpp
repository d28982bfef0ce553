// /v1/payment_intents
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

ParameterTable intentCreateParameters();
ParameterTable intentConfirmParameters();
ParameterTable intentCancelParameters();

Result<Json> createIntent(Call& call);
Result<Json> getIntent(Call& call);
Result<Json> listIntents(Call& call);
Result<Json> confirmIntent(Call& call);
Result<Json> cancelIntentNow(Call& call);

}  // namespace checkout::sandbox
