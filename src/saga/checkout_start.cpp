// CheckoutService for agents: how a checkout begins. decideStart() is as pure as the machine.
#include <algorithm>

#include "base/digest.hpp"
#include "domain/cart_snapshot.hpp"
#include "saga/next_action.hpp"
#include "saga/policy.hpp"
#include "saga/service_impl.hpp"
#include "saga/steps.hpp"
#include "saga/wake_ups.hpp"

namespace checkout::saga {
namespace {

// What starting depends on, read in the transaction that stores the new checkout.
struct StartFacts {
  Facts facts;                             // cart and stock
  std::optional<IdempotencyRecord> known;  // the request's key
  std::optional<Saga> knownSaga;           // the checkout that it belongs to
  std::optional<Saga> live;                // the cart's live checkout
};

struct Start {
  enum class Use {
    New,
    Existing,
    Supersede,  // an unpaid earlier checkout of this cart has to make way first
  };
  Use use = Use::New;
  Saga saga;
};

std::string argumentDigest(const StartCheckout& request) {
  const auto address = [](const std::optional<Address>& given) { return given ? toJson(*given) : Json(); };
  return sha256Hex(Json({request.userId.value, request.cartId.value, request.email, request.customerName,
                         address(request.shippingAddress), address(request.billingAddress),
                         request.paymentMethodId.value_or("")})
                       .dump());
}

Saga newSaga(const StartCheckout& request, TimePoint now) {
  Saga saga;
  saga.tenantId = request.tenantId;
  saga.id = newSagaId();
  saga.userId = request.userId;
  saga.cartId = request.cartId;
  saga.definition = kDefinition;
  saga.version = 1;
  saga.email = request.email;
  saga.customerName = request.customerName;
  saga.shippingAddress = request.shippingAddress;
  if (saga.shippingAddress && saga.shippingAddress->name.empty())
    saga.shippingAddress->name = request.customerName;
  saga.billingAddress = request.billingAddress;
  saga.paymentMethodId = request.paymentMethodId;
  saga.createdAt = saga.updatedAt = saga.movedAt = now;
  return saga;
}

bool hasContents(const Saga& saga, const std::optional<Cart>& cart) {
  return cart && std::ranges::equal(cart->items, saga.cart.items, [](const CartItem& a, const LineItem& b) {
           return a.productId == b.productId && a.quantity == b.quantity;
         });
}

// The payment method is none of it: the same purchase may be paid in another way.
bool isSamePurchase(const Saga& a, const Saga& b) {
  return a.cart.digest == b.cart.digest && a.email == b.email && a.customerName == b.customerName &&
         a.shippingAddress == b.shippingAddress && a.billingAddress == b.billingAddress;
}

Error keyConflict(const std::string& key, const Saga& earlier, const std::string& difference) {
  Error error(ErrorCode::IdempotencyConflict,
              "idempotencyKey \"" + key + "\" belongs to checkout " + earlier.id.value + ", " + difference +
                  " A key is for one purchase: use a new one for a new purchase.",
              {{"checkout", checkoutDetails(earlier)}});
  if (earlier.status == SagaStatus::Completed)
    return std::move(error).withNext(NextActionType::None,
                                     "That purchase is paid and confirmed. Start another one, with a new "
                                     "idempotencyKey, only if the customer wants more.");
  return std::move(error).withNext(
      NextActionType::Retry,
      "Call checkout_status with that sagaId to see where it stands, or checkout_start "
      "with a new idempotencyKey for what is in the cart now.");
}

Error someoneElses(const CartId& cart) {
  return Error(ErrorCode::InvalidState,
               "Cart \"" + cart.value +
                   "\" is being paid for in a checkout that was started with another userId.")
      .withNext(NextActionType::None,
                "Nothing was started. Call checkout_start with the userId that the first call for this cart "
                "had; a customer keeps "
                "theirs. For another customer fill a cart with another cartId.");
}

Error stillEnding(const Saga& live) {
  const bool onItsWay = live.payment.state == PaymentState::Processing;
  return Error(ErrorCode::InvalidState,
               "Cart \"" + live.cartId.value + "\" belongs to checkout " + live.id.value +
                   ", which is being cancelled" +
                   (onItsWay ? ": its payment is on its way, can't be stopped, and goes back once it has "
                               "arrived, which may take days."
                             : "."),
               {{"sagaId", live.id.value}, {"status", toString(live.status)}})
      .withNext(NextActionType::Wait,
                "Call checkout_status with sagaId " + live.id.value +
                    " until it has ended, then repeat this call. For a customer who can't wait fill another "
                    "cart, with a cartId of its own.");
}

// Two customers may come upon the same key.
std::string scopedKey(const StartCheckout& request) {
  return request.userId.value + "/" + *request.idempotencyKey;
}

Result<Start> knownKey(const StartCheckout& request, const StartFacts& facts) {
  const std::string& key = *request.idempotencyKey;
  if (!facts.knownSaga)
    return Error(ErrorCode::Internal, "an idempotency key names a checkout that is missing");
  const Saga& earlier = *facts.knownSaga;
  if (facts.known->argumentDigest != argumentDigest(request))
    return keyConflict(key, earlier, "which was started with other arguments.");
  const std::optional<Cart>& cart = facts.facts.cart;
  const bool isEmpty = !cart || cart->items.empty();
  const bool isOver = isTerminal(earlier.status);
  if (earlier.status == SagaStatus::Completed && !isEmpty)
    return keyConflict(key, earlier, "which is paid. What is in the cart now is not part of it.");
  const auto& last = facts.facts.lastPurchase;
  if (isEmpty && isOver && last && last->id != earlier.id)  // ended, and then bought in another checkout
    return boughtAlready(Error(ErrorCode::CartEmpty, ""), *last, request.userId);
  if (!hasContents(earlier, cart) && !(isOver && isEmpty))
    return keyConflict(key, earlier, "and the cart has changed since.");
  return Start{Start::Use::Existing, earlier};
}

Result<Start> decideStart(const StartCheckout& request, const StartFacts& facts, const Setting& setting,
                          const std::optional<ShippingSelection>& preferred) {
  if (facts.known) return knownKey(request, facts);
  if (facts.live && facts.live->userId != request.userId) return someoneElses(request.cartId);
  Saga saga = newSaga(request, setting.now);
  if (facts.live &&
      facts.facts.cart) {  // before stock is checked: the live checkout may hold the last pieces
    auto snapshot = domain::freezeCart(setting.tenant, *facts.facts.cart);
    if (snapshot.ok()) saga.cart = std::move(*snapshot);
    if (snapshot.ok() && isSamePurchase(*facts.live, saga)) return Start{Start::Use::Existing, *facts.live};
  }
  const auto valid = validateCart(saga, facts.facts, setting.tenant, preferred);
  if (!valid.ok()) return valid.error();
  if (!facts.live) return Start{Start::Use::New, std::move(saga)};
  const Saga& live = *facts.live;
  if (live.status == SagaStatus::Pending) return Start{Start::Use::Supersede, live};
  if (live.status == SagaStatus::Compensating) return stillEnding(live);
  return Error(ErrorCode::InvalidState,
               "Cart \"" + request.cartId.value + "\" is already being paid for in checkout " +
                   live.id.value + " with other contents or details.",
               {{"sagaId", live.id.value}, {"status", toString(live.status)}})
      .withNext(NextActionType::Retry,
                "If the customer wants what is in the cart now, call checkout_cancel with sagaId " +
                    live.id.value + " and then repeat this call. If they want what that checkout has, " +
                    "checkout_status shows how to go on with it.");
}

Result<StartFacts> readStartFacts(Transaction& tx, const StartCheckout& request) {
  StartFacts read;
  if (request.idempotencyKey) {
    CHECKOUT_ASSIGN(known, tx.sagas().findIdempotency(request.tenantId, scopedKey(request)));
    read.known = std::move(known);
  }
  if (read.known) {
    CHECKOUT_ASSIGN(earlier, tx.sagas().find(request.tenantId, read.known->sagaId));
    read.knownSaga = std::move(earlier);
  }
  CHECKOUT_ASSIGN(cart, tx.carts().find(request.tenantId, request.cartId));
  if (!cart || cart->items.empty()) {
    CHECKOUT_ASSIGN(last, tx.sagas().findLastPurchase(request.tenantId, request.cartId));
    read.facts.lastPurchase = std::move(last);
  } else {
    for (const CartItem& item : cart->items) {
      CHECKOUT_ASSIGN(level, tx.stock().find(request.tenantId, item.productId));
      if (level) read.facts.stock.emplace(item.productId, *level);
    }
  }
  read.facts.cart = std::move(cart);
  CHECKOUT_ASSIGN(live, tx.sagas().findLive(request.tenantId, request.cartId));
  read.live = std::move(live);
  return read;
}

Result<void> storeNew(Transaction& tx, const Saga& saga, const Json& trace) {
  SagaEvent event;
  event.sequence = 1;
  event.type = toString(HistoryType::Started);
  event.actor = toString(Actor{ActorKind::Agent, {}});
  event.data = {{"total", toJson(saga.totals.total)}, {"cartDigest", saga.cart.digest}};
  event.data.update(trace);
  event.at = saga.createdAt;
  CHECKOUT_TRY(tx.sagas().insert(saga, event));
  return tx.timers().set({saga.tenantId, saga.id, TimerKind::Resume,
                          resumeAt(saga, false, saga.createdAt).value_or(saga.createdAt)});
}

}  // namespace

Result<Saga> CheckoutService::start(const StartCheckout& request) {
  CHECKOUT_ASSIGN(tenant, impl_->sellingTenant(request.tenantId));
  const Json trace = traceOfThisThread();
  std::optional<ShippingSelection> preferred;
  std::optional<Money> shownTotal;
  bool wasUnagreed = false;
  const auto attempt = [&](Transaction& tx) -> Result<Start> {
    const Setting setting = impl_->executor.setting(*tenant);
    CHECKOUT_ASSIGN(facts, readStartFacts(tx, request));
    CHECKOUT_ASSIGN(start, decideStart(request, facts, setting, preferred));
    if (start.use == Start::Use::Supersede) return start;
    if (start.use == Start::Use::New) {
      // An answer has shown another total for this purchase: this one needs another consent.
      start.saga.isUnagreed = wasUnagreed || (shownTotal && *shownTotal != start.saga.totals.total);
      CHECKOUT_TRY(storeNew(tx, start.saga, trace));
    }
    if (request.idempotencyKey && !facts.known)
      CHECKOUT_TRY(tx.sagas().putIdempotency(request.tenantId,
                                             {scopedKey(request), argumentDigest(request), start.saga.id}));
    return start;
  };

  CHECKOUT_ASSIGN(start, writeFor<Start>(impl_->store, attempt));
  if (start.use == Start::Use::Supersede) {
    const Saga& earlier = start.saga;
    shownTotal = earlier.totals.total;
    wasUnagreed = earlier.isUnagreed;
    if (earlier.shippingChosen) preferred = earlier.shipping;
    CHECKOUT_ASSIGN(old, cancel(request.tenantId, earlier.id, kReplacedByNewCheckout));
    if (!isTerminal(old.status)) return invalidState(old, "be replaced by a new one");
    CHECKOUT_ASSIGN(second, writeFor<Start>(impl_->store, attempt));
    if (second.use == Start::Use::Supersede)
      return invalidState(second.saga, "be replaced while it is being changed; call again");
    start = second;
  }
  const Saga& saga = start.saga;
  if (start.use == Start::Use::New)
    impl_->changes.publish({saga.tenantId, saga.id, saga.version, saga.status});
  // Also on a repeated call: the first one may have died between the two halves.
  if (saga.status != SagaStatus::Pending || !request.paymentMethodId) return saga;
  return impl_->payDirectly(*tenant, saga.id,
                            {request.paymentMethodId, request.expectedTotal, request.approval});
}

}  // namespace checkout::saga
