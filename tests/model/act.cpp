// What an action does: a call of the service in a process of its own, or something outside of it.
#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <mutex>

#include <openssl/rand.h>

#include "model/by_hand.hpp"
#include "model/invariants.hpp"
#include "model/who.hpp"
#include "saga/next_action.hpp"

// Ids are random bits. In the model they count, so that equal stories make equal worlds: the linker puts this
// in front of OpenSSL's function (tests/CMakeLists.txt).
namespace {
thread_local std::uint64_t* idsDrawn = nullptr;
}
extern "C" int __real_RAND_bytes(unsigned char* out, int size);
extern "C" int __wrap_RAND_bytes(unsigned char* out, int size) {
  if (idsDrawn == nullptr) return __real_RAND_bytes(out, size);
  std::uint64_t number = ++*idsDrawn;
  for (int i = size - 1; i >= 0; --i, number >>= 8) out[i] = static_cast<unsigned char>(number);
  return 1;
}

namespace checkout::model {
namespace {

using saga::CheckoutService;

constexpr const char* kKey = "key";
constexpr Milliseconds kPollPause{5'000};

class StandingClock final : public Clock {
 public:
  explicit StandingClock(TimePoint now) : now_(now) {}
  TimePoint now() const override { return now_; }

 private:
  TimePoint now_;
};

class NoFeed final : public SagaChangeFeed {
 public:
  void publish(const SagaChange&) override {}
  std::shared_ptr<void> subscribe(std::function<void(const SagaChange&)>) override { return nullptr; }
};

// --- an abort in a door call comes back here -------------------------------------------------------------

thread_local sigjmp_buf* abortLandsAt = nullptr;

extern "C" void onAbort(int) {
  if (abortLandsAt != nullptr) siglongjmp(*abortLandsAt, 1);
}

void catchAborts() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_handler = onAbort;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGABRT, &action, nullptr);
  });
}

// False if `call` has aborted: what it had allocated is lost then, and the world it worked on is thrown away.
template <class Call>
bool survives(const Call& call) {
  catchAborts();
  sigjmp_buf here;
  if (sigsetjmp(here, 1) != 0) {
    abortLandsAt = nullptr;
    return false;
  }
  abortLandsAt = &here;
  call();
  abortLandsAt = nullptr;
  return true;
}

// --- the agent -------------------------------------------------------------------------------------------

std::string toolIn(const std::string& message) {
  static const std::array<const char*, 9> kTools = {
      "checkout_create_payment_session", "checkout_retry", "checkout_cancel",
      "checkout_select_shipping",        "checkout_start", "checkout_status",
      "postPaymentIntentsIntentConfirm", "cart_add_item",  "checkout_pay"};
  std::size_t first = std::string::npos;
  std::string tool;
  for (const char* name : kTools) {
    const std::size_t at = message.find(name);
    if (at < first) {
      first = at;
      tool = name;
    }
  }
  return tool;
}

void see(World& world, std::int64_t total) {
  if (world.agent.total && world.agent.total != total) world.agent.olderTotal = world.agent.total;
  world.agent.total = total;
}

void hear(World& world, const NextAction& next) {
  world.agent.advice = {std::string(toString(next.type)), toolIn(next.message)};
}

void remember(Knowledge& agent, const SagaId& saga, std::int64_t total, std::string goods) {
  if (agent.remembersGoods) agent.shown = {saga, total, std::move(goods)};
}

void hear(World& world, const Saga& saga) {
  hear(world, saga::nextActionFor(saga));
  world.agent.saga = saga.id;
  remember(world.agent, saga.id, saga.totals.total.amount, goodsOf(saga));
  if (!isTerminal(saga.status)) see(world, saga.totals.total.amount);
}

// What the error's words say of the goods; what it does not name is taken for what it was.
void hearOfGoods(World& world, const Error& error, std::int64_t total) {
  Knowledge& agent = world.agent;
  const Saga* saga = world.find(agent.saga);
  if (saga == nullptr) return;
  const auto& items = saga->cart.items;
  const bool namesAll = std::all_of(items.begin(), items.end(), [&](const LineItem& item) {
    return error.message.find(" × " + item.name) != std::string::npos;
  });
  const bool isKnown = agent.shown && agent.shown->saga == saga->id;
  if (namesAll || isKnown) remember(agent, saga->id, total, namesAll ? goodsOf(*saga) : agent.shown->goods);
}

void hear(World& world, const Error& error) {
  if (error.nextAction)
    hear(world, *error.nextAction);
  else
    world.agent.advice = {isRetryable(error.code) ? "retry" : "", toolIn(error.message)};
  if (error.details.is_object() && error.details.contains("sagaId"))
    world.agent.saga = SagaId{error.details["sagaId"].get<std::string>()};
  if (error.code != ErrorCode::TotalChanged) return;
  const auto total = error.details["total"]["amount"].get<std::int64_t>();
  see(world, total);
  world.agent.disagreed = total;
  hearOfGoods(world, error, total);
}

std::string methodOf(const Action& action) {
  return kMethods[static_cast<std::size_t>(action.number)];
}

saga::StartCheckout requestFor(const Action& action) {
  saga::StartCheckout request;
  request.tenantId = kShop;
  request.userId = action.byOther ? kBen : kAnn;
  request.cartId = kCart;
  request.email = "ann@example.com";
  request.customerName = "Ann";
  request.shippingAddress = Address{"Ann", "Street 1", "", "Berlin", "", "10115", "DE", ""};
  if (action.what == Do::StartElsewhere)
    request.shippingAddress = Address{"Ann", "1 Main St", "", "Albany", "NY", "12207", "US", ""};
  if (action.what == Do::StartWithKey) request.idempotencyKey = kKey;
  if (action.what == Do::StartWithMethod || action.what == Do::StartAtOtherTotal)
    request.paymentMethodId = methodOf(action);
  if (action.what == Do::StartAtOtherTotal) request.expectedTotal = Money{1, Currency{"usd"}};
  return request;
}

// One call of the service, in a process of its own.
class Door {
 public:
  Door(const Stage& stage, World& world, const Action& action, Happened& happened)
      : stage_(stage), world_(world), happened_(happened) {
    happened_.cut.fault = action.fault;
    happened_.cut.at = action.at;
  }

  // `call` gets the service and gives back a Result of anything.
  template <class Call>
  auto operator()(Call call) {
    MemoryStore memory(world_.store);
    StandingClock clock(world_.serverNow()), stripesClock(world_.now);
    NoFeed feed;
    CutStore cutStore(memory, happened_.cut);
    ModelGateway gateway(world_.stripe, stripesClock, happened_.cut);
    const auto store = stage_.aroundStore ? stage_.aroundStore(cutStore) : nullptr;
    const auto around = stage_.aroundGateway ? stage_.aroundGateway(gateway) : nullptr;
    saga::CheckoutOptions options;
    options.publicUrl = "https://shop.example";
    options.workerId = "worker";
    options.decide = stage_.decide;
    options.webhooksArrive = true;
    options.patience = Milliseconds{0};
    idsDrawn = &world_.ids;
    auto answer = [&] {
      CheckoutService service(store ? *store : cutStore, stage_.tenants(), around ? *around : gateway, clock,
                              feed, options);
      return call(service);
    }();
    idsDrawn = nullptr;
    world_.store = memory.contents();
    return answer;
  }

 private:
  const Stage& stage_;
  World& world_;
  Happened& happened_;
};

// What a call of the agent is at the service; some can be approved by the customer.
Result<Saga> callService(CheckoutService& service, const Named& named, const Action& call,
                         std::optional<saga::Approval> approved) {
  const SagaId& id = named.saga;
  const auto total = [](std::int64_t amount) { return Money{amount, Currency{"usd"}}; };
  switch (call.what) {
    case Do::SelectExpress:
    case Do::SelectParcel:
      return service.selectShipping(kShop, id, "post", call.what == Do::SelectExpress ? "express" : "parcel");
    case Do::OpenPage:
      return service.createPaymentSession(kShop, id);
    case Do::Status:
      return service.status(kShop, id);
    case Do::Cancel:
      return service.cancel(kShop, id, "changed my mind");
    case Do::Retry:
      return service.retry(kShop, id, approved);
    case Do::PayShown:
    case Do::PayOlder:
    case Do::PayRemembered:
      return service.pay(kShop, id, {methodOf(call), total(*named.total), approved});
    default: {
      saga::StartCheckout request = requestFor(call);
      request.approval = approved;
      return service.start(request);
    }
  }
}

// What the agent would name in that call.
Named namedIn(const World& world, const Action& call) {
  const Knowledge& agent = world.agent;
  Named named{agent.saga, std::nullopt, ""};
  if (call.what == Do::StartAtOtherTotal) named.total = 1;
  if (call.what == Do::PayShown) named.total = agent.total;
  if (call.what == Do::PayOlder) named.total = agent.olderTotal;
  if (call.what == Do::PayRemembered) named.total = agent.shown->total;
  if (call.what == Do::Confirm) named.intent = directIntent(world)->id;
  return named;
}

// Is it only the customer's approval that is missing? As the tools ask (src/tools/approval.hpp).
bool waitsForApproval(const Stage& stage, const Action& call, const Saga& saga) {
  const bool pending = saga.status == SagaStatus::Pending;
  const bool waits = call.what == Do::StartWithMethod ? pending
                     : call.what == Do::Retry         ? pending && saga.paymentMethodId
                     : call.what == Do::PayShown || call.what == Do::PayRemembered
                         ? saga::isPayableDirectly(saga, methodOf(call))
                         : false;
  return waits && saga::needsApproval(stage.tenant(), saga.totals.total);
}

void remember(World& world, const Action& call) {
  Knowledge& agent = world.agent;
  if (isStart(call.what)) agent.start = call;
  // What ended shows nothing any more.
  const Saga* known = world.find(agent.saga);
  if (isStart(call.what) && (known == nullptr || isTerminal(known->status)))
    agent.total = agent.olderTotal = agent.disagreed = {};
  if (agent.hasCancelled &&
      (isStart(call.what) || call.what == Do::Retry)) {  // the customer has thought better of it
    ++agent.wanted;
    agent.hasCancelled = false;
  }
}

// The agent's calls. What it hears of them depends on whether the answer arrives.
void callAsAgent(const Stage& stage, World& world, const Action& action, Happened& happened) {
  Door door(stage, world, action, happened);
  Knowledge& agent = world.agent;
  const bool isApproved = action.what == Do::RepeatApproved, isRepeated = action.what == Do::RepeatRefused;
  const Action call = isApproved ? agent.approved->call : isRepeated ? agent.refused->call : action;
  // The same call again has the total that it had.
  if (isApproved && call.what == Do::PayShown && !agent.total) agent.total = agent.approved->total;
  const Saga* known = world.find(agent.saga);
  const bool hadEnded = known != nullptr && isTerminal(known->status);
  const Named named = isRepeated ? agent.refused->named : namedIn(world, call);
  remember(world, call);
  const bool names = call.what == Do::PayShown || call.what == Do::PayOlder || call.what == Do::PayRemembered;
  if (names || isApproved) agent.disagreed.reset();
  bool asks = false;
  if (call.what == Do::Confirm) {
    auto confirmed = door([&](CheckoutService& service) {
      return service.confirmIntent(kShop, {named.intent, {{"payment_method", kVisa}}});
    });
    if (!confirmed.ok())
      happened.error = std::move(confirmed).error();
    else if (confirmed->nextAction && !action.answerIsLost && !happened.cut.isDead)
      hear(world, *confirmed->nextAction);
  } else {
    if (call.what == Do::Status) world.now += kPollPause;
    auto answer = door([&](CheckoutService& service) { return callService(service, named, call, {}); });
    asks = answer.ok() && waitsForApproval(stage, call, *answer);
    if (asks && isApproved && agent.approved->saga == answer->id &&
        agent.approved->total == answer->totals.total.amount) {
      const saga::Approval approval{answer->id, answer->totals.total, agent.approved->cartDigest};
      answer = door([&](CheckoutService& service) { return callService(service, named, call, approval); });
      asks = answer.ok() && waitsForApproval(stage, call, *answer);  // it was of other goods
    }
    if (answer.ok())
      happened.answer = std::move(*answer);
    else
      happened.error = std::move(answer).error();
  }
  agent.refused.reset();
  if (action.answerIsLost || happened.cut.isDead) {
    agent.unanswered = action;
    if (call.what != Do::Status) agent.total = agent.olderTotal = {};  // it may have changed by this
    return;
  }
  agent.unanswered.reset();
  if (happened.error) hear(world, *happened.error);
  if (happened.error && agent.isStubborn) agent.refused = {call, named, happened.error->code};
  if (!happened.answer) return;
  const Saga& saga = *happened.answer;
  hear(world, saga);
  if (call.what == Do::Cancel && !hadEnded && !agent.hasCancelled) {
    --agent.wanted;
    agent.hasCancelled = true;
    agent.total = agent.olderTotal = {};
  }
  agent.asked.reset();
  if (asks) agent.asked = {saga.id, saga.totals.total.amount, goodsOf(saga), saga.cart.digest, call};
  if (call.what == Do::StartWithKey && !agent.keyUse) agent.keyUse = {saga.id, world.goodsInCart()};
  // The store has forgotten what it sold, and an agent that starts again has not: it wants more.
  if (isStart(call.what) && world.wasRestored && saga.id != named.saga && !named.saga.value.empty()) {
    ++agent.wanted;
    ++world.fills;
  }
}

void callAsOther(const Stage& stage, World& world, const Action& action, Happened& happened) {
  Door door(stage, world, action, happened);
  const auto keep = [&](auto answer) {
    if (!answer.ok()) happened.error = std::move(answer).error();
  };
  const bool isForOperator = action.what == Do::Resume || action.what == Do::Resolve;
  const Saga* about = isForOperator ? world.forOperator() : world.newest();
  const SagaId id = about != nullptr ? about->id : SagaId{};
  const auto deliver = [&](const ModelStripe::Event* event) {
    const PaymentEvent copy = event->event;
    auto fate = door([&](CheckoutService& service) { return service.applyEvent(kShop, copy); });
    if (fate.ok() && !happened.cut.isDead) {
      happened.fate = *fate;
      world.stripe.setDelivery(copy.id, ModelStripe::Delivery::Delivered);
    } else if (!fate.ok()) {
      happened.error = std::move(fate).error();  // Stripe sends it again
    }
  };
  switch (action.what) {
    case Do::Resume:
      return keep(door([&](CheckoutService& service) { return service.resume(kShop, id, "operator:bob"); }));
    case Do::Resolve:
      settleByHand(world, Saga(*about));
      return keep(door([&, reason = "by hand, " + std::to_string(about->version)](CheckoutService& service) {
        return service.resolve(kShop, id, reason, "operator:bob");
      }));
    case Do::OperatorRefundPart:
    case Do::OperatorRefundAll: {
      const bool isPart = action.what == Do::OperatorRefundPart;
      const std::int64_t asked = isPart             ? kPartOfRefund
                                 : about == nullptr ? 0
                                                    : leftByTheLedger(world, *about);
      keep(door([&](CheckoutService& service) {
        return service.refund(kShop, id, isPart ? std::optional(kPartOfRefund) : std::nullopt, "a scratch",
                              "operator:bob");
      }));
      const auto refused = happened.error ? std::optional(happened.error->code) : std::nullopt;
      if (refused != ErrorCode::InvalidState && refused != ErrorCode::ValidationFailed)
        world.refundsAsked += asked;
      return;
    }
    case Do::NextTimer:
      world.now = std::max(world.now, *nextTimer(world));
      world.stripe.expireOverdue(world.now);
      world.clockWasSetBack = false;
      return keep(door([&](CheckoutService& service) { return service.runDueTimers(); }));
    case Do::Sweep:
      keep(door([&](CheckoutService& service) { return service.sweepEvents(kShop); }));
      world.isStarting = world.isStarting && (happened.error || happened.cut.isDead);
      return;
    case Do::DeliverOldest:
      return deliver(eventThat(world, ModelStripe::Delivery::Pending, false));
    case Do::DeliverNewest:
      return deliver(eventThat(world, ModelStripe::Delivery::Pending, true));
    default:
      return deliver(eventThat(world, ModelStripe::Delivery::Delivered, true));
  }
}

}  // namespace

std::optional<Violation> act(const Stage& stage, World& world, const Action& action, Happened& happened) {
  if (action.byOther) std::swap(world.agent, world.other);
  const World before = world;
  const bool survived = survives([&] {
    if (happensOutside(world, action)) return;
    if (isAgents(action.what))
      callAsAgent(stage, world, action, happened);
    else
      callAsOther(stage, world, action, happened);
  });
  idsDrawn = nullptr;
  std::optional<Violation> violation;
  if (!survived) {
    world = before;
    violation = Violation{"24 no answer of Stripe's ends the process", "the process has aborted"};
  } else {
    if (action.fault == Fault::Busy && action.at < happened.cut.calls.size()) ++world.tries;
    violation = checkStep(stage, before, action, happened, world);
  }
  if (action.byOther) std::swap(world.agent, world.other);
  return violation;
}

}  // namespace checkout::model
