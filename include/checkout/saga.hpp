// The checkout saga as a value: everything durable about one customer's way from a cart to a paid order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/catalog.hpp>
#include <checkout/clock.hpp>
#include <checkout/error.hpp>
#include <checkout/ids.hpp>
#include <checkout/money.hpp>

namespace checkout {

enum class SagaStatus { Pending, InProgress, PaymentPending, Completed, Compensating, Compensated, Failed };
std::string_view toString(SagaStatus status);  // "payment_pending"
std::optional<SagaStatus> sagaStatusFromString(std::string_view name);

// In the order in which they run.
enum class StepName {
  ValidateCart,
  ReserveInventory,
  CreateOrder,
  ProcessPayment,
  ConfirmOrder,
  SendConfirmation,
  ClearCart,
};
std::string_view toString(StepName step);  // "validate_cart"
std::optional<StepName> stepNameFromString(std::string_view name);

struct Address {
  std::string name, line1, line2, city, state, postalCode;
  std::string country;  // ISO 3166-1 alpha-2, upper case
  std::string phone;
  bool operator==(const Address&) const = default;
};
Json toJson(const Address& address);  // only the members that are set

struct LineItem {
  ProductId productId;
  std::string name, description;
  std::optional<std::string> imageUrl;
  ProductKind kind = ProductKind::Physical;
  std::int64_t weightGrams = 0;  // of one piece
  int quantity = 0;
  Money unitPrice;
  Money lineTotal;
};

// What the customer agreed to buy, frozen when the checkout starts.
struct CartSnapshot {
  std::vector<LineItem> items;
  std::string catalogVersion;
  std::string digest;  // SHA-256 over items, quantities, prices
};

struct Totals {
  Money subtotal, shipping, tax, discount, total;
};

struct ShippingSelection {
  std::string carrierId, carrierName, serviceId, serviceName;
  Money price;
  int minDays = 0, maxDays = 0;
};

// How far the money is, independent of the object (session or intent) that carries it.
enum class PaymentState {
  None,            // nothing asked of Stripe yet
  Open,            // a session waits for the customer, or an intent for a payment method
  RequiresAction,  // 3-D Secure or the like
  Processing,      // the customer is done, funds have not arrived (SEPA, OXXO …)
  Paid,
  Declined,  // the last attempt failed; the object is still payable
  Expired,
  Canceled,
  Refunded,
};
std::string_view toString(PaymentState state);
std::optional<PaymentState> paymentStateFromString(std::string_view name);

// What the customer may change on the payment page, by the tenant's settings when the page was opened.
struct PageChoices {
  bool promotionCodes = false, automaticTax = false;
  std::vector<ShippingSelection> shipping;  // to choose from, the first preselected; empty: nothing to choose
};

// What the payment page came to, as the provider reckons it.
struct PageTotals {
  Totals sums;  // subtotal: the lines that the page was opened with, whatever they are for
  std::optional<std::size_t> shippingOption;  // position in PageChoices::shipping
};

enum class ConfirmedBy { Webhook, Poll, Confirm };
std::string_view toString(ConfirmedBy way);
std::optional<ConfirmedBy> confirmedByFromString(std::string_view name);

struct Payment {
  int attempt = 0;  // grows only after a definite end of the one before; part of the idempotency key
  PaymentState state = PaymentState::None;
  std::optional<std::string> sessionId;        // cs_…
  std::optional<std::string> paymentIntentId;  // pi_…
  std::optional<std::string> url;              // payment page, or the 3-D Secure page
  std::optional<TimePoint> expiresAt;
  std::optional<std::string> customerId;  // cus_…: whose saved method pays, or may be saved on the page
  PageChoices choices;
  std::string cartDigest;          // CartSnapshot::digest of what it was opened for
  std::optional<PageTotals> page;  // once it is paid
  std::optional<Totals> asked;     // what was frozen, where the customer's choices have changed it
  std::optional<Money> amountPaid;
  std::optional<Money>
      settledElsewhere;  // of it: what an operator said was given back outside of the provider
  // Some of it may have gone back, which has not been read yet: nothing is sold before.
  bool reversalsUnread = false;
  std::optional<ConfirmedBy> confirmedBy;
  std::optional<Error> lastError;        // why the customer's last try failed; the payment may still be open
  std::optional<std::string> requestId;  // Stripe's req_… of the last answer, for support
};

// What takes the place of the open payment once that has been closed.
struct Replacement {
  std::optional<ShippingSelection> shipping;   // chosen anew, with new totals
  std::optional<std::string> paymentMethodId;  // charged without a page; nullopt: another page is opened
};

// A call that changes something at the provider.
enum class GatewayOperation {
  CreateSession,
  ExpireSession,
  CreateIntent,
  ConfirmIntent,
  CancelIntent,
  Refund
};
std::string_view toString(GatewayOperation operation);  // "create_session"
std::optional<GatewayOperation> gatewayOperationFromString(std::string_view name);

// A call that was committed and has no outcome yet. Whether it took effect is unknown until one is stored: it
// is sent again with the same key, or looked up, and nothing else is asked of the provider before.
struct PendingCall {
  GatewayOperation operation = GatewayOperation::CreateSession;
  std::string idempotencyKey;  // of its CallRecord, which has the body
  TimePoint plannedAt;
  int unanswered = 0;       // how often it was sent and no answer came
  bool owedRefund = false;  // a Refund of refundsOwed.front(), not of the saga's own payment
  // Since when the provider is known to keep a failure of its own under the key, which it would only repeat.
  std::optional<TimePoint> poisonedAt;
  std::optional<TimePoint> lastSentAt;  // when it was sent again; until then it was sent at plannedAt
  int notFound = 0;                     // how often it was looked up since, and nothing was there
};

struct Compensation {
  std::vector<StepName> steps;  // undone so far
  std::optional<std::string> refundId;
  std::string reason;
  bool cancelled = false;        // wanted by the customer; else it follows from a failure
  std::optional<Error> failure;  // why the undo at hand does not succeed; it is tried again
  int failures = 0;              // how often in a row
};

// Money that has to go back beside the saga's own undo: an operator's refund, or a payment to a page that had
// been replaced. An operator's is dropped, and reported, once the provider has refused it for good; the other
// stays owed.
struct RefundRequest {
  std::string paymentIntentId;
  Money amount;
  std::string reason, requestedBy;  // an actor, as in SagaEvent
  bool byOperator = false;
  int failures = 0;  // in a row; it is tried again at `tryAt`
  std::optional<TimePoint> tryAt;
  std::optional<TimePoint> requestedAt;  // by an operator
};

// The last refund that an operator asked for and got: the same once more is more likely a repeated command.
struct RefundMade {
  std::string refundId;  // its amount and time are in the ledger
  std::string reason;
};

// A page or payment of this checkout that the provider does not know under the tenant's key any more, most
// likely since the key is another account's. Whether money lies there is for a person to find out.
struct UnknownPayment {
  std::string objectId;
  bool isSession = false;
};

// Money on an object that the checkout has given up: a page that was replaced, or the payment of an earlier
// attempt. It has to stand refunded, also if the bank sends a refund back weeks later.
struct StrayPayment {
  std::string paymentIntentId;
  Money received;  // without what an operator has settled outside of the provider
};

struct Saga {
  TenantId tenantId;
  SagaId id;
  UserId userId;
  CartId cartId;

  SagaStatus status = SagaStatus::Pending;
  int definition = 1;                   // the version of the steps that it was started with, and goes on by
  std::optional<StepName> currentStep;  // where it stands or waits
  std::vector<StepName> completedSteps;
  int attempt = 1;           // grows with checkout_retry
  std::int64_t version = 0;  // grows by one with each transition; equals the number of its last event

  std::string email, customerName;  // empty: unknown
  std::optional<Address> shippingAddress, billingAddress;
  std::optional<std::string> paymentMethodId;  // set: paid without a page

  CartSnapshot cart;
  Totals totals;
  std::optional<ShippingSelection> shipping;
  bool shippingChosen = false;  // by the customer; else the cheapest was taken
  // Goods or total are not what an earlier answer has shown: without a page it is charged only with a total
  // that the caller names, or an approval.
  bool isUnagreed = false;
  Payment payment;
  std::optional<PendingCall> call;
  std::optional<Replacement> replacing;
  std::optional<OrderId> orderId;
  std::optional<Error> error;
  Compensation compensation;
  int stepFailures = 0;              // temporary failures of currentStep in a row, of calls that were sent
  std::optional<TimePoint> retryAt;  // until then nothing that failed, or got no answer, is tried again
  std::vector<RefundRequest> refundsOwed;
  std::optional<RefundMade> refundMade;
  std::vector<StrayPayment> strayPayments;
  std::vector<UnknownPayment> unknownPayments;  // not settled by an operator, and not found again
  // Intents that took money for an attempt which this store has never planned: it was restored from a backup,
  // or is a copy. Neither sold nor given back before a person has looked.
  std::vector<std::string> foreignPayments;
  std::optional<std::string> settledBecause;  // the reason of the last `resolve`
  // What only a person can settle: an open dispute, a refund of a completed order that the bank sent back, a
  // payment that the provider does not know any more.
  std::optional<std::string> attention;
  std::string attentionAbout;                 // what it is, and how it stands: "dp_1 lost"
  std::vector<std::string> attentionSettled;  // by an operator: what it was about
  TimePoint createdAt, updatedAt;
  TimePoint movedAt;  // when it last got anywhere; tries that fail do not count
};

bool isTerminal(SagaStatus status);
bool needsShipping(const Saga& saga);  // anything physical in it

// The stored form. Reading tolerates members it does not know (a newer release wrote them) and reports
// a document it can't understand as Internal.
Json sagaToDocument(const Saga& saga);
Result<Saga> sagaFromDocument(const Json& document);

}  // namespace checkout
