// Stripe's documented test cards, test IBANs and payment method tokens, and what each of them does.
// Sources: docs.stripe.com/testing, docs.stripe.com/payments/sepa-debit/accept-a-payment.
#pragma once

#include <optional>
#include <string>

#include <checkout/result.hpp>

#include "sandbox/account.hpp"

namespace checkout::sandbox {

struct TestCard {
  std::string number, brand, country, funding;
  Behaviour behaviour;
};
struct TestBankAccount {
  std::string iban;  // upper case, no spaces
  Behaviour behaviour;
};

bool passesLuhn(const std::string& digits);
bool passesIbanCheck(const std::string& iban);  // ISO 13616: mod 97

// By number: digits only, checked by Luhn. A number that is no test card declines as one with real money
// would in test mode.
TestCard testCard(const std::string& number);
TestBankAccount testBankAccount(
    const std::string& iban);  // any valid IBAN works; the listed ones are special

// By token: pm_card_visa, pm_test_visa, pm_card_visa_chargeDeclinedInsufficientFunds, tok_visa, …
std::optional<TestCard> cardOfToken(const std::string& token);
// pm_success_de, pm_failedDelayed_at, pm_sepaDebit, …
std::optional<TestBankAccount> bankAccountOfToken(const std::string& token);

// The types that a payment in `currency` offers where the merchant leaves the choice to the dashboard, within
// allowed_payment_method_types and excluded_payment_method_types, and without those that can't be captured
// manually where that is asked for.
Result<Json> offeredMethodTypes(const Json& parameters, const std::string& currency);

// What the customer reads.
std::string declineMessage(const std::string& code, const std::string& declineCode);

}  // namespace checkout::sandbox
