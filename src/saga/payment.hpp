// The payment as a machine of its own inside the checkout: its states and the table of their transitions,
// what is asked of the provider, and what an answer means. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "saga/machine.hpp"

namespace checkout::saga {

struct Draft;

// Every transition that the provider's word may bring about. An answer that would need another one is older
// than what is known, and changes nothing.
const std::vector<std::pair<PaymentState, PaymentState>>& paymentTransitions();

// How long a payment may rest before the worker asks the provider. Where webhooks arrive, less and less
// often.
Milliseconds paymentCheckInterval(const Saga& saga, TimePoint now, bool webhooksArrive);

// How long a payment page stays open: the tenant's wish, within the provider's half hour to a day. The
// request takes its time to arrive and is repeated where no answer came, hence some slack at both ends: more
// after `failures`, for this machine's clock may be behind the provider's.
Milliseconds pageLifetime(const Tenant& tenant, int failures);

// What the tenant lets the customer change on the page. Shipping can be chosen there by those who have not
// done so before.
PageChoices pageChoices(const Saga& saga, const Tenant& tenant);

// The idempotency key of an operation in the checkout's current payment attempt. Equal inputs, equal key.
std::string callKey(const Saga& saga, GatewayOperation operation);
bool isCallKey(const std::string& id);  // and no object's id

PaymentRequest paymentRequest(const Saga& saga, const Tenant& tenant, const std::string& publicUrl);

bool isCreate(GatewayOperation operation);  // opens a payment
bool isClose(GatewayOperation operation);   // ends one that is open

// True while a session or intent exists that could still take money.
bool isPayable(PaymentState state);
bool isPayable(const Payment& payment);
// Nothing had to be paid: a promotion code took it all.
bool isFree(const Payment& payment);
// Money that came, or came back, after the end of a checkout that was not completed.
bool owesMoneyBack(const Saga& saga);
// Nothing is left at the provider that takes, holds or owes money.
bool isPaymentUndone(const Payment& payment);

// The ids of the current session and intent.
std::vector<std::string> paymentObjects(const Payment& payment);

// Internal unless the provider's object names this checkout, this tenant and its mode: never trust an id
// alone.
Result<void> checkBelongs(const Saga& saga, const Tenant& tenant, const PaymentFact& fact);
// Money for an attempt that this store has never planned.
bool isForeign(const Saga& saga, const PaymentFact& fact);
// Money on an object that is not the current one: a page or intent that was replaced.
bool isStray(const Saga& saga, const PaymentFact& fact);
// Would applyFact() change anything? Facts only move a payment forward.
bool isNews(const Saga& saga, const PaymentFact& fact);
// Writes what the provider says into the payment and links its ids to the checkout.
void applyFact(Draft& draft, const PaymentFact& fact, ConfirmedBy way);

// How the current session or intent stands.
Question paymentQuestion(const Saga& saga, News news);
// What has to be asked to know what an event is about; nullopt if it is none of our business.
std::optional<Question> questionFor(const Saga& saga, const PaymentEvent& event, News news);
bool isReversal(const PaymentEvent& event);
bool isHandled(const PaymentEvent& event);
std::vector<std::string> handledEventTypes();

// An object that the provider does not know (another account's key, a simulator that was restarted) counts as
// expired once its time is over, and is kept among Saga::unknownPayments.
std::optional<PaymentFact> whatIsOver(Draft& draft, const Question& question);

// What was given back of a payment.
Question reversalsQuestion(const std::string& intentId);
// The provider does not know what was asked for.
Error noSuchPayment(const Question& question);

// A new attempt: nothing is left of the payment before.
void beginAttempt(Draft& draft, std::optional<std::string> customerId);
// Opens the page, or charges the payment method: a new attempt. The page's customer may save a payment method
// on it, or theirs is charged; nullopt: nobody's.
void planPayment(Draft& draft, std::optional<std::string> customerId);
// Expires the open session or cancels the intent. Where the payment method was refused there is neither.
void planClose(Draft& draft);
// nullopt: all that is left of the payment, as the provider counts it.
void planRefund(Draft& draft, const std::string& intentId, std::optional<Money> amount, bool owed);

}  // namespace checkout::saga
