// What the checker reads before it judges: everything stored about each saga, and the simulator's payments.
// Private to the checker.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chaos/checker.hpp"

namespace checkout::chaos {

struct SagaBook {
  Saga saga;
  std::vector<SagaEvent> events;
  std::vector<CallRecord> calls;
  std::vector<RefundEntry> refunds;
  std::optional<Order> order;
  bool isListed = false;  // for operators, as stuck
};

// A PaymentIntent that took money.
struct Payment {
  TenantId account;  // whose account it lies in
  std::string intentId, sagaId, tenantId, currency;
  std::int64_t amount = 0, received = 0, refunded = 0;
  std::vector<std::string> refundIds;
  bool hasPage = false;
  bool refundFailed = false;                     // one at least: the bank has sent it back
  bool wasDisputed = false, isDisputed = false;  // ever; and now, waiting for an answer
  bool merchantRefunded = false;                 // by hand, at the provider's dashboard
  std::int64_t left() const { return received - refunded; }
  // What no undo of ours can be sure to give back.
  bool needsPerson() const { return refundFailed || wasDisputed; }
};

struct Books {
  std::map<SagaId, SagaBook> sagas;
  std::vector<Payment> payments;
  std::map<std::string, std::vector<const Payment*>> paymentsOf;  // by saga id
  std::map<std::string, std::int64_t> pages;                      // by session: what it asks for
};

class Judge {
 public:
  Judge(const Evidence& evidence, Books books, std::vector<Violation>& found)
      : evidence_(evidence), books_(std::move(books)), found_(found), resolved_(evidence.history.resolved()) {
    for (const Payment& payment : books_.payments) books_.paymentsOf[payment.sagaId].push_back(&payment);
  }
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  void judgeSagas();       // 5, 6, 8, 9, 11, 16
  void judgeClients();     // 6, 7, 13
  void judgePayments();    // 1, 2, 3, 12, 15, 22
  void judgeConsent();     // 18, 20
  void judgeWants();       // 19
  void judgeReversals();   // 21, 22
  void judgeStock();       // 4
  void judgeCalls();       // 10, 14
  void judgeDeliveries();  // 11, 12
  void judgeRest();        // 16
  void searchSecrets();    // 17

 private:
  void accuse(int invariant, const std::string& sagaId, std::string what) {
    found_.push_back({invariant, sagaId, std::move(what)});
  }
  const SagaBook* book(const std::string& sagaId) const {
    const auto found = books_.sagas.find(SagaId{sagaId});
    return found == books_.sagas.end() ? nullptr : &found->second;
  }
  void judgeHistory(const SagaBook& book);
  void judgeOrder(const SagaBook& book);
  void judgeBalance(const Shop& shop);
  void judgePurchase(const Purchase& purchase);
  void judgeCarts();
  void judgeTotals(const Purchase& purchase, const Shop& shop);
  void judgeOrderOf(const Payment& payment, const SagaBook& book);
  bool isLeftToPeople(const SagaBook& book) const;

  const Evidence& evidence_;
  Books books_;
  std::vector<Violation>& found_;
  const std::set<std::string> resolved_;  // sagas that an operator has settled outside
};

std::string memberText(const Json& object, const char* member);  // "" if it is missing or no text

Books readBooks(const Evidence& evidence, std::vector<Violation>& found);

}  // namespace checkout::chaos
