// Makers of the seven steps, each defined in the file of its name.
#pragma once

#include "saga/step.hpp"

namespace checkout::saga {

const Step& validateCart();
const Step& reserveInventory();
const Step& createOrder();
const Step& processPayment();
const Step& confirmOrder();
const Step& sendConfirmation();
const Step& clearCart();

}  // namespace checkout::saga
