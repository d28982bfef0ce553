#include "saga/steps/steps.hpp"

#include <algorithm>
#include <cstdlib>

namespace checkout::saga {

const std::vector<const Step*>& orderedSteps() {
  static const std::vector<const Step*> kSteps{&validateCart(),   &reserveInventory(), &createOrder(),
                                               &processPayment(), &confirmOrder(),     &sendConfirmation(),
                                               &clearCart()};
  return kSteps;
}

const Step& stepNamed(StepName name) {
  for (const Step* step : orderedSteps())
    if (step->name() == name) return *step;
  std::abort();  // orderedSteps() misses one
}

bool isCompleted(const Saga& saga, StepName step) {
  return std::find(saga.completedSteps.begin(), saga.completedSteps.end(), step) != saga.completedSteps.end();
}

}  // namespace checkout::saga
