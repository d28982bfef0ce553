// The simulator's books against ours: payments, refunds, balances, stock, calls and deliveries.
#include <algorithm>

#include "chaos/books.hpp"

namespace checkout::chaos {
namespace {

// Nobody has to have cancelled where the time was over, or the wrong amount arrived.
bool endedByItself(const Saga& saga) {
  return saga.error &&
         (saga.error->code == ErrorCode::SagaTimeout || saga.error->code == ErrorCode::OrderServiceError);
}

}  // namespace

// Its money can't be given back without a person, who is told of it or says that it is settled.
bool Judge::isLeftToPeople(const SagaBook& book) const {
  const auto payments = books_.paymentsOf.find(book.saga.id.value);
  const bool needsPerson = payments != books_.paymentsOf.end() &&
                           std::any_of(payments->second.begin(), payments->second.end(),
                                       [](const Payment* payment) { return payment->needsPerson(); });
  return (needsPerson && book.isListed) || resolved_.contains(book.saga.id.value);
}

void Judge::judgePayments() {
  std::set<std::string> cancelled;  // sagas that somebody wanted ended
  for (const Purchase& purchase : evidence_.history.purchases())
    if (purchase.cancelAsked) cancelled.insert(purchase.sagaIds.begin(), purchase.sagaIds.end());

  for (const Payment& payment : books_.payments) {
    const std::string what =
        payment.intentId + " took " + std::to_string(payment.received) + " " + payment.currency;
    const SagaBook* found = book(payment.sagaId);
    if (payment.tenantId != payment.account.value)
      accuse(15, payment.sagaId, what + " at " + payment.account.value + " for " + payment.tenantId);
    if (found == nullptr) {
      accuse(2, payment.sagaId, what + " for a checkout that is not in the store");
      continue;
    }
    const Saga& saga = found->saga;
    const bool isKept =
        saga.status == SagaStatus::Completed && saga.payment.paymentIntentId == payment.intentId;
    const bool isBack = payment.refunded == payment.received;
    if (!isKept && !isBack && !isLeftToPeople(*found))
      accuse(payment.needsPerson() ? 22 : 2, payment.sagaId,
             what + ", " + std::to_string(payment.refunded) + " went back, and the checkout is " +
                 std::string(toString(saga.status)) +
                 (payment.needsPerson() ? ", and not listed as stuck" : ""));
    if (!isKept && isBack && !payment.merchantRefunded && saga.status != SagaStatus::Completed &&
        !cancelled.contains(payment.sagaId) && !endedByItself(saga))
      accuse(12, payment.sagaId, what + " and gave it back, though nobody cancelled");
    for (const std::string& refundId : payment.refundIds)
      if (std::none_of(found->refunds.begin(), found->refunds.end(),
                       [&](const RefundEntry& entry) { return entry.refundId == refundId; }))
        accuse(2, payment.sagaId, "the refund " + refundId + " is not in the store's ledger");
  }

  for (const auto& [sagaId, payments] : books_.paymentsOf) {
    const SagaBook* found = book(sagaId);
    const auto kept = std::count_if(payments.begin(), payments.end(), [](const Payment* payment) {
      return payment->left() > 0 && !payment->needsPerson();
    });
    const int runs = found == nullptr ? 1 : found->saga.attempt;
    if (kept > 1 || payments.size() > static_cast<std::size_t>(runs))
      accuse(1, sagaId,
             std::to_string(payments.size()) + " payments in " + std::to_string(runs) + " run(s), " +
                 std::to_string(kept) + " of them kept");
  }
  for (const Shop& shop : evidence_.shops) judgeBalance(shop);
}

void Judge::judgeBalance(const Shop& shop) {
  std::int64_t kept = 0, owed = 0;
  const Json totals = evidence_.ledgers.at(shop.tenant).value("totals", Json::object());
  for (const auto& [currency, sums] : totals.items()) {
    if (currency != shop.currency.code) accuse(3, "", shop.tenant.value + " took money in " + currency);
    kept += sums.value("captured", std::int64_t{0}) - sums.value("refunded", std::int64_t{0});
  }
  for (const Payment& payment : books_.payments) {
    const SagaBook* found = book(payment.sagaId);
    const bool isOwn = found != nullptr && found->saga.status == SagaStatus::Completed &&
                       found->saga.payment.paymentIntentId == payment.intentId;
    if (found != nullptr && payment.account == shop.tenant && !isOwn && isLeftToPeople(*found))
      owed += payment.left();
  }
  for (const auto& [id, book] : books_.sagas) {
    const Saga& saga = book.saga;
    if (saga.tenantId != shop.tenant || saga.status != SagaStatus::Completed) continue;
    owed += saga.totals.total.amount;
    for (const RefundEntry& refund : book.refunds)  // given back by the merchant, after the end
      if (refund.paymentIntentId == saga.payment.paymentIntentId && refund.status != "failed" &&
          refund.status != "canceled")
        owed -= refund.amount.amount;
  }
  if (kept != owed)
    accuse(3, "",
           shop.tenant.value + " kept " + std::to_string(kept) + " " + shop.currency.code +
               ", its completed checkouts come to " + std::to_string(owed));
}

void Judge::judgeStock() {
  for (const Shop& shop : evidence_.shops)
    for (const Goods& goods : shop.goods) {
      if (!goods.stock) continue;
      std::int64_t sold = 0, held = 0;
      bool isMoving = false;
      for (const auto& [id, book] : books_.sagas) {
        const Saga& saga = book.saga;
        if (saga.tenantId != shop.tenant) continue;
        isMoving |= saga.status == SagaStatus::InProgress || saga.status == SagaStatus::Compensating;
        for (const LineItem& item : saga.cart.items) {
          if (item.productId.value != goods.id) continue;
          if (saga.status == SagaStatus::Completed) sold += item.quantity;
          if (saga.status == SagaStatus::PaymentPending) held += item.quantity;
        }
      }
      std::optional<StockLevel> level;
      const auto read = evidence_.store.read([&](Transaction& tx) -> Result<void> {
        CHECKOUT_ASSIGN(found, tx.stock().find(shop.tenant, ProductId{goods.id}));
        level = found;
        return {};
      });
      if (!read.ok() || !level) {
        accuse(4, "", goods.id + " has no stock level");
        continue;
      }
      const bool isNegative = level->reserved < 0 || level->sold < 0 || level->free() < 0;
      if (level->initial != *goods.stock || isNegative || level->sold != sold ||
          (!isMoving && level->reserved != held))
        accuse(4, "",
               goods.id + ": initial " + std::to_string(level->initial) + ", reserved " +
                   std::to_string(level->reserved) + ", sold " + std::to_string(level->sold) +
                   "; the checkouts say " + std::to_string(*goods.stock) + ", " + std::to_string(held) +
                   ", " + std::to_string(sold));
    }
}

void Judge::judgeCalls() {
  std::map<std::string, TenantId> usedAt;
  for (const auto& [tenant, ledger] : evidence_.ledgers) {
    const auto read = evidence_.store.read([&, tenant = tenant,
                                            &keys = ledger](Transaction& tx) -> Result<void> {
      for (const Json& entry : keys.value("idempotency_keys", Json::array())) {
        const std::string key = memberText(entry, "key");
        if (entry.value("mismatches", 0) != 0)
          accuse(10, "", "the key " + key + " came with different bodies");
        if (!usedAt.emplace(key, tenant).second)
          accuse(10, "", "the key " + key + " was used in two accounts");
        CHECKOUT_ASSIGN(record, tx.calls().find(tenant, key));
        if (!record) {
          accuse(14, "",
                 "the call of " + memberText(entry, "path") + " with the key " + key + " was never planned");
          continue;
        }
        const GatewayCall& planned = record->call;
        if (planned.path != memberText(entry, "path") ||
            planned.bodyDigest != memberText(entry, "body_digest"))
          accuse(14, record->sagaId.value,
                 "the call of " + memberText(entry, "path") + " with the key " + key +
                     " is not what was planned");
      }
      return {};
    });
    if (!read.ok()) accuse(14, "", "the calls can't be read: " + read.error().message);
  }
}

void Judge::judgeDeliveries() {
  for (const auto& [tenant, ledger] : evidence_.ledgers) {
    std::set<std::string> seen;
    const auto read =
        evidence_.store.read([&, tenant = tenant, &books = ledger](Transaction& tx) -> Result<void> {
          for (const Json& delivery : books.value("webhook_deliveries", Json::array())) {
            const std::string eventId = memberText(delivery, "event");
            if (memberText(delivery, "state") != "delivered" || !seen.insert(eventId).second) continue;
            CHECKOUT_ASSIGN(event, tx.inbox().find(tenant, eventId));
            if (!event) {
              accuse(11, "",
                     "the webhook " + eventId + " (" + memberText(delivery, "type") +
                         ") was acknowledged and is gone");
              continue;
            }
            if (event->state != InboxEvent::State::Parked) continue;
            CHECKOUT_ASSIGN(saga, tx.sagas().findByPayment(tenant, event->objectId));
            if (saga)
              accuse(12, saga->value, "the webhook " + eventId + " (" + event->type + ") is parked for ever");
          }
          return {};
        });
    if (!read.ok()) accuse(11, "", "the inbox can't be read: " + read.error().message);
  }
}

}  // namespace checkout::chaos
