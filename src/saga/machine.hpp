// The checkout as a pure machine: one function from (checkout, input, facts, setting) to a decision. No
// clock, no I/O, no threads and no callbacks: the executor reads the facts, stores the decision and makes the
// call.
//
// Every decision that changes anything is stored in one transaction: its transitions in order, its effects,
// the planned call, and when the checkout is to be looked at again (wake_ups.hpp). docs/decisions/0008 draws
// the machine.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>
#include <checkout/tenant.hpp>

#include "saga/history.hpp"

namespace checkout::saga {

// What a decision depends on beside the checkout, its input and the facts.
struct Setting {
  const Tenant& tenant;
  TimePoint now;
  std::string publicUrl;  // this server's own, for its return pages
  bool webhooksArrive = false;
};

// What is read in the transaction that stores the decision.
struct Facts {
  std::optional<Cart> cart;
  std::map<ProductId, StockLevel>
      stock;  // of what is in the checkout or the cart; untracked goods are missing
  std::optional<Order> order;
  std::vector<RefundEntry> refunds;
  std::vector<DisputeEntry> disputes;
  std::vector<InboxEvent> parked;    // events of this payment that came before it was known whose they are
  std::optional<Saga> rival;         // another live checkout of the same cart
  std::optional<Saga> lastPurchase;  // made from the cart, if that is empty now
  std::optional<CustomerRecord> customer;  // of the checkout's user; read where a payment may be begun
  OrderId freshOrderId;                    // random, to be used where an order is created
};

// --- Inputs ---------------------------------------------------------------------------------------------

// A webhook event joins the transaction that stores its effect.
struct InboxEffect {
  InboxEvent event;
  bool isStored = false;  // parked before: only its state changes
};

// How news of a payment came.
struct News {
  ConfirmedBy way = ConfirmedBy::Poll;
  Json source = Json::object();  // {"eventId", "type"} of a webhook: it goes into the history
  std::optional<InboxEffect> inbox;
};

// Something to ask the provider. Changes nothing there that a repeat would do twice, so no intent is stored.
struct Question {
  // Payer: for whom a payment method is saved. Customer: the provider's customer for the checkout's user, who
  // is made if there is none; `objectId` is then the one that was deleted.
  enum class About { Session, Intent, Reversals, Payer, Customer };
  About about = About::Session;
  std::string objectId;
  News news;
  // The intent of an event that was looked up by its session: asked for too if the session does not name it.
  std::optional<std::string> alsoIntent;
  bool onlyStray = false;  // news only if the money is on an object that was replaced
};

struct Continue {};  // does what is due
struct Look {};      // the same; if nothing is, asks the provider how the payment stands
struct EventCame {
  PaymentEvent event;
  InboxEffect inbox;
};
struct PaymentAnswer {
  Question question;
  std::optional<PaymentFact> fact;  // nullopt: the provider knows no such object
};
struct ReversalsAnswer {
  Question question;
  Reversals reversals;
};
struct PayerAnswer {
  Question question;
  PayerOutcome outcome;
};
// The outcome of the pending call. A refused close comes with how the payment stands now (outcome.payment),
// and a refund with all that went back of its payment.
struct CallEnded {
  GatewayCall call;
  CallOutcome outcome;
  std::optional<Reversals> reversals;
  bool sentBefore = false;  // it may have left once already, before this process or this run
  bool isGone = false;      // a refused close: the provider does not know the object at all
};
// What the provider's objects say about a pending call that can't be sent again; nullopt: nothing was found.
struct CallFound {
  std::optional<PaymentFact> payment;
  std::optional<RefundFact> refund;
};

// The customer has agreed to pay this total of this checkout, for these goods, without a page.
struct Approval {
  SagaId sagaId;
  Money total;
  std::string cartDigest;  // CartSnapshot::digest of the goods
  bool operator==(const Approval&) const = default;
};

// Commands of agents.
struct SelectShipping {
  std::string carrierId, serviceId;
};
struct OpenPage {};
struct PayDirectly {
  std::optional<std::string> paymentMethodId;  // nullopt: the one that the checkout was started with
  std::optional<Money> expectedTotal;          // TotalChanged if it is another one
  std::optional<Approval> approval;
};
struct Cancel {
  std::string reason;
};
struct Retry {};
struct Confirm {
  ConfirmRequest request;
};

// Commands of operators.
struct ResumeNow {};
struct RefundByHand {
  std::optional<std::int64_t> amount;  // smallest unit; nullopt: what is left
  std::string reason;
  bool again = false;  // although the last refund was of the same amount and reason
};
struct Resolve {
  std::string reason;
  std::string about;  // refused unless whyStuck() says this; empty: whatever it says
};

using Input = std::variant<Continue, Look, EventCame, PaymentAnswer, ReversalsAnswer, PayerAnswer, CallEnded,
                           CallFound, SelectShipping, OpenPage, PayDirectly, Cancel, Retry, Confirm,
                           ResumeNow, RefundByHand, Resolve>;

// --- Decisions ------------------------------------------------------------------------------------------

struct HoldStock {
  ProductId productId;
  int quantity = 0;
};
struct ReleaseStock {};
struct SellStock {};
struct RestockStock {};
struct LinkPayment {
  std::string objectId;
};
struct SaveCustomer {  // of the checkout's user
  CustomerRecord record;
};
struct FinishCall {
  std::string idempotencyKey;
  CallRecord::State state = CallRecord::State::Succeeded;
  std::string result;
};
using Effect = std::variant<HoldStock, ReleaseStock, SellStock, RestockStock, LinkPayment, SaveCustomer,
                            FinishCall, Order, Cart, OutboxMessage, RefundEntry, DisputeEntry, InboxEffect>;

struct HistoryEntry {
  HistoryType type = HistoryType::Started;
  PaymentState payment = PaymentState::None;  // with PaymentChanged
  Json data = Json::object();
  bool historyOnly = false;  // changes nothing that anybody waits for: no new updatedAt, nothing published
};
struct Transition {
  Saga saga;
  HistoryEntry entry;
};

// A new call, in the checkout's words; the gateway turns it into bytes (planCall in executor.cpp).
struct CallPlan {
  GatewayOperation operation = GatewayOperation::CreateSession;
  std::string idempotencyKey;
  std::optional<PaymentRequest> payment;  // CreateSession, CreateIntent
  std::string objectId;                   // all others: the session or intent
  std::optional<Money> amount;            // Refund; nullopt: all that is left
  bool owedRefund = false;                // Refund: of refundsOwed.front()
  Json parameters;                        // ConfirmIntent
};

struct Decision {
  enum class Next {
    Rest,      // nothing is left to do now
    Continue,  // decide again at once
    Send,      // the pending call: the planned one, or the stored one once more
    Find,      // the pending call is too old to be sent again
    Ask,       // `question`
  };
  std::vector<Transition> transitions;
  std::vector<Effect> effects;
  std::optional<CallPlan> plan;
  Next next = Next::Rest;
  std::optional<Question> question;
  bool commandAgain = false;  // something unfinished comes first; the command is decided once more after it
  // For whoever asked. The checkout goes on nevertheless.
  std::optional<Error> error;
};

Decision decide(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                const Actor& actor);
using Decide = decltype(&decide);

// --- What answers say about a checkout --------------------------------------------------------------------

// Would paying this without a page need the customer's approval?
bool needsApproval(const Tenant& tenant, const Money& total);
// Could this payment method still be charged for it? Then what checkout_pay waits for is an approval.
bool isPayableDirectly(const Saga& saga, const std::string& paymentMethodId);
// Is the customer asked by their bank to authenticate the payment with this method?
bool isBeingAuthenticated(const Saga& saga, const std::string& paymentMethodId);
// For operators: why the checkout does not move although it should; nullopt if all is well.
std::optional<std::string> whyStuck(const Saga& saga, TimePoint now);
// InvalidState that says where the checkout stands and what can be done from there.
Error invalidState(const Saga& saga, const std::string& wanted);
// An answer of the provider is missing: wait, and never pay again.
Error outcomeUnknown(const Saga& saga);
// The cart is empty because its goods were bought: an agent whose answer was lost must not fill it again.
Error boughtAlready(Error emptyCart, const Saga& purchase, const UserId& asker);
// What answers say of another checkout: id, status, total, order, time.
Json checkoutDetails(const Saga& saga);
// "2 × Mug, 1 × E-book"
std::string goodsOf(const Saga& saga);
std::string goodsInShort(const Saga& saga);  // "2 × Mug, 1 × E-book and 3 more"
// The total, or what it is for, is not what the caller has agreed to.
Error totalChanged(const Saga& saga);

}  // namespace checkout::saga
