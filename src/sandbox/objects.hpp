// Wire objects in full: every member that Stripe's API version promises, null where there is nothing to say.
#pragma once

#include <string>

#include "sandbox/test_methods.hpp"
#include "sandbox/world.hpp"

namespace checkout::sandbox {

struct BillingDetails {
  std::string email, name, country, postalCode, phone;  // empty: not known
};
Json billingObject(const BillingDetails& details);

// What a request said about a delivery, with null for all that it left out; null if it is no object.
Json shippingObject(const Json& given);
// A delivery has a recipient and a street: parameter_missing otherwise. `param` is where it stands.
Result<void> checkShipping(const Json& given, const std::string& param);
// `parameters` may have a statement_descriptor_suffix: the account's prefix, "* " and the suffix have 22
// characters at most.
Result<void> checkDescriptorSuffix(const Json& parameters, const std::string& param);

struct Expiry {
  int month = 0, year = 0;
};

Method& addCard(World& world, Account& account, const TestCard& card, Expiry expiry,
                const BillingDetails& billing);
Method& addBankAccount(World& world, Account& account, const TestBankAccount& bank,
                       const BillingDetails& billing);

// requires_payment_method, no method yet.
Json newIntentObject(const World& world, const std::string& id, std::int64_t amount,
                     const std::string& currency);

// A charge of the intent's whole amount with `method`, in status "pending", not captured.
Record& addCharge(World& world, Account& account, const Intent& intent, const Method& method);
Json chargeOutcome(const std::string& declineCode);  // empty: approved

// Books an amount on the account's balance and returns the balance transaction's id.
std::string book(World& world, Account& account, std::int64_t amount, const std::string& currency,
                 const std::string& type, const std::string& source);

}  // namespace checkout::sandbox
