// Whose payment it is: customers at the provider, and the payment methods that are saved for them. Pure.
#pragma once

#include <optional>
#include <string>

#include "saga/machine.hpp"

namespace checkout::saga {

struct Draft;

// What the provider's customer carries to say which of our users it is.
std::string userDigest(const Saga& saga);

// What has to be known before the next payment is planned; nullopt: nothing.
std::optional<Question> payerQuestion(const Draft& draft);
// For a page: the customer that the store knows, whose payment method may be saved on it.
std::optional<std::string> customerOfPage(const Draft& draft);

// Nothing was made of a payment method that can't be charged: the checkout waits for another one, or a page.
// The caller has ended the call, if there was one.
void refuseMethod(Draft& draft, Error why);
// Why, where the provider has refused the payment method of this call.
std::optional<Error> methodRefusal(const Draft& draft, const GatewayCall& call, const CallOutcome& outcome);

}  // namespace checkout::saga
