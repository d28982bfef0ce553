// A small model of Stripe as a value: sessions, intents, refunds, disputes, idempotency keys, events, and the
// ledger that they make. What it answers is held against the simulator by model_against_simulator_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <checkout/payment_gateway.hpp>

#include "model/memory_store.hpp"

namespace checkout::model {

// What a payment method does: the simulator's test methods of the same names.
inline constexpr const char* kVisa = "pm_card_visa";
inline constexpr const char* kDeclinedCard = "pm_card_chargeDeclined";
inline constexpr const char* kCardWithChallenge = "pm_card_threeDSecure2Required";
inline constexpr const char* kDebit = "pm_sepaDebit";
// Saved for a customer: of the shop's user Ann, until she removes it, and of somebody else.
inline constexpr const char* kAnnsCard = "pm_saved_for_ann";
inline constexpr const char* kForeignCard = "pm_saved_for_another";

class ModelStripe {
 public:
  static constexpr Milliseconds kKeyLifetime{24 * 60 * 60 * 1000};
  struct Session {
    std::string id;
    TenantId tenant;
    SagaId saga;
    int attempt = 0;
    Money amount;
    TimePoint expiresAt;
    std::string goods;  // as told()
    enum class Status { Open, Complete, Expired } status = Status::Open;
    std::string intent;  // empty until the customer has tried to pay
  };
  struct Intent {
    std::string id, session;  // session: empty for a direct payment
    TenantId tenant;
    SagaId saga;
    int attempt = 0;
    Money amount;
    std::string goods;
    PaymentState state = PaymentState::Open;  // Open, Declined, RequiresAction, Processing, Paid or Canceled
    std::int64_t received = 0;
    bool disputed = false;   // it ever was: no refund is taken any more, also after a dispute that was won
    bool hasFailed = false;  // at its last attempt, as last_payment_error says also of a cancelled one
    bool byDebit = false;    // its refunds take the bank a while
  };
  struct Refund {
    std::string id, intent, status;
    Money amount;
    std::string key;  // of the call that made it; empty: made at the dashboard
    TimePoint createdAt;
  };
  struct Dispute {
    std::string id, intent, status;
    Money amount;
  };
  // What became of the sending of an event to the shop's webhook endpoint.
  enum class Delivery { Pending, Delivered, Failed, NeverTried };
  struct Event {
    PaymentEvent event;
    Delivery delivery = Delivery::Pending;
  };

  // --- what the API does ---------------------------------------------------------------------------------
  // An answer that is stored under the call's key is replayed for 24 hours.
  CallOutcome execute(const GatewayCall& call, TimePoint now);
  // The call is answered by a 500, which is stored as any other answer; its effect may have happened.
  void failAndRemember(const GatewayCall& call, bool withEffect, TimePoint now);
  std::optional<PaymentFact> sessionFact(const std::string& id) const;
  std::optional<PaymentFact> intentFact(const std::string& id) const;
  std::optional<PaymentFact> paymentOf(const TenantId& tenant, const SagaId& saga, int attempt) const;
  Reversals reversalsOf(const std::string& intent) const;
  EventPage eventsFor(const EventQuery& query) const;

  Payer payerOf(const std::string& method) const;
  Payer ensureCustomer(const TenantId& tenant, const std::string& userDigest);

  // --- what people do ------------------------------------------------------------------------------------
  // Each is harmless where it is not possible. On the page:
  void payOnPage(const std::string& session, const std::string& method, TimePoint now);
  // In the shop's own pages, of which we know nothing:
  void saveCard(const Payer& customer);
  void removeCard();
  bool hasSavedCard() const { return !savedFor_.empty(); }
  // At the bank:
  void authenticate(const std::string& intent, bool accepted, TimePoint now);
  void settleDebit(const std::string& intent, bool paid, TimePoint now);
  void settleRefund(const std::string& refund, TimePoint now);  // a pending one has arrived
  void sendRefundBack(const std::string& refund, TimePoint now);
  void openDispute(const std::string& intent, TimePoint now);
  void closeDispute(const std::string& dispute, bool won, TimePoint now);
  // At the dashboard:
  void refundAtDashboard(const std::string& intent, std::optional<std::int64_t> amount, TimePoint now);
  void expireAtDashboard(const std::string& session, TimePoint now);
  void cancelAtDashboard(const std::string& intent, TimePoint now);
  // By the clock:
  void expireOverdue(TimePoint now);
  void setDelivery(const std::string& event, Delivery delivery);

  // --- the ledger ----------------------------------------------------------------------------------------
  const std::vector<Session>& sessions() const { return *sessions_; }
  const std::vector<Intent>& intents() const { return *intents_; }
  const std::vector<Refund>& refunds() const { return *refunds_; }
  const std::vector<Dispute>& disputes() const { return *disputes_; }
  const std::vector<Event>& events() const { return *events_; }
  std::int64_t refunded(const std::string& intent) const;  // what stands of it
  std::int64_t left(const Intent& intent) const { return intent.received - refunded(intent.id); }
  // Does the shop have any of it? A bank that disputes a payment takes it back, until the dispute is won.
  bool isKept(const Intent& intent) const;
  const std::vector<Payer>& customers() const { return *customers_; }
  // A key was sent with another body than the first time.
  bool keyWasReused() const { return keyWasReused_; }

  bool balanceIsEmpty = false;   // refunds are refused
  bool searchIsBehind = false;   // and finds nothing
  bool searchWasBehind = false;  // so that a payment may have been given up that there is
  bool reversalsFail = false;    // what was given back can't be asked for, while all else can

  void addTo(Printer& printer, TimePoint now) const;

 private:
  struct Reply {
    std::string body;
    CallOutcome outcome;
    TimePoint at;
  };
  CallOutcome perform(const GatewayCall& call, TimePoint now);
  CallOutcome createSession(const GatewayCall& call, TimePoint now);
  CallOutcome createIntent(const GatewayCall& call, TimePoint now);
  std::optional<CallOutcome> refuseMethod(const std::string& method, const std::string& customer) const;
  CallOutcome confirm(std::size_t intent, const std::string& method, TimePoint now);
  CallOutcome expire(const std::string& session, TimePoint now);
  CallOutcome cancel(const std::string& intent, TimePoint now);
  CallOutcome refund(const GatewayCall& call, TimePoint now);
  void attempt(std::size_t intent, const std::string& method, TimePoint now);
  void capture(std::size_t intent, TimePoint now);
  void decline(Intent& intent, TimePoint now);
  void close(std::size_t session, TimePoint now);
  Refund& addRefund(const Intent& intent, std::int64_t amount, const std::string& key, TimePoint now);
  void emitSession(const char* type, const Session& session, TimePoint now);
  void emitIntent(const char* type, const Intent& intent, TimePoint now);
  std::optional<std::size_t> findSession(const std::string& id) const;
  std::optional<std::size_t> findIntent(const std::string& id) const;

  Shared<std::vector<Session>> sessions_;
  Shared<std::vector<Intent>> intents_;
  Shared<std::vector<Refund>> refunds_;
  Shared<std::vector<Dispute>> disputes_;
  Shared<std::vector<Event>> events_;
  Shared<std::map<std::string, Reply>> replies_;
  Shared<std::vector<Payer>> customers_;
  std::string savedFor_;  // the customer who has kAnnsCard; empty: nobody (any more)
  bool keyWasReused_ = false;
};

// "2 mugs": goods in the words of a story.
std::string told(const std::string& product, std::int64_t quantity);
template <class Lines, class NameOf>
std::string toldAll(const Lines& lines, const NameOf& nameOf) {
  std::string text;
  for (const auto& line : lines)
    text.append(text.empty() ? "" : " and ").append(told(nameOf(line), line.quantity));
  return text;
}

// The calls as the model's wire knows them: what they do, in a line of text.
GatewayCall planPayment(GatewayOperation operation, const PaymentRequest& request, std::string key);
GatewayCall planOn(GatewayOperation operation, const std::string& id, const std::string& details,
                   std::string key);

}  // namespace checkout::model
