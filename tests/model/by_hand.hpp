// What is done outside of the product: at Stripe, to the store's file, and about a checkout's money by an
// operator. Private to the model's files.
#pragma once

#include "model/world.hpp"

namespace checkout::model {

// What the ledger says is left of the checkout's payment.
std::int64_t leftByTheLedger(const World& world, const Saga& saga);

// An operator who calls something settled has settled it: what is stuck, nothing else.
void settleByHand(World& world, const Saga& saga);

// False: the action is a call of the product.
bool happensOutside(World& world, const Action& action);

}  // namespace checkout::model
