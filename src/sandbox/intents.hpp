// /v1/payment_intents
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

ParameterTable intentCreateParameters();
ParameterTable intentConfirmParameters();
ParameterTable intentUpdateParameters();
ParameterTable intentCancelParameters();
ParameterTable intentCaptureParameters();

Result<Json> createIntent(Call& call);
Result<Json> getIntent(Call& call);
Result<Json> listIntents(Call& call);
Result<Json> updateIntent(Call& call);
Result<Json> confirmIntent(Call& call);
Result<Json> captureIntent(Call& call);
Result<Json> cancelIntentNow(Call& call);

}  // namespace checkout::sandbox
