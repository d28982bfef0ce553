#include "simulation/story.hpp"

#include <algorithm>

#include "chaos/merchant.hpp"
#include "chaos/shopper.hpp"
#include "simulation/literal_customer.hpp"

namespace checkout::simulation {
namespace {

constexpr int kCustomers = 5;
constexpr int kForgetPercent[] = {0, 35};  // of the literal customers

class Customer {
 public:
  Customer(World& world, int number)
      : world_(world),
        shop_(world.shops[static_cast<std::size_t>(number) % world.shops.size()]),
        name_("customer-" + std::to_string(number)) {}

  void act();

 private:
  struct Order {
    chaos::History::Handle handle = 0;
    CartId cart;
    saga::StartCheckout request;
    std::optional<SagaId> saga;
  };

  saga::CheckoutService& service() { return *world_.anyWorker().service; }
  const TenantId& tenant() const { return shop_.tenant; }
  template <class Change>
  void note(const Change& change) {
    world_.history.note(order_->handle, change);
  }
  std::optional<Saga> learn(Result<Saga> answer);
  void charges(std::optional<std::int64_t> expected = std::nullopt);
  std::optional<saga::Approval> approve(const Saga& saga, const Money& total);
  void beginOrder();
  void start();
  void startWith(saga::StartCheckout request);
  void startToPay();
  void payShown();
  void startOtherwise();
  void openPage();
  void pay();
  void confirm();
  void cancel();
  void selectShipping();
  void ask();
  void retry();
  void spy();
  void askForMoneyBack();

  World& world_;
  const chaos::Shop& shop_;
  const std::string name_;
  std::optional<Order> order_;
  std::optional<Saga> last_;  // as last answered
  int orders_ = 0;
};

std::optional<Saga> Customer::learn(Result<Saga> answer) {
  if (!answer.ok()) {
    if (answer.error().code == ErrorCode::Internal)
      world_.history.accuse({24, "", "an internal error: " + answer.error().message});
    note([&](chaos::Purchase& purchase) {
      purchase.consent.forget();
      purchase.consent.learn({{"error", toJson(answer.error())}});
    });
    const Json& details = answer.error().details;
    if (details.is_object() && details.contains("sagaId") && !order_->saga)
      order_->saga = SagaId{details["sagaId"].get<std::string>()};
    return std::nullopt;
  }
  const Saga saga = *answer;
  order_->saga = saga.id;
  world_.known.emplace(saga.tenantId, saga.id);
  last_ = saga;
  note([&](chaos::Purchase& purchase) {
    purchase.consent.learn(saga::sagaView(saga));
    purchase.sagaIds.insert(saga.id.value);
    purchase.seen.emplace(saga.id.value, std::string(toString(saga.status)), toIso8601(saga.updatedAt));
    purchase.lastStatus = toString(saga.status);
    if (saga.status == SagaStatus::Completed && saga.orderId)
      purchase.orderIds.emplace(saga.id.value, saga.orderId->value);
  });
  return saga;
}

// A call leaves that may charge without a page.
void Customer::charges(std::optional<std::int64_t> expected) {
  note([&](chaos::Purchase& purchase) { purchase.consent.charge(expected); });
}

// nullopt: the customer was not asked, or does not want to.
std::optional<saga::Approval> Customer::approve(const Saga& saga, const Money& total) {
  if (!shop_.approvalThreshold || total.amount <= *shop_.approvalThreshold || world_.dice.chance(25))
    return {};
  note([&](chaos::Purchase& purchase) { purchase.consent.approvals.emplace(saga.id.value, display(total)); });
  return saga::Approval{saga.id, total, saga.cart.digest};
}

void Customer::beginOrder() {
  const std::string number = name_ + "-" + std::to_string(++orders_);
  order_ = Order{world_.history.begin(tenant(), UserId{name_}, "story"), CartId{"cart-" + number}, {}, {}};
  last_.reset();
  Cart cart{tenant(), order_->cart, {}, world_.clock.now()};
  const auto& goods = world_.dice.oneOf(shop_.goods);
  cart.items.push_back({ProductId{goods.id}, 1 + world_.dice.below(3)});
  Worker& worker = world_.anyWorker();
  if (!worker.store->write([&](Transaction& tx) { return tx.carts().save(cart); }).ok())
    return order_.reset();

  saga::StartCheckout& request = order_->request;
  request.tenantId = tenant();
  request.userId = UserId{name_};
  request.cartId = order_->cart;
  request.email = name_ + "@example.com";
  request.customerName = name_;
  request.shippingAddress = Address{name_, "Street 1", "", "Town", "Region", "10115", shop_.country, ""};
  if (world_.dice.chance(50))
    request.paymentMethodId = world_.dice.chance(60)   ? "pm_card_visa"
                              : world_.dice.chance(80) ? "pm_card_chargeDeclined"
                                                       : "pm_card_refundFail";
  request.idempotencyKey = "key-" + number;
  note([&](chaos::Purchase& purchase) { purchase.keys.insert(*request.idempotencyKey); });
}

void Customer::startWith(saga::StartCheckout request) {
  if (request.paymentMethodId) charges();
  const auto saga = learn(service().start(request));
  if (!saga || !request.paymentMethodId || saga->status != SagaStatus::Pending) return;
  request.approval = approve(*saga, saga->totals.total);
  if (!request.approval) return;
  if (world_.dice.chance(50)) selectShipping();  // between the approval and the payment
  charges();
  (void)learn(service().start(request));
}

void Customer::start() {
  startWith(order_->request);
  if (world_.dice.chance(30)) startWith(order_->request);
}

// The same purchase, now with a stored method; a key would stand for what it was first used for.
void Customer::startToPay() {
  if (!last_ || last_->status != SagaStatus::Pending) return;
  if (world_.dice.chance(75)) selectShipping();
  note([](chaos::Purchase& purchase) { purchase.isFreeOfKeys = true; });
  saga::StartCheckout request = order_->request;
  request.idempotencyKey.reset();
  request.paymentMethodId = "pm_card_visa";
  if (world_.dice.chance(50)) request.customerName += " the Younger";  // which makes it another checkout
  startWith(std::move(request));
}

// What the last answer has shown.
void Customer::payShown() {
  if (!last_ || isTerminal(last_->status)) return;
  const Money total = last_->totals.total;
  charges(total.amount);
  (void)learn(service().pay(tenant(), *order_->saga, {"pm_card_visa", total, approve(*last_, total)}));
}

void Customer::startOtherwise() {
  saga::StartCheckout other = order_->request;
  other.email = "somebody@example.com";
  const auto answer = service().start(other);
  if (order_->saga && answer.ok())
    world_.history.accuse({7, answer->id.value, "a used key was taken with other arguments"});
}

void Customer::openPage() {
  (void)learn(service().createPaymentSession(tenant(), *order_->saga));
}

// At the page that was shown, open or not.
void Customer::pay() {
  if (!last_ || !last_->payment.sessionId) return;
  Json how = {{"card", "4242424242424242"}};
  if (world_.dice.chance(20)) how = {{"card", "4000000000000002"}};
  if (world_.dice.chance(6)) how = {{"card", "4000000000005126"}};  // its refunds fail
  if (world_.dice.chance(15)) how = {{"card", "4000002500003155"}, {"authenticate", "accept"}};
  if (shop_.takesDebit && world_.dice.chance(25)) how = {{"iban", "DE89370400440532013000"}};
  const Json paid =
      world_.stripe(shop_, "POST", "/_sandbox/checkout/sessions/" + *last_->payment.sessionId + "/pay", how);
  const Json& intent = paid.is_object() && paid.contains("payment_intent") ? paid["payment_intent"] : Json();
  if (intent.is_object() && intent.value("status", "") == "succeeded" && world_.dice.chance(6))
    world_.wire->shortOf[intent["id"].get<std::string>()] = 100;
}

void Customer::confirm() {
  if (!last_ || !last_->payment.paymentIntentId || last_->payment.sessionId) return;
  charges();
  const ConfirmRequest request{*last_->payment.paymentIntentId, {{"payment_method", "pm_card_visa"}}};
  (void)service().confirmIntent(tenant(), request).ok();
}

void Customer::cancel() {
  note([](chaos::Purchase& purchase) { purchase.cancelAsked = true; });
  const auto saga = learn(service().cancel(tenant(), *order_->saga, "changed my mind"));
  if (saga && (saga->status == SagaStatus::Compensated || saga->status == SagaStatus::Failed))
    note([](chaos::Purchase& purchase) { purchase.cancelAnswered = true; });
}

void Customer::selectShipping() {
  (void)learn(service().selectShipping(tenant(), *order_->saga, "post",
                                       world_.dice.chance(50) ? "express" : "standard"));
}

void Customer::ask() {
  world_.clock.advance(Milliseconds{1'500});
  (void)learn(service().status(tenant(), *order_->saga));
}

void Customer::retry() {
  note([](chaos::Purchase& purchase) { purchase.retried = true; });
  charges();
  (void)learn(service().retry(tenant(), *order_->saga));
}

void Customer::spy() {
  const chaos::Shop& other = &shop_ == &world_.shops[0] ? world_.shops[1] : world_.shops[0];
  const auto foreign = service().status(other.tenant, *order_->saga);
  if (foreign.ok())
    world_.history.accuse({15, order_->saga->value, "it is visible at " + other.tenant.value});
}

void Customer::askForMoneyBack() {
  if (last_ && last_->status == SagaStatus::Completed)
    (void)service().refund(tenant(), *order_->saga, 50, "a scratch", "operator:ann").ok();
}

void Customer::act() {
  const bool isOver = last_ && isTerminal(last_->status);
  if (!order_ || (isOver && world_.dice.chance(30))) {
    beginOrder();
    if (order_) start();
    if (order_ && order_->saga && world_.dice.chance(25)) startToPay();
    return;
  }
  if (!order_->saga) return start();
  const int what = world_.dice.below(100);
  if (what < 6) return start();
  if (what < 9) return startOtherwise();
  if (what < 34) return openPage();
  if (what < 54) return pay();
  if (what < 59) return confirm();
  if (what < 63) return payShown();
  if (what < 68) return startToPay();
  if (what < 74) return cancel();
  if (what < 80) return selectShipping();
  if (what < 92) return ask();
  if (what < 95) return retry();
  if (what < 98) return spy();
  return askForMoneyBack();
}

void tick(World& world) {
  const int what = world.dice.below(100);
  const Milliseconds time = what < 80   ? Milliseconds{1 + world.dice.below(20'000)}
                            : what < 98 ? Milliseconds{60'000}
                                        : Milliseconds{31 * 60'000};
  world.clock.advance(time);
}

void settleSomeDebit(World& world) {
  for (const chaos::Shop& shop : world.shops) {
    const Json accounts = world.stripe(shop, "GET", "/_sandbox/ledger")["accounts"];
    if (accounts.empty()) continue;
    for (const Json& intent : accounts[0].value("payment_intents", Json::array()))
      if (intent.value("status", "") == "processing" && world.dice.chance(50))
        (void)world.stripe(shop, "POST",
                           "/_sandbox/payment_intents/" + intent["id"].get<std::string>() + "/settle",
                           {{"outcome", world.dice.chance(60) ? "succeeded" : "failed"}});
  }
}

// At the provider's dashboard.
void actAsMerchant(World& world) {
  const chaos::Shop& shop = world.dice.oneOf(world.shops);
  chaos::Merchant merchant(
      [&](const std::string& method, const std::string& target, const std::string& form) {
        // Of these the simulator has other sums than the wire tells.
        for (const auto& [intent, missing] : world.wire->shortOf)
          if (form.find(intent) != std::string::npos) return Json();
        return world.stripe(shop, method, target, form);
      },
      [&](int end) { return world.dice.below(end); });
  merchant.act();
}

// With the commands of `checkout-mcp saga`, on what they list as stuck.
void actAsOperator(World& world) {
  saga::CheckoutService& service = *world.anyWorker().service;
  for (const auto& [tenant, id] : world.known) {
    const auto saga = service.status(tenant, id, false);
    if (!saga.ok() || !saga::whyStuck(*saga, world.clock.now()) || world.dice.chance(60)) continue;
    if (world.dice.chance(85)) return (void)service.resume(tenant, id, "operator:ann").ok();
    world.history.resolve(id.value);
    return (void)service.resolve(tenant, id, "settled by hand", "operator:ann").ok();
  }
}

struct People {
  std::vector<Customer> customers;
  std::deque<LiteralCustomer> literal;  // their agents point to them
};

void happen(World& world, People& people) {
  const int what = world.dice.below(100);
  if (what < 46) return world.dice.oneOf(people.customers).act();
  if (what < 56) return world.dice.oneOf(people.literal).act();
  if (what < 59) return actAsMerchant(world);
  if (what < 60) return actAsOperator(world);
  if (what < 74) {
    world.collectEvents();
    if (!world.undelivered.empty())
      world.deliver(static_cast<std::size_t>(world.dice.below(static_cast<int>(world.undelivered.size()))));
    return;
  }
  if (what < 83) return (void)world.anyWorker().service->runDueTimers().ok();
  if (what < 86)
    return (void)world.anyWorker().service->sweepEvents(world.dice.oneOf(world.shops).tenant).ok();
  if (what < 93) return tick(world);
  if (what < 95) return settleSomeDebit(world);
  world.anyWorker().fuse.light(world.dice.below(12));  // it will die before long
}

}  // namespace

chaos::Verdict play(const Story& story) {
  World world(story.seed, story.bug);
  world.wire->faultPercent = 20;
  world.pauses(4);
  People people;
  for (int number = 0; number < kCustomers; ++number) people.customers.emplace_back(world, number);
  for (const int percent : kForgetPercent)
    people.literal.emplace_back(world, static_cast<int>(people.literal.size()), percent);
  for (int act = 0; act < story.acts; ++act) {
    happen(world, people);
    for (const auto& worker : world.workers)
      if (worker->fuse.isDead()) world.restart(*worker);
  }
  // At last everybody's call is cut short, and nobody comes back.
  for (Customer& customer : people.customers)
    for (int call = 0; call < 2; ++call) {
      for (const auto& worker : world.workers) worker->fuse.light(world.dice.below(10));
      customer.act();
      for (const auto& worker : world.workers) world.restart(*worker);
    }
  world.calm();
  for (LiteralCustomer& customer : people.literal) customer.finish();
  world.settle();
  return world.judge();
}

}  // namespace checkout::simulation
