// What a customer can do with a Checkout Session, whether on its page or through the control routes.
#pragma once

#include <string>

#include "sandbox/payments.hpp"

namespace checkout::sandbox {

// A session or an intent, with the account it belongs to. Both null where nobody has it.
struct FoundSession {
  Account* account = nullptr;
  Session* session = nullptr;
};
struct FoundIntent {
  Account* account = nullptr;
  Intent* intent = nullptr;
};
FoundSession findSession(World& world, const std::string& id);
FoundIntent findIntent(World& world, const std::string& id);

struct CustomerPayment {
  std::string cardNumber;  // digits that pass Luhn; or
  std::string iban;        // upper case, valid
  Expiry expiry{12, 2034};
  BillingDetails billing;
  bool saves = false;  // the customer has ticked the box; without effect where none is offered
};

bool isOpen(const Session& session);
// Before the customer changes what the session costs: a challenge about the old amount is void.
void abandonChallenge(const FoundSession& found);
bool takesAddress(const Session& session);
// An address has to be given before the total is certain: one to deliver to, or one to tax by.
bool needsAddress(const Session& session);
bool collectsDelivery(const Session& session);
// Takes the customer's address, and prices the session anew.
void giveAddress(Account& account, Session& session, const std::string& name, const Json& address);
bool offersToSave(const Session& session);
bool accepts(const Session& session, const std::string& methodType);
// The session must be open, need no address, and accept the method.
Outcome paySession(World& world, const FoundSession& found, const CustomerPayment& payment);
// "declined" and so on
std::string_view toString(Outcome outcome);
bool hasEnded(Outcome outcome);  // well: the customer goes back to the shop

// success_url with the session's id filled in.
std::string successUrl(const Session& session);

}  // namespace checkout::sandbox
