#include <checkout/ids.hpp>

#include "base/random.hpp"

namespace checkout {

SagaId newSagaId() {
  return SagaId{"saga_" + randomHex(16)};
}
OrderId newOrderId() {
  return OrderId{"order_" + randomHex(16)};
}
CartId newCartId() {
  return CartId{"cart_" + randomHex(16)};
}

}  // namespace checkout
