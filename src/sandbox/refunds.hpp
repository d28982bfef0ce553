// Money that goes back: refunds and disputes.
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

Result<Json> createRefund(Call& call);
Result<Json> getRefund(Call& call);
Result<Json> updateRefund(Call& call);
Result<Json> listRefunds(Call& call);
Result<Json> getDispute(Call& call);
Result<Json> listDisputes(Call& call);

Record& openDispute(World& world, Account& account, Record& charge);
void closeDispute(World& world, Account& account, Record& dispute, bool won);

}  // namespace checkout::sandbox
