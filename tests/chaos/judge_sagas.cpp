// Each saga by itself: its history, its order, and what the clients were told about it.
#include <algorithm>

#include "chaos/books.hpp"
#include "domain/transitions.hpp"
#include "store/event_chain.hpp"

namespace checkout::chaos {
namespace {

const Shop* shopOf(const Evidence& evidence, const TenantId& tenant) {
  const auto found = std::find_if(evidence.shops.begin(), evidence.shops.end(),
                                  [&](const Shop& shop) { return shop.tenant == tenant; });
  return found == evidence.shops.end() ? nullptr : &*found;
}

std::string name(SagaStatus status) {
  return std::string(toString(status));
}

std::string money(const Money& amount) {
  return std::to_string(amount.amount) + " " + amount.currency.code;
}

bool sameItems(const std::vector<LineItem>& a, const std::vector<LineItem>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const LineItem& one, const LineItem& other) {
    return one.productId == other.productId && one.quantity == other.quantity &&
           one.unitPrice == other.unitPrice && one.lineTotal == other.lineTotal;
  });
}

// A retry, or a late payment that is honoured, begins the steps anew.
bool beginsRun(const SagaEvent& event) {
  return isTerminal(event.from) && !isTerminal(event.to);
}

}  // namespace

void Judge::judgeSagas() {
  for (const auto& [id, book] : books_.sagas) {
    judgeHistory(book);
    judgeOrder(book);
    const SagaStatus status = book.saga.status;
    if (!isTerminal(status) && status != SagaStatus::Pending && !isLeftToPeople(book))
      accuse(16, id.value,
             "it is still " + name(status) + ", its payment " +
                 std::string(toString(book.saga.payment.state)) +
                 (book.saga.call ? ", an outcome unknown" : ""));
  }
}

void Judge::judgeHistory(const SagaBook& book) {
  const Saga& saga = book.saga;
  const std::string& id = saga.id.value;
  const Shop* shop = shopOf(evidence_, saga.tenantId);
  if (static_cast<std::int64_t>(book.events.size()) != saga.version)
    accuse(
        8, id,
        "version " + std::to_string(saga.version) + " but " + std::to_string(book.events.size()) + " events");

  std::string previousHash;
  std::set<std::string> stepsOfRun, paidIntents, webhooks;
  for (std::size_t i = 0; i < book.events.size(); ++i) {
    const SagaEvent& event = book.events[i];
    const std::string which = "event " + std::to_string(i + 1) + " (" + event.type + ")";
    if (event.sequence != static_cast<std::int64_t>(i) + 1)
      accuse(8, id, which + " has the number " + std::to_string(event.sequence));
    if (i > 0 && event.from != book.events[i - 1].to)
      accuse(8, id,
             which + " starts from " + name(event.from) + ", the one before ended in " +
                 name(book.events[i - 1].to));
    if (!domain::isLegalTransition(event.from, event.to))
      accuse(8, id, which + " goes from " + name(event.from) + " to " + name(event.to));
    if (beginsRun(event) && event.to == SagaStatus::Pending && event.type != "retried")
      accuse(8, id, which + " leaves a terminal state without a retry");
    if (beginsRun(event) && event.to == SagaStatus::InProgress &&
        (shop == nullptr || shop->latePayment != LatePaymentPolicy::Honour))
      accuse(8, id, which + " honours a late payment against the shop's policy");
    if (event.previousHash != previousHash || event.hash != store::eventHash(saga.tenantId, saga.id, event))
      accuse(8, id, which + " breaks the hash chain");
    previousHash = event.hash;
    if (i > 0 && event.at < book.events[i - 1].at) accuse(9, id, which + " is older than the one before it");

    if (beginsRun(event)) stepsOfRun.clear();
    const bool completesStep = event.type == "step_completed" || event.type == "completed";
    if (completesStep && !stepsOfRun.insert(memberText(event.data, "step")).second)
      accuse(9, id, which + ": the step " + memberText(event.data, "step") + " was completed twice");
    const std::string webhook = memberText(event.data, "eventId");
    if (!webhook.empty() && !webhooks.insert(webhook).second)
      accuse(11, id, which + ": the webhook " + webhook + " took effect twice");
    if (event.type == "payment_paid" && !paidIntents.insert(memberText(event.data, "paymentIntentId")).second)
      accuse(11, id, which + ": the same payment took effect twice");
  }
  if (!book.events.empty() && book.events.back().to != saga.status)
    accuse(8, id, "it is " + name(saga.status) + ", its last event ended in " + name(book.events.back().to));
}

void Judge::judgeOrder(const SagaBook& book) {
  const Saga& saga = book.saga;
  const std::string& id = saga.id.value;
  const Shop* shop = shopOf(evidence_, saga.tenantId);
  if (shop == nullptr) return accuse(15, id, "it belongs to no shop of this run: " + saga.tenantId.value);
  if (saga.status != SagaStatus::Completed) {
    const bool isOver = saga.status == SagaStatus::Compensated || saga.status == SagaStatus::Failed;
    if (isOver && book.order && book.order->status != OrderStatus::Cancelled &&
        book.order->status != OrderStatus::Refunded)
      accuse(13, id,
             "it is " + name(saga.status) + ", its order " + std::string(toString(book.order->status)));
    return;
  }

  if (!book.order) return accuse(5, id, "it is completed without an order");
  const Order& order = *book.order;
  const bool givenBack = !book.refunds.empty() && order.status == OrderStatus::Refunded;
  if (order.status != OrderStatus::Confirmed && !givenBack)
    accuse(5, id, "it is completed, its order " + std::string(toString(order.status)));
  if (order.totals.total != saga.totals.total || !sameItems(order.items, saga.cart.items) ||
      order.sagaId != saga.id)
    accuse(5, id, "the order differs from the checkout");
  if (saga.totals.total.currency != shop->currency)
    accuse(5, id, "its currency is " + saga.totals.total.currency.code);

  std::int64_t subtotal = 0;
  for (const LineItem& item : order.items) {
    const Goods* goods = shop->find(item.productId);
    if (goods == nullptr || item.unitPrice.amount != goods->price)
      accuse(5, id, item.productId.value + " was sold for " + money(item.unitPrice));
    if (item.lineTotal.amount != item.unitPrice.amount * item.quantity)
      accuse(5, id, "a line's total is " + money(item.lineTotal));
    subtotal += item.lineTotal.amount;
  }
  const Totals& totals = order.totals;
  if (totals.subtotal.amount != subtotal ||
      totals.total.amount != subtotal + totals.shipping.amount + totals.tax.amount - totals.discount.amount)
    accuse(5, id, "the totals do not add up");
  const auto& first = book.events.front();
  if (saga.attempt == 1 && memberText(first.data, "cartDigest") != saga.cart.digest)
    accuse(5, id, "the cart is not the one that was frozen");

  if (!saga.payment.amountPaid || *saga.payment.amountPaid != saga.totals.total)
    accuse(5, id,
           "it took " + (saga.payment.amountPaid ? money(*saga.payment.amountPaid) : "nothing") + " for " +
               money(saga.totals.total));
  const auto paid = std::find_if(books_.payments.begin(), books_.payments.end(), [&](const Payment& payment) {
    return payment.intentId == saga.payment.paymentIntentId;
  });
  if (paid == books_.payments.end())
    accuse(5, id, "it is completed, but the simulator knows no payment");
  else if (paid->received != saga.totals.total.amount || paid->currency != saga.totals.total.currency.code ||
           paid->account != saga.tenantId || paid->sagaId != id)
    accuse(5, id,
           "the simulator took " + std::to_string(paid->received) + " " + paid->currency + " at " +
               paid->account.value + " for " + paid->sagaId);
  if (!std::filesystem::exists(evidence_.folder / "store" / "outbox" /
                               ("confirmation-" + order.id.value + ".eml")))
    accuse(6, id, "no confirmation was mailed");
}

void Judge::judgeClients() {
  for (const Purchase& purchase : evidence_.history.purchases()) judgePurchase(purchase);
  judgeCarts();
}

void Judge::judgePurchase(const Purchase& purchase) {
  const Shop* shop = shopOf(evidence_, purchase.tenant);
  if (!purchase.isFreeOfKeys && purchase.sagaIds.size() > purchase.keys.size())
    accuse(7, *purchase.sagaIds.begin(),
           std::to_string(purchase.keys.size()) + " keys were answered with " +
               std::to_string(purchase.sagaIds.size()) + " checkouts");
  for (const std::string& key : purchase.keys) {
    std::optional<IdempotencyRecord> record;
    const auto read = evidence_.store.read([&](Transaction& tx) -> Result<void> {
      CHECKOUT_ASSIGN(found, tx.sagas().findIdempotency(purchase.tenant, purchase.user.value + "/" + key));
      record = std::move(found);
      return {};
    });
    if (!read.ok()) accuse(6, "", "the key " + key + " can't be read: " + read.error().message);
    if (purchase.isFreeOfKeys) continue;
    for (const std::string& sagaId : purchase.sagaIds)
      if (!record || record->sagaId.value != sagaId)
        accuse(7, sagaId, "its key " + key + " belongs to " + (record ? record->sagaId.value : "nothing"));
  }

  for (const std::string& sagaId : purchase.sagaIds) {
    const SagaBook* found = book(sagaId);
    if (found == nullptr) {
      accuse(6, sagaId, "it was acknowledged, but is not in the store");
      continue;
    }
    std::set<Sighting> stored;
    for (const SagaEvent& event : found->events) stored.emplace(sagaId, name(event.to), toIso8601(event.at));
    bool wasCompleted = false;
    for (const Sighting& sighting : purchase.seen) {
      const auto& [seenId, status, updatedAt] = sighting;
      if (seenId != sagaId) continue;
      wasCompleted |= status == "completed";
      if (!stored.contains(sighting))
        accuse(6, sagaId, "the status " + status + " of " + updatedAt + " was answered, and is gone");
    }
    const SagaStatus end = found->saga.status;
    if (wasCompleted && end != SagaStatus::Completed)
      accuse(13, sagaId, "it was answered as completed and is " + name(end));
    const bool mayRevive =
        purchase.retried || (shop != nullptr && shop->latePayment == LatePaymentPolicy::Honour);
    if (purchase.cancelAnswered && end == SagaStatus::Completed && !mayRevive)
      accuse(13, sagaId, "its cancellation was confirmed, and it is completed");
    for (const auto& [orderedIn, orderId] : purchase.orderIds)
      if (orderedIn == sagaId && (!found->order || found->order->id.value != orderId))
        accuse(6, sagaId, "its order " + orderId + " was answered, and is gone");
  }
}

void Judge::judgeCarts() {
  for (const CartMemory& memory : evidence_.history.carts()) {
    std::int64_t there = 0;
    const auto read = evidence_.store.read([&](Transaction& tx) -> Result<void> {
      CHECKOUT_ASSIGN(cart, tx.carts().find(memory.tenant, memory.cart));
      if (cart)
        for (const CartItem& item : cart->items)
          if (item.productId == memory.product) there += item.quantity;
      return {};
    });
    if (!read.ok())
      accuse(6, "", "the cart " + memory.cart.value + " can't be read: " + read.error().message);
    if (there < memory.acknowledged || there > memory.acknowledged + memory.unanswered)
      accuse(6, "",
             "the cart " + memory.cart.value + " holds " + std::to_string(there) + " pieces; " +
                 std::to_string(memory.acknowledged) + " were acknowledged, " +
                 std::to_string(memory.unanswered) + " were not");
  }
}

}  // namespace checkout::chaos
