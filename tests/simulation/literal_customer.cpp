#include "simulation/literal_customer.hpp"

#include <algorithm>

#include "chaos/shopper.hpp"
#include "saga/next_action.hpp"

namespace checkout::simulation {
namespace {

using chaos::textAt;

constexpr int kMostCalls = 12;
// An agent that has to wait again waits longer.
constexpr Milliseconds kWaits[] = {Milliseconds{5'000}, Milliseconds{60'000}, Milliseconds{3'600'000},
                                   Milliseconds{30 * 3'600'000}};
constexpr int kTurnsOfAWait = 3;

}  // namespace

LiteralCustomer::LiteralCustomer(World& world, int number, int forgetPercent)
    : world_(world),
      shop_(world.shops[static_cast<std::size_t>(number) % world.shops.size()]),
      name_("literal-" + std::to_string(number)),
      forgetPercent_(forgetPercent) {}

void LiteralCustomer::begin() {
  const std::string number = name_ + "-" + std::to_string(++purchases_);
  const chaos::Goods& goods = world_.dice.oneOf(shop_.goods);
  const CartId cart{"cart-" + number};
  const auto filled = world_.anyWorker().store->write([&](Transaction& tx) {
    return tx.carts().save({shop_.tenant, cart, {{ProductId{goods.id}, 1}}, world_.clock.now()});
  });
  if (!filled.ok()) return;
  handle_ = world_.history.begin(shop_.tenant, UserId{name_}, "obeys literally");
  note([](chaos::Purchase& purchase) { purchase.isFreeOfKeys = true; });
  Json start = {{"cartId", cart.value}, {"email", name_ + "@example.com"}};
  if (world_.dice.chance(60)) start["paymentMethodId"] = "pm_card_visa";
  if (world_.dice.chance(50)) start["idempotencyKey"] = "key-" + number;
  agent_.emplace([this](const std::string& tool, const Json& arguments) { return call(tool, arguments); },
                 std::move(start), chaos::LiteralAgent::Character{[this] { return forgets(); }, goods.id});
}

bool LiteralCustomer::forgets() {
  const bool does = isDistracted_ && world_.dice.chance(forgetPercent_);
  if (does) note([](chaos::Purchase& purchase) { purchase.consent.forget(); });
  return does;
}

void LiteralCustomer::payAtPage() {
  const std::string session = textAt(agent_->answer(), "/payment/sessionId");
  if (session.empty()) return;
  (void)world_.stripe(shop_, "POST", "/_sandbox/checkout/sessions/" + session + "/pay",
                      {{"card", "4242424242424242"}});
}

// The agent's, and what the customer and the clock do before it.
void LiteralCustomer::act() {
  if (!agent_) begin();
  if (!agent_) return;
  if (agent_->isWaiting()) {
    if (world_.dice.chance(70)) payAtPage();
    world_.clock.advance(Milliseconds{1'500});
  }
  if (!agent_->step()) agent_.reset();
}

void LiteralCustomer::finish() {
  if (!agent_) return;
  isDistracted_ = false;
  agent_->countAnew();
  for (std::size_t waits = 0; agent_->calls() <= kMostCalls;) {
    if (agent_->isWaiting()) {
      payAtPage();
      const Milliseconds wait = kWaits[std::min<std::size_t>(waits++, std::size(kWaits) - 1)];
      for (int turn = 0; turn < kTurnsOfAWait; ++turn) world_.pass(wait / kTurnsOfAWait);
    }
    if (!agent_->step()) return;
  }
  world_.history.accuse(
      {19, textAt(agent_->answer(), "/sagaId"),
       "obeying nextAction goes on after 12 calls: " + agent_->answer().dump().substr(0, 400)});
}

Json LiteralCustomer::call(const std::string& tool, const Json& arguments) {
  const bool pays = arguments.contains("paymentMethodId") || tool == "checkout_retry" ||
                    tool == "postPaymentIntentsIntentConfirm";
  if (pays)
    note([&](chaos::Purchase& purchase) {
      purchase.retried |= tool == "checkout_retry";
      const bool names = tool == "checkout_pay";
      purchase.consent.charge(names ? std::optional(arguments["expectedTotal"]["amount"].get<std::int64_t>())
                                    : std::nullopt);
    });
  auto answer = callService(tool, arguments);
  Json content = answer.ok() ? std::move(*answer) : Json{{"error", toJson(answer.error())}};
  if (!answer.ok() && answer.error().code == ErrorCode::Internal)
    world_.history.accuse({24, "", tool + " fails: " + answer.error().message});
  note([&](chaos::Purchase& purchase) {
    if (!answer.ok()) purchase.consent.forget();
    purchase.consent.learn(content);
  });
  return content;
}

// A payment above the threshold that waits for the customer's approval gets it, mostly.
Result<Saga> LiteralCustomer::approved(const Result<Saga>& answer, bool pays,
                                       const std::function<Result<Saga>(saga::Approval)>& again) {
  if (!answer.ok() || !pays || !shop_.approvalThreshold) return answer;
  const Money total = answer->totals.total;
  const bool waits = answer->status == SagaStatus::Pending && total.amount > *shop_.approvalThreshold;
  if (!waits || (isDistracted_ && world_.dice.chance(30))) return answer;
  note([&](chaos::Purchase& purchase) {
    purchase.consent.approvals.emplace(answer->id.value, display(total));
    purchase.consent.totals.insert(total.amount);
  });
  return again(saga::Approval{answer->id, total, answer->cart.digest});
}

Result<Saga> LiteralCustomer::start(const Json& arguments) {
  saga::StartCheckout request;
  request.tenantId = shop_.tenant;
  request.userId = UserId{name_};
  request.cartId = CartId{textAt(arguments, "/cartId")};
  request.email = textAt(arguments, "/email");
  request.customerName = name_;
  request.shippingAddress = Address{name_, "Street 1", "", "Town", "Region", "10115", shop_.country, ""};
  if (arguments.contains("paymentMethodId")) request.paymentMethodId = textAt(arguments, "/paymentMethodId");
  if (arguments.contains("idempotencyKey")) request.idempotencyKey = textAt(arguments, "/idempotencyKey");
  saga::CheckoutService& service = *world_.anyWorker().service;
  return approved(service.start(request), request.paymentMethodId.has_value(),
                  [&](const saga::Approval& approval) {
                    request.approval = approval;
                    return service.start(request);
                  });
}

Result<Json> LiteralCustomer::addToCart(const Json& arguments) {
  CHECKOUT_TRY(world_.anyWorker().store->write([&](Transaction& tx) -> Result<void> {
    const CartId id{textAt(arguments, "/cartId")};
    CHECKOUT_ASSIGN(found, tx.carts().find(shop_.tenant, id));
    Cart cart = found.value_or(Cart{shop_.tenant, id, {}, {}});
    cart.items.push_back({ProductId{textAt(arguments, "/productId")}, 1});
    cart.updatedAt = world_.clock.now();
    return tx.carts().save(cart);
  }));
  return Json::object();
}

Result<Json> LiteralCustomer::callService(const std::string& tool, const Json& arguments) {
  saga::CheckoutService& service = *world_.anyWorker().service;
  const TenantId& tenant = shop_.tenant;
  const SagaId id{textAt(arguments, "/sagaId")};
  if (tool == "cart_add_item") return addToCart(arguments);
  if (tool == "postPaymentIntentsIntentConfirm") {
    CHECKOUT_ASSIGN(confirmed, service.confirmIntent(tenant, {textAt(arguments, "/intent"),
                                                              {{"payment_method", "pm_card_visa"}}}));
    return confirmed.nextAction ? Json{{"nextAction", toJson(*confirmed.nextAction)}} : Json::object();
  }
  const auto saga = [&]() -> Result<Saga> {
    if (tool == "checkout_start") return start(arguments);
    if (tool == "checkout_select_shipping") return service.selectShipping(tenant, id, "post", "express");
    if (tool == "checkout_create_payment_session") return service.createPaymentSession(tenant, id);
    if (tool == "checkout_cancel") return service.cancel(tenant, id, "as it was told");
    if (tool == "checkout_status") return service.status(tenant, id);
    if (tool == "checkout_retry") {
      const auto retried = service.retry(tenant, id);
      return approved(retried, retried.ok() && retried->paymentMethodId,
                      [&](const saga::Approval& approval) { return service.retry(tenant, id, approval); });
    }
    const Money total{arguments["expectedTotal"]["amount"].get<std::int64_t>(), shop_.currency};
    const std::string method = textAt(arguments, "/paymentMethodId");
    return approved(service.pay(tenant, id, {method, total, std::nullopt}), true,
                    [&](const saga::Approval& approval) {
                      return service.pay(tenant, id, {method, total, approval});
                    });
  }();
  if (!saga.ok()) return saga.error();
  world_.known.emplace(saga->tenantId, saga->id);
  note([&](chaos::Purchase& purchase) {
    purchase.sagaIds.insert(saga->id.value);
    purchase.seen.emplace(saga->id.value, std::string(toString(saga->status)), toIso8601(saga->updatedAt));
    purchase.lastStatus = toString(saga->status);
  });
  return saga::sagaView(*saga);
}

}  // namespace checkout::simulation
