// What an operator sees of a checkout's money, and does about it outside of the product. Private to the
// model's files.
#pragma once

#include "model/world.hpp"

namespace checkout::model {

// What the ledger says is left of the checkout's payment.
std::int64_t leftByTheLedger(const World& world, const Saga& saga);

// An operator who calls something settled has settled it: what is stuck, nothing else.
void settleByHand(World& world, const Saga& saga);

}  // namespace checkout::model
