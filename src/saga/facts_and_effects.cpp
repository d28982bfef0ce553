// The executor's reading and writing: what a decision is based on, and what it does to the store.
#include "base/trace.hpp"
#include "saga/executor.hpp"
#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

Result<void> readStock(Transaction& tx, const TenantId& tenant, const ProductId& product, Facts& facts) {
  if (facts.stock.contains(product)) return {};
  CHECKOUT_ASSIGN(level, tx.stock().find(tenant, product));
  if (level) facts.stock.emplace(product, *level);
  return {};
}

struct Apply {
  Transaction& tx;
  const Saga& saga;
  TimePoint now;

  Result<void> operator()(const HoldStock& hold) {
    return tx.stock().hold(saga.tenantId, saga.id, hold.productId, hold.quantity);
  }
  Result<void> operator()(const ReleaseStock&) { return tx.stock().releaseAll(saga.tenantId, saga.id); }
  Result<void> operator()(const SellStock&) { return tx.stock().sellAll(saga.tenantId, saga.id); }
  Result<void> operator()(const RestockStock&) { return tx.stock().restockAll(saga.tenantId, saga.id); }
  Result<void> operator()(const LinkPayment& link) {
    return tx.sagas().linkPayment(saga.tenantId, link.objectId, saga.id);
  }
  Result<void> operator()(const SaveCustomer& customer) {
    return tx.customers().save(saga.tenantId, saga.userId, customer.record);
  }
  Result<void> operator()(const FinishCall& call) {
    return tx.calls().finish(saga.tenantId, call.idempotencyKey, call.state, call.result, now);
  }
  Result<void> operator()(const Order& order) { return tx.orders().save(order); }
  Result<void> operator()(const Cart& cart) { return tx.carts().save(cart); }
  Result<void> operator()(const OutboxMessage& message) { return tx.outbox().put(message); }
  Result<void> operator()(const RefundEntry& refund) {
    auto stored = tx.ledger().putRefund(refund);
    return stored.ok() ? Result<void>{} : std::move(stored).error();
  }
  Result<void> operator()(const DisputeEntry& dispute) {
    auto stored = tx.ledger().putDispute(dispute);
    return stored.ok() ? Result<void>{} : std::move(stored).error();
  }
  Result<void> operator()(const InboxEffect& inbox) {
    if (inbox.isStored)
      return tx.inbox().setState(inbox.event.tenantId, inbox.event.eventId, inbox.event.state);
    auto stored = tx.inbox().insert(inbox.event);
    return stored.ok() ? Result<void>{} : std::move(stored).error();
  }
};

}  // namespace

Result<Facts> readFacts(Transaction& tx, const Saga& saga) {
  Facts facts;
  const bool mayMove = saga.status == SagaStatus::InProgress || saga.status == SagaStatus::Failed ||
                       saga.status == SagaStatus::Compensated || saga.status == SagaStatus::Compensating;
  if (mayMove) {  // towards a step that reads the cart or the stock, or to a retry
    CHECKOUT_ASSIGN(cart, tx.carts().find(saga.tenantId, saga.cartId));
    facts.cart = std::move(cart);
    for (const LineItem& item : saga.cart.items)
      CHECKOUT_TRY(readStock(tx, saga.tenantId, item.productId, facts));
    if (facts.cart)
      for (const CartItem& item : facts.cart->items)
        CHECKOUT_TRY(readStock(tx, saga.tenantId, item.productId, facts));
  }
  if (saga.status == SagaStatus::InProgress && !saga.userId.empty()) {
    CHECKOUT_ASSIGN(customer, tx.customers().find(saga.tenantId, saga.userId));
    facts.customer = std::move(customer);
  }
  if (isTerminal(saga.status) && saga.status != SagaStatus::Completed) {
    CHECKOUT_ASSIGN(live, tx.sagas().findLive(saga.tenantId, saga.cartId));
    if (live && live->id != saga.id) facts.rival = std::move(live);
    CHECKOUT_ASSIGN(last, tx.sagas().findLastPurchase(saga.tenantId, saga.cartId));
    facts.lastPurchase = std::move(last);
  }
  if (saga.orderId) {
    CHECKOUT_ASSIGN(order, tx.orders().find(saga.tenantId, *saga.orderId));
    facts.order = std::move(order);
  } else {
    facts.freshOrderId = newOrderId();
  }
  if (saga.payment.attempt > 0) {
    CHECKOUT_ASSIGN(refunds, tx.ledger().refundsOf(saga.tenantId, saga.id));
    facts.refunds = std::move(refunds);
    CHECKOUT_ASSIGN(disputes, tx.ledger().disputesOf(saga.tenantId, saga.id));
    facts.disputes = std::move(disputes);
  }
  for (const std::string& object : paymentObjects(saga.payment)) {
    CHECKOUT_ASSIGN(parked, tx.inbox().parkedFor(saga.tenantId, object));
    facts.parked.insert(facts.parked.end(), parked.begin(), parked.end());
  }
  return facts;
}

Result<void> applyEffect(Transaction& tx, const Saga& saga, TimePoint now, const Effect& effect) {
  return std::visit(Apply{tx, saga, now}, effect);
}

Json traceOfThisThread() {
  Json trace = Json::object();
  if (!currentTraceparent().empty()) trace["traceparent"] = currentTraceparent();
  return trace;
}

}  // namespace checkout::saga
