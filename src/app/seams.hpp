// Where tests put something of their own between the parts, to make them fail. Empty in the program itself.
#pragma once

#include <functional>
#include <memory>

#include <checkout/clock.hpp>
#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>

namespace checkout::app {

struct Seams {
  std::shared_ptr<const Clock> clock;  // null: the system's
  std::function<std::unique_ptr<Store>(std::unique_ptr<Store>)> aroundStore;
  std::function<std::unique_ptr<PaymentGateway>(std::unique_ptr<PaymentGateway>)> aroundGateway;
};

}  // namespace checkout::app
