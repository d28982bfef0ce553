// Between the saga and the payment provider: what is asked for, and what an answer means for the saga.
#pragma once

#include <string>

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>
#include <checkout/tenant.hpp>

namespace checkout::saga {

// How long a payment may rest before the worker asks the provider, webhook or not. Funds on their way take
// days, and the sweep of the provider's events finds their arrival.
Milliseconds paymentCheckInterval(const Payment& payment);

// How long a payment page stays open: the tenant's wish, within the provider's half hour to a day. The
// request takes its time to arrive and is repeated where no answer came, hence some slack at both ends.
Milliseconds pageLifetime(const Tenant& tenant);

// What the tenant lets the customer change on the page. Shipping can be chosen there by those who have not
// done so before.
PageChoices pageChoices(const Saga& saga, const Tenant& tenant);

// The idempotency key of an operation in the saga's current payment attempt. Equal inputs, equal key.
std::string callKey(const Saga& saga, GatewayOperation operation);

PaymentRequest paymentRequest(const Saga& saga, const Tenant& tenant, const std::string& publicUrl);

// Money that came, or came back, after the end of a checkout that was not completed.
bool owesMoneyBack(const Saga& saga);

// Nothing had to be paid: a promotion code took it all.
bool isFree(const Payment& payment);

// An answer of the provider is missing: wait, and never pay again.
Error outcomeUnknown(const Saga& saga);

// True while a session or intent exists that could still take money.
bool isPayable(const Payment& payment);

// The ids of the current session and intent.
std::vector<std::string> paymentObjects(const Payment& payment);
// Are there events in the inbox that came before it was known whose they are?
Result<bool> hasParkedEvents(const Saga& saga, Transaction& tx);

// Internal unless the provider's object names this saga, this tenant and its mode: never trust an id alone.
Result<void> checkBelongs(const Saga& saga, const Tenant& tenant, const PaymentFact& fact);

// Asks the provider how the saga's current session or intent stands. One that it does not know (another key,
// a simulator that was restarted) counts as expired once its time is over, and is PaymentServiceError until
// then.
Result<PaymentFact> lookUp(const Saga& saga, const Tenant& tenant, PaymentGateway& gateway, TimePoint now);

// Money on an object that is not the saga's current one: a page or intent that was replaced.
bool isStray(const Saga& saga, const PaymentFact& fact);
// Would recordFact() change anything? Facts only move a payment forward.
bool isNews(const Saga& saga, const PaymentFact& fact);
// Writes what the provider says into the saga's payment and links its ids to the saga.
Result<void> recordFact(Saga& saga, Transaction& tx, const PaymentFact& fact, ConfirmedBy way);

}  // namespace checkout::saga
