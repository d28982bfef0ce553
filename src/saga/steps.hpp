// The steps of a checkout in the order in which they run, each with its doing and its undoing.
#pragma once

#include <vector>

#include "saga/draft.hpp"

namespace checkout::saga {

struct Step {
  StepName name = StepName::ValidateCart;
  // Inside the transaction that stores it. An error is definite: the checkout turns back. process_payment has
  // none: the payment machine sees to it.
  Result<void> (*perform)(Draft&) = nullptr;
  // Null where nothing has to be undone; a comment at the step says why. process_payment's calls the
  // provider.
  void (*undo)(Draft&) = nullptr;
};

// The steps of a version of the definition. A checkout goes on by the one that it was started with, so a
// released version is never edited: a change of the steps is the next version.
inline constexpr int kDefinition = 1;
const std::vector<Step>& stepsOf(int definition);

const Step* nextStep(const Saga& saga);  // null: every step is done
const Step* nextUndo(const Saga& saga);  // null: everything is undone
bool isCompleted(const Saga& saga, StepName step);

// Whether it may be paid with a payment method, without a page: digital goods need an e-mail address, and tax
// that is reckoned on the page needs the page.
Result<void> checkPaidWithoutPage(const Saga& saga, const Tenant& tenant);

// validate_cart, which starting and retrying a checkout run by themselves: freezes the cart of the facts and
// checks that this checkout could be paid and delivered. `preferred`: kept if it is still offered.
Result<void> validateCart(Saga& saga, const Facts& facts, const Tenant& tenant,
                          const std::optional<ShippingSelection>& preferred);

// Writes the order that the payment will be for, or brings it up to date.
void writeOrder(Draft& draft);

// Chooses a shipping service; the totals follow. ShippingOptionInvalid if it is not offered.
Result<void> chooseShipping(Saga& saga, const Tenant& tenant, const std::string& carrierId,
                            const std::string& serviceId);

}  // namespace checkout::saga
