// /v1/payment_methods: made from a token, saved for a customer, or good for one payment only.
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

ParameterTable methodCreateParameters();
ParameterTable methodListParameters();
ParameterTable methodsOfCustomerParameters();
ParameterTable methodAttachParameters();

Result<Json> createMethod(Call& call);
Result<Json> getMethod(Call& call);
Result<Json> listMethods(Call& call);
Result<Json> listMethodsOfCustomer(Call& call);
Result<Json> attachMethodNow(Call& call);
Result<Json> detachMethodNow(Call& call);

// The method that a request for a payment names, by id, token or payment_method_data; nullptr: none. Each use
// of a token makes a payment method of its own, as with Stripe.
Result<Method*> methodOf(Call& call);
// May `method` be charged by this intent? A saved one only where the intent names its customer, and one that
// is saved for nobody only once.
Result<void> checkOwner(const Intent& intent, const Method& method);

void attachMethod(World& world, Account& account, Method& method, const std::string& customer);
// For good: whatever was detached is neither charged nor attached again.
void detachMethod(World& world, Account& account, Method& method);

}  // namespace checkout::sandbox
