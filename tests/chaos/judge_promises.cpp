// What customers, merchants and operators were told, against what became of the money.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "chaos/books.hpp"

namespace checkout::chaos {
namespace {

bool isGivenBack(const std::string& refundStatus) {
  return refundStatus != "failed" && refundStatus != "canceled";
}

int hexDigit(char digit) {
  return digit >= 'A' ? digit - 'A' + 10 : digit - '0';
}

// Of a quoted-printable body (RFC 2045 section 6.7).
std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=' || i + 2 >= text.size()) {
      plain.push_back(text[i]);
      continue;
    }
    if (text[i + 1] != '\r')
      plain.push_back(static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2])));
    i += 2;
  }
  return plain;
}

std::string readFile(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

void Judge::judgeConsent() {
  for (const Purchase& purchase : evidence_.history.purchases()) {
    const auto shop = std::find_if(evidence_.shops.begin(), evidence_.shops.end(),
                                   [&](const Shop& one) { return one.tenant == purchase.tenant; });
    if (shop != evidence_.shops.end()) judgeTotals(purchase, *shop);
  }
}

void Judge::judgeTotals(const Purchase& purchase, const Shop& shop) {
  const Consent& consent = purchase.consent;
  for (const auto& [session, shown] : consent.pages) {
    const auto page = books_.pages.find(session);
    if (page != books_.pages.end() && page->second != shown)
      accuse(18, *purchase.sagaIds.begin(),
             "the page " + session + " asks for " + std::to_string(page->second) + ", " +
                 std::to_string(shown) + " was shown beside it");
  }
  for (const std::string& sagaId : purchase.sagaIds) {
    const auto payments = books_.paymentsOf.find(sagaId);
    if (payments == books_.paymentsOf.end()) continue;
    for (const Payment* payment : payments->second) {
      if (payment->hasPage) continue;
      const std::string charged = display({payment->amount, shop.currency});
      if (!consent.isBlind && !consent.totals.contains(payment->amount))
        accuse(18, sagaId, payment->intentId + " charged " + charged + ", which was not what was shown");
      const bool isApproved =
          consent.approvals.contains({sagaId, charged}) || consent.approvals.contains({"", charged});
      if (shop.approvalThreshold && payment->amount > *shop.approvalThreshold && !isApproved)
        accuse(20, sagaId, payment->intentId + " charged " + charged + ", which nobody has approved");
    }
  }
}

// Nobody here fills a cart again after its purchase, unless an answer says so.
void Judge::judgeWants() {
  std::map<std::tuple<TenantId, UserId, CartId>, std::vector<std::string>> kept;
  for (const auto& [id, book] : books_.sagas) {
    const auto payments = books_.paymentsOf.find(id.value);
    if (payments == books_.paymentsOf.end() || isLeftToPeople(book)) continue;
    for (const Payment* payment : payments->second)
      if (payment->left() > 0)
        kept[{book.saga.tenantId, book.saga.userId, book.saga.cartId}].push_back(id.value);
  }
  for (const auto& [whose, sagas] : kept)
    if (sagas.size() > 1)
      accuse(19, sagas.back(),
             "the cart " + std::get<CartId>(whose).value + " was bought " + std::to_string(sagas.size()) +
                 " times, first in " + sagas.front());
}

void Judge::judgeReversals() {
  for (const Payment& payment : books_.payments) {
    const SagaBook* found = book(payment.sagaId);
    if (found == nullptr) continue;  // invariant 2
    std::int64_t known = 0;
    for (const RefundEntry& entry : found->refunds)
      if (entry.paymentIntentId == payment.intentId && isGivenBack(entry.status))
        known += entry.amount.amount;
    if (known != payment.refunded)
      accuse(21, payment.sagaId,
             "of " + payment.intentId + " Stripe gave back " + std::to_string(payment.refunded) +
                 ", the ledger says " + std::to_string(known));
    if (found->saga.status == SagaStatus::Completed &&
        found->saga.payment.paymentIntentId == payment.intentId)
      judgeOrderOf(payment, *found);
    const bool failed = payment.refundFailed && found->saga.status == SagaStatus::Completed;
    if ((payment.isDisputed || failed) && !found->isListed && !resolved_.contains(payment.sagaId))
      accuse(22, payment.sagaId,
             payment.intentId + (failed ? " has a refund that came back" : " is disputed") +
                 ", and operators are not told");
  }
}

void Judge::judgeOrderOf(const Payment& payment, const SagaBook& book) {
  if (!book.order) return;  // invariant 5
  const Order& order = *book.order;
  const auto& elsewhere = book.saga.payment.settledElsewhere;  // what an operator has given back by hand
  const std::int64_t settled = elsewhere ? elsewhere->amount : 0;
  if (settled != 0 && !resolved_.contains(payment.sagaId))
    accuse(21, payment.sagaId, std::to_string(settled) + " of it are taken as given back, which nobody said");
  const bool isWhole = payment.left() - settled <= 0;
  if ((order.status == OrderStatus::Refunded) != isWhole)
    accuse(21, payment.sagaId,
           "of its payment " + std::to_string(payment.left()) + " are left, its order is " +
               std::string(toString(order.status)));
  std::int64_t told = 0;  // of the order's own payment; those that were given up are no refunds of the order
  for (const OrderRefund& refund : order.refunds) told += refund.amount.amount;
  if (told != payment.refunded)
    accuse(
        21, payment.sagaId,
        "Stripe gave back " + std::to_string(payment.refunded) + ", its order says " + std::to_string(told));
  const auto mail = evidence_.folder / "store" / "outbox" / ("confirmation-" + order.id.value + ".eml");
  const std::string total = display({payment.received, order.totals.total.currency});
  if (std::filesystem::exists(mail) &&
      decoded(readFile(mail)).find("  Total     " + total) == std::string::npos)
    accuse(21, payment.sagaId, "it took " + total + ", its mail says something else");
}

}  // namespace checkout::chaos
