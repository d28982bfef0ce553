// The port to the payment provider, in the saga's words. src/stripe implements it.
//
// A call that changes something is made in two halves. plan…() builds exactly what will be sent and touches
// nothing; the caller commits that plan; execute() sends it. A plan that is executed again has the same
// idempotency key and the same bytes, so it can't take effect twice (Stripe: "Idempotent requests").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <checkout/payment_events.hpp>
#include <checkout/saga.hpp>
#include <checkout/tenant.hpp>

namespace checkout {

struct PaymentLine {
  enum class Kind { Goods, Shipping, Tax };
  std::string name, description;  // description may be empty
  std::optional<std::string> imageUrl;
  Money unitAmount;
  int quantity = 1;
  Kind kind = Kind::Goods;
};

// Everything a payment is made of. Equal requests give equal plans.
struct PaymentRequest {
  TenantId tenantId;
  SagaId sagaId;
  OrderId orderId;
  int attempt = 1;  // Payment::attempt
  // Goods, shipping, tax: with the first of choices.shipping they add up to `total`.
  std::vector<PaymentLine> lines;
  PageChoices choices;  // sessions only
  Money total;
  std::string email;  // may be empty
  std::optional<Address> shippingAddress;
  // Something in it is a parcel. Where the provider reckons the tax, it does so by where that goes.
  bool goodsToShip = false;
  std::string successUrl, cancelUrl;           // sessions only
  std::optional<TimePoint> expiresAt;          // sessions only
  std::optional<std::string> paymentMethodId;  // intents only: pm_…
  std::string returnUrl;                       // intents only: after 3-D Secure
  // The provider's customer whose saved method pays, or, on a page, may be saved and used; nullopt: nobody's.
  std::optional<std::string> customerId;
};

// A confirmation, already validated against the tool's schema.
struct ConfirmRequest {
  std::string intentId;
  Json parameters;  // an object: payment_method, return_url, … as Stripe names them
};

// A planned call. Stored before it is sent; holds no secret (the key is the tenant's and added when sending).
struct GatewayCall {
  GatewayOperation operation = GatewayOperation::CreateSession;
  std::string path;            // /v1/checkout/sessions
  std::string body;            // application/x-www-form-urlencoded
  std::string bodyDigest;      // SHA-256 of body, hex
  std::string idempotencyKey;  // unique per (saga, step, attempt, operation)
};

// What the provider says about a session or an intent, reduced to what decisions need.
struct PaymentFact {
  enum class Kind { Session, Intent };
  Kind kind = Kind::Session;
  PaymentState state = PaymentState::None;
  std::optional<std::string> sessionId, paymentIntentId;
  std::optional<std::string> url;
  std::optional<TimePoint> expiresAt;
  Money amount;                    // amount_total of a session, amount of an intent
  Money amountReceived;            // 0 until paid
  bool hasReversals = false;       // of it something went back or is disputed: see retrieveReversals()
  std::optional<PageTotals> page;  // sessions only
  bool livemode = false;
  std::optional<TenantId> tenantId;  // from metadata; a fact without them is not ours
  std::optional<SagaId> sagaId;
  int attempt = 0;
  std::optional<std::string> customerEmail;  // what the customer typed on the payment page
  std::optional<Address> collectedAddress;   // likewise, where the page asked where to ship
  std::optional<Error> lastError;            // why the last try of the customer failed
  std::optional<std::string> requestId;
  Json object;  // the provider's object as it came, client_secret removed
};

// The provider's customer (cus_…) that a payment method is saved for, and whom of ours that is.
struct Payer {
  std::optional<std::string> customerId;  // nullopt: saved for nobody, or the method is unknown
  std::optional<TenantId> tenantId;       // from metadata; a customer without them is not ours
  std::optional<std::string> userDigest;
};
struct PayerOutcome {
  Payer payer;
  std::optional<Error> error;  // then nothing is known of the payer
  bool temporary = false;      // as in CallOutcome
  bool notSent = false;
};

struct RefundFact {
  std::string refundId;
  std::string status;  // succeeded | pending | failed | canceled | requires_action
  Money amount;
  std::optional<std::string> paymentIntentId;
  std::optional<std::string> requestId;
  // The idempotency key of the call that made it, as the refund itself remembers it: it outlives the
  // provider's memory of keys. nullopt: made by somebody else, or before refunds carried it.
  std::optional<std::string> callKey = std::nullopt;
  std::optional<TimePoint> createdAt = std::nullopt;  // by the provider's clock, in whole seconds
};

struct DisputeFact {
  std::string disputeId;
  std::string status;  // needs_response | under_review | won | lost | warning_… | prevented
  std::string reason;  // fraudulent | product_not_received | …
  Money amount;
};

// What was given back of one payment, and what the customer's bank contests.
struct Reversals {
  std::vector<RefundFact> refunds;  // oldest first
  std::vector<DisputeFact> disputes;
};

// A line of a payment page as the provider reckons it: what was asked for, and the line's part of the page's
// discounts and taxes.
struct PageLine {
  std::string description;  // may be empty
  std::int64_t quantity = 1;
  std::optional<Money> unitAmount;  // nullopt: the provider has no whole unit price
  Money subtotal, discount, tax, total;
};

struct EventQuery {
  std::vector<std::string> types;  // "charge.refunded", …; 20 at most
  TimePoint since;                 // created at or after
  std::optional<TimePoint> until;  // created before; both in whole seconds
  bool undeliveredOnly = false;    // those that some webhook endpoint has not acknowledged
  std::string startingAfter;       // evt_…: the last one of the page before; empty: from the newest
};
struct EventPage {
  std::vector<PaymentEvent> events;  // newest first
  bool hasMore = false;
  std::optional<TimePoint> asOf;  // the provider's own time when it answered, in whole seconds, if it said so
};

// How a call ended. Unknown (timeout, reset, 5xx after retries) is neither success nor failure: the effect
// may have happened. It is resolved by executing the same plan again or by looking the object up.
struct CallOutcome {
  enum class Kind { Succeeded, Failed, Unknown };
  Kind kind = Kind::Unknown;
  std::optional<PaymentFact> payment;  // Succeeded; also Failed where the provider sent the object along
  std::optional<RefundFact> refund;    // Succeeded, for Refund
  std::optional<Error> error;          // Failed and Unknown
  // Failed: the provider was not reached, or had no time; the same may succeed a little later.
  bool temporary = false;
  // Failed: the provider has certainly not seen this call: it is left alone after failures, or no connection
  // could be made.
  bool notSent = false;
  // Unknown: the provider has stored a failure of its own (5xx) under the call's key and will only repeat it.
  // Sending the call again tells nothing; the object has to be looked up, or the call planned anew.
  bool replayedFailure = false;
  // Succeeded: the answer was kept under the call's key since before execute() was called.
  bool isReplay = false;
  // Failed: what was refused, where it is not the request as a whole.
  enum class Refused {
    Request,
    UsedMethod,  // this payment method was used up, or removed by its customer: nothing can be charged to it
    UnknownMethod,  // there is no payment method with this id
    SavedMethod,    // it is saved for a customer whom the request does not name
    Customer,       // the customer that the request names does not exist (any more)
  } refused = Refused::Request;
};

// Thread-safe. Calls block up to the client's total deadline and never throw.
class PaymentGateway {
 public:
  virtual ~PaymentGateway() = default;

  virtual GatewayCall planCreateSession(const Tenant&, const PaymentRequest&,
                                        std::string idempotencyKey) const = 0;
  virtual GatewayCall planExpireSession(const Tenant&, const std::string& sessionId,
                                        std::string idempotencyKey) const = 0;
  // Creates and confirms at once (confirm=true) with the request's payment method.
  virtual GatewayCall planCreateIntent(const Tenant&, const PaymentRequest&,
                                       std::string idempotencyKey) const = 0;
  virtual GatewayCall planConfirmIntent(const Tenant&, const ConfirmRequest&,
                                        std::string idempotencyKey) const = 0;
  virtual GatewayCall planCancelIntent(const Tenant&, const std::string& intentId,
                                       std::string idempotencyKey) const = 0;
  // The whole payment, or `amount` of it.
  virtual GatewayCall planRefund(const Tenant&, const SagaId&, const std::string& intentId,
                                 std::optional<Money> amount, std::string idempotencyKey) const = 0;

  virtual CallOutcome execute(const Tenant&, const GatewayCall&) = 0;

  // nullopt: the provider knows no such object under the tenant's key.
  virtual Result<std::optional<PaymentFact>> retrieveSession(const Tenant&, const std::string& sessionId) = 0;
  virtual Result<std::optional<PaymentFact>> retrieveIntent(const Tenant&, const std::string& intentId) = 0;
  // The payment of this saga's attempt, found by what the provider's objects say about themselves: for a call
  // whose answer is missing and whose idempotency key is too old to be asked again (Stripe: 24 hours).
  // nullopt: there is none that took money or still could. `plannedAt`: when the call was first to be sent.
  virtual Result<std::optional<PaymentFact>> findPayment(const Tenant&, const SagaId&, int attempt,
                                                         TimePoint plannedAt) = 0;
  // For whom a payment method is saved.
  virtual PayerOutcome findPayer(const Tenant&, const std::string& paymentMethodId) = 0;
  // The customer that carries the digest of one of our users: found, or else made. As with a planned call, a
  // repeat makes no second one. `gone`: the one that had it before and was deleted; empty: none.
  virtual PayerOutcome ensureCustomer(const Tenant&, const std::string& userDigest,
                                      const std::string& gone) = 0;
  // The session's lines, in the page's order; all of them or an error.
  virtual Result<std::vector<PageLine>> listPageLines(const Tenant&, const std::string& sessionId) = 0;
  virtual Result<Reversals> retrieveReversals(const Tenant&, const std::string& intentId) = 0;
  virtual Result<EventPage> listEvents(const Tenant&, const EventQuery&) = 0;
  // The account that the tenant's payments are made in (acct_…); nullopt: the key may not read it.
  virtual Result<std::optional<std::string>> account(const Tenant&) = 0;
};

}  // namespace checkout
