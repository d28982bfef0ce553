#include "model/world.hpp"

#include <csetjmp>
#include <csignal>
#include <mutex>

#include <openssl/rand.h>

#include "model/invariants.hpp"
#include "support/tenants.hpp"

// Ids are random bits. In the model they count, so that equal stories make equal worlds: the linker puts this
// in front of OpenSSL's function (tests/CMakeLists.txt).
namespace {
thread_local std::uint64_t* idsDrawn = nullptr;
}
extern "C" int __wrap_RAND_bytes(unsigned char* out, int size) {
  std::uint64_t number = idsDrawn == nullptr ? 0 : ++*idsDrawn;
  for (int i = size - 1; i >= 0; --i, number >>= 8) out[i] = static_cast<unsigned char>(number);
  return 1;
}

namespace checkout::model {
namespace {

using saga::CheckoutService;

const UserId kAnn{"ann"};
constexpr const char* kKey = "key";
constexpr Milliseconds kPollPause{5'000};
constexpr Milliseconds kADay{25 * 60 * 60 * 1000};

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

void hear(World& world, const Saga& saga) {
  const Json next = saga::sagaView(saga)["nextAction"];
  world.agent.advice = {next.value("type", ""), toolIn(next.value("message", ""))};
  world.agent.saga = saga.id;
  if (!isTerminal(saga.status)) world.agent.total = saga.totals.total.amount;
}

void hear(World& world, const Error& error) {
  if (error.nextAction)
    world.agent.advice = {std::string(toString(error.nextAction->type)), toolIn(error.nextAction->message)};
  else
    world.agent.advice = {isRetryable(error.code) ? "retry" : "", toolIn(error.message)};
  if (error.details.is_object() && error.details.contains("sagaId"))
    world.agent.saga = SagaId{error.details["sagaId"].get<std::string>()};
}

saga::StartCheckout requestFor(const Action& action) {
  saga::StartCheckout request;
  request.tenantId = kShop;
  request.userId = kAnn;
  request.cartId = kCart;
  request.email = "ann@example.com";
  request.customerName = "Ann";
  request.shippingAddress = Address{"Ann", "Street 1", "", "Berlin", "", "10115", "DE", ""};
  if (action.what == Do::StartWithKey) request.idempotencyKey = kKey;
  if (action.what == Do::StartWithMethod || action.what == Do::StartApproved)
    request.paymentMethodId = kMethods[static_cast<std::size_t>(action.number)];
  request.approved = action.what == Do::StartApproved;
  return request;
}

bool isAgents(Do what) {
  return what <= Do::Confirm && what != Do::SetCart;
}

// --- who a sentence is about -----------------------------------------------------------------------------

const ModelStripe::Session* openSession(const World& world) {
  for (const auto& session : world.stripe.sessions())
    if (session.status == ModelStripe::Session::Status::Open) return &session;
  return nullptr;
}

template <class Wanted>
const ModelStripe::Intent* newestIntent(const World& world, Wanted wanted) {
  const auto& all = world.stripe.intents();
  for (auto at = all.rbegin(); at != all.rend(); ++at)
    if (wanted(*at)) return &*at;
  return nullptr;
}
const ModelStripe::Intent* intentIn(const World& world, PaymentState state) {
  return newestIntent(world, [&](const auto& intent) { return intent.state == state; });
}
const ModelStripe::Intent* paidIntent(const World& world) {
  return newestIntent(world, [&](const auto& intent) { return world.stripe.left(intent) > 0; });
}
const ModelStripe::Intent* directIntent(const World& world) {
  return newestIntent(world, [&](const auto& intent) {
    return intent.session.empty() &&
           (intent.state == PaymentState::Declined || intent.state == PaymentState::RequiresAction);
  });
}

const ModelStripe::Event* eventThat(const World& world, ModelStripe::Delivery delivery, bool newest) {
  const ModelStripe::Event* found = nullptr;
  for (const auto& event : world.stripe.events()) {
    if (event.delivery != delivery) continue;
    found = &event;
    if (!newest) break;
  }
  return found;
}

const ModelStripe::Refund* standingRefund(const World& world) {
  for (const auto& refund : world.stripe.refunds())
    if (refund.status != "failed") return &refund;
  return nullptr;
}

std::optional<TimePoint> nextTime(const World& world) {
  std::optional<TimePoint> earliest;
  for (const auto& [key, dueAt] : *world.store.timers)
    if (!earliest || dueAt < *earliest) earliest = dueAt;
  return earliest;
}

}  // namespace

// --- the world -------------------------------------------------------------------------------------------

int World::mugsInCart() const {
  const auto at = store.carts->find({kShop, kCart.value});
  if (at == store.carts->end() || at->second.items.empty()) return 0;
  return at->second.items.front().quantity;
}

const Saga* World::find(const SagaId& id) const {
  const auto at = store.sagas->find({kShop, id.value});
  return at == store.sagas->end() ? nullptr : &at->second.saga->value();
}

const Saga* World::newest() const {
  const Contents::SagaRow* last = nullptr;
  for (const auto& [key, row] : *store.sagas)
    if (last == nullptr || row.number > last->number) last = &row;
  return last == nullptr ? nullptr : &last->saga->value();
}

Print World::print() const {
  Printer printer;
  store.addTo(printer, now);
  stripe.addTo(printer, now);
  printer.add(agent.saga.value).add(static_cast<std::uint64_t>(agent.total.value_or(-1)));
  for (const auto* approval : {&agent.asked, &agent.approved}) {
    printer.add(std::uint64_t{approval->has_value()});
    if (*approval) printer.add((*approval)->saga.value).add(static_cast<std::uint64_t>((*approval)->total));
  }
  printer.add(agent.unanswered ? static_cast<std::uint64_t>(agent.unanswered->what) + 1 : std::uint64_t{0});
  printer.add(agent.advice.type).add(agent.advice.tool);
  if (agent.start)
    printer.add(static_cast<std::uint64_t>(agent.start->what))
        .add(static_cast<std::uint64_t>(agent.start->number));
  if (agent.keyUse) printer.add(agent.keyUse->saga.value).add(static_cast<std::uint64_t>(agent.keyUse->mugs));
  printer.add(static_cast<std::uint64_t>(agent.wanted)).add(std::uint64_t{agent.hasCancelled});
  printer.add(static_cast<std::uint64_t>(refundsAsked));
  for (const std::int8_t rest : left) printer.add(static_cast<std::uint64_t>(rest));
  return printer.print();
}

Stage::Stage(std::optional<std::int64_t> approvalThreshold) {
  Tenant tenant = test::shop();
  tenant.policies.approvalThreshold = approvalThreshold;
  tenant.stripe.webhookSecrets.emplace_back("whsec_model");
  tenants_ = std::make_unique<test::OneTenant>(std::move(tenant));
}

Stage::~Stage() = default;

const Tenant& Stage::tenant() const {
  return *tenants_->find(kShop);
}

World Stage::begin(const Budget& budget, int mugs) const {
  World world;
  world.now = fromUnixMillis(1'790'000'000'000);
  world.left = budget;
  MemoryStore memory;
  const auto filled = memory.write([&](Transaction& tx) -> Result<void> {
    CHECKOUT_TRY(tx.stock().declare(kShop, kMug, kStock));
    return tx.carts().save({kShop, kCart, {{kMug, mugs}}, world.now});
  });
  if (!filled.ok()) std::abort();
  world.store = memory.contents();
  return world;
}

bool isEnabled(const World& world, Do what) {
  using Delivery = ModelStripe::Delivery;
  const Saga* saga = world.find(world.agent.saga);
  switch (what) {
    case Do::SetCart:
    case Do::Start:
    case Do::StartWithKey:
    case Do::StartWithMethod:
    case Do::Sweep:
    case Do::ADayWithoutServer:
      return true;
    case Do::StartApproved:
      return world.agent.approved.has_value();
    case Do::Approve:
      return world.agent.asked.has_value() && !world.agent.approved;
    case Do::SelectExpress:
    case Do::SelectParcel:
    case Do::OpenPage:
    case Do::Status:
    case Do::Cancel:
    case Do::Retry:
      return saga != nullptr;
    case Do::Confirm:
      return directIntent(world) != nullptr;
    case Do::Pay:
    case Do::PayDeclined:
    case Do::PayByDebit:
    case Do::ExpireSession:
      return openSession(world) != nullptr;
    case Do::Authenticate:
    case Do::RefuseChallenge:
      return intentIn(world, PaymentState::RequiresAction) != nullptr;
    case Do::DebitSettles:
    case Do::DebitFails:
      return intentIn(world, PaymentState::Processing) != nullptr;
    case Do::RefundComesBack:
      return standingRefund(world) != nullptr;
    case Do::Dispute:
    case Do::RefundPart:
    case Do::RefundAll:
      return paidIntent(world) != nullptr;
    case Do::CancelIntent:
      return directIntent(world) != nullptr;
    case Do::EmptyBalance:
      return !world.stripe.balanceIsEmpty;
    case Do::SearchFallsBehind:
      return !world.stripe.searchIsBehind;
    case Do::Resume:
    case Do::OperatorRefundPart:
    case Do::OperatorRefundAll:
    case Do::Resolve:
      return world.newest() != nullptr;
    case Do::NextTimer:
      return nextTime(world).has_value();
    case Do::DeliverOldest:
    case Do::FailWebhook:
    case Do::SkipWebhook:
      return eventThat(world, Delivery::Pending, false) != nullptr;
    case Do::DeliverNewest:
      return eventThat(world, Delivery::Pending, true) != eventThat(world, Delivery::Pending, false);
    case Do::DeliverAgain:
      return eventThat(world, Delivery::Delivered, true) != nullptr;
  }
  return false;
}

namespace {

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
    StandingClock clock(world_.now);
    NoFeed feed;
    CutStore cutStore(memory, happened_.cut);
    ModelGateway gateway(world_.stripe, clock, happened_.cut);
    const auto store = stage_.aroundStore ? stage_.aroundStore(cutStore) : nullptr;
    const auto around = stage_.aroundGateway ? stage_.aroundGateway(gateway) : nullptr;
    saga::CheckoutOptions options{"https://shop.example", "worker"};
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

// The agent's calls. What it hears of them depends on whether the answer arrives.
void callAsAgent(const Stage& stage, World& world, const Action& action, Happened& happened) {
  Door door(stage, world, action, happened);
  const SagaId id = world.agent.saga;
  const Saga* known = world.find(id);
  const bool hadEnded = known != nullptr && isTerminal(known->status);
  if (action.what == Do::Status) world.now += kPollPause;
  const auto keep = [&](auto answer) {
    if (!answer.ok())
      happened.error = std::move(answer).error();
    else if constexpr (std::is_same_v<decltype(answer), Result<Saga>>)
      happened.answer = std::move(*answer);
  };
  switch (action.what) {
    case Do::SelectExpress:
    case Do::SelectParcel:
      keep(door([&](CheckoutService& service) {
        return service.selectShipping(kShop, id, "post",
                                      action.what == Do::SelectExpress ? "express" : "parcel");
      }));
      break;
    case Do::OpenPage:
      keep(door([&](CheckoutService& service) { return service.createPaymentSession(kShop, id); }));
      break;
    case Do::Status:
      keep(door([&](CheckoutService& service) { return service.status(kShop, id); }));
      break;
    case Do::Cancel:
      keep(door([&](CheckoutService& service) { return service.cancel(kShop, id, "changed my mind"); }));
      break;
    case Do::Retry:
      keep(door([&](CheckoutService& service) { return service.retry(kShop, id); }));
      break;
    case Do::Confirm: {
      const std::string intent = directIntent(world)->id;
      keep(door([&](CheckoutService& service) {
        return service.confirmIntent(kShop, {intent, {{"payment_method", kVisa}}});
      }));
      break;
    }
    default: {
      Action start = action;
      if (action.what == Do::StartApproved && world.agent.start) start.number = world.agent.start->number;
      world.agent.start = start;
      keep(door([&](CheckoutService& service) { return service.start(requestFor(start)); }));
    }
  }
  const bool begins = action.what == Do::Retry || action.what == Do::Start ||
                      action.what == Do::StartWithKey || action.what == Do::StartWithMethod;
  if (begins && world.agent.hasCancelled) {  // the customer has thought better of it
    ++world.agent.wanted;
    world.agent.hasCancelled = false;
  }
  if (action.answerIsLost || happened.cut.isDead) {
    world.agent.unanswered = action;
    return;
  }
  world.agent.unanswered.reset();
  if (happened.error) hear(world, *happened.error);
  if (!happened.answer) return;
  const Saga& saga = *happened.answer;
  hear(world, saga);
  if (action.what == Do::Cancel && !hadEnded && !world.agent.hasCancelled) {
    --world.agent.wanted;
    world.agent.hasCancelled = true;
    world.agent.total.reset();
  }
  const bool needsApproval = action.what == Do::StartWithMethod && saga.status == SagaStatus::Pending &&
                             saga::needsApproval(stage.tenant(), saga.totals.total);
  world.agent.asked.reset();
  if (needsApproval) world.agent.asked = {saga.id, saga.totals.total.amount};
  if (action.what == Do::StartWithKey && !world.agent.keyUse)
    world.agent.keyUse = {saga.id, world.mugsInCart()};
}

void callAsOther(const Stage& stage, World& world, const Action& action, Happened& happened) {
  Door door(stage, world, action, happened);
  const auto keep = [&](auto answer) {
    if (!answer.ok()) happened.error = std::move(answer).error();
  };
  const SagaId id = world.newest() != nullptr ? world.newest()->id : SagaId{};
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
      return keep(door(
          [&](CheckoutService& service) { return service.resolve(kShop, id, "by hand", "operator:bob"); }));
    case Do::OperatorRefundPart:
    case Do::OperatorRefundAll: {
      const bool isPart = action.what == Do::OperatorRefundPart;
      const auto* paid = paidIntent(world);
      const std::int64_t asked = isPart ? kPartOfRefund : paid == nullptr ? 0 : world.stripe.left(*paid);
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
      world.now = std::max(world.now, *nextTime(world));
      world.stripe.expireOverdue(world.now);
      return keep(door([&](CheckoutService& service) { return service.runDueTimers(); }));
    case Do::Sweep:
      return keep(door([&](CheckoutService& service) { return service.sweepEvents(kShop); }));
    case Do::DeliverOldest:
      return deliver(eventThat(world, ModelStripe::Delivery::Pending, false));
    case Do::DeliverNewest:
      return deliver(eventThat(world, ModelStripe::Delivery::Pending, true));
    default:
      return deliver(eventThat(world, ModelStripe::Delivery::Delivered, true));
  }
}

// What happens without a call of the service. False: it is one.
bool happensOutside(World& world, const Action& action) {
  using Delivery = ModelStripe::Delivery;
  ModelStripe& stripe = world.stripe;
  const auto session = [&] { return openSession(world)->id; };
  switch (action.what) {
    case Do::SetCart: {
      MemoryStore memory(world.store);
      const auto saved = memory.write([&](Transaction& tx) {
        return tx.carts().save({kShop, kCart, {{kMug, action.number}}, world.now});
      });
      if (!saved.ok()) std::abort();
      world.store = memory.contents();
      world.agent.total.reset();
      if (paidIntent(world) != nullptr) ++world.agent.wanted;
      return true;
    }
    case Do::Approve:
      world.agent.approved = world.agent.asked;
      return true;
    case Do::Pay:
      stripe.payOnPage(session(), kVisa, world.now);
      return true;
    case Do::PayDeclined:
      stripe.payOnPage(session(), kDeclinedCard, world.now);
      return true;
    case Do::PayByDebit:
      stripe.payOnPage(session(), kDebit, world.now);
      return true;
    case Do::Authenticate:
    case Do::RefuseChallenge:
      stripe.authenticate(intentIn(world, PaymentState::RequiresAction)->id, action.what == Do::Authenticate,
                          world.now);
      return true;
    case Do::DebitSettles:
    case Do::DebitFails:
      stripe.settleDebit(intentIn(world, PaymentState::Processing)->id, action.what == Do::DebitSettles,
                         world.now);
      return true;
    case Do::RefundComesBack:
      stripe.sendRefundBack(standingRefund(world)->id, world.now);
      return true;
    case Do::Dispute:
      stripe.openDispute(paidIntent(world)->id, world.now);
      return true;
    case Do::RefundPart:
      stripe.refundAtDashboard(paidIntent(world)->id, kPartOfRefund, world.now);
      return true;
    case Do::RefundAll:
      stripe.refundAtDashboard(paidIntent(world)->id, std::nullopt, world.now);
      return true;
    case Do::ExpireSession:
      stripe.expireAtDashboard(session(), world.now);
      return true;
    case Do::CancelIntent:
      stripe.cancelAtDashboard(directIntent(world)->id, world.now);
      return true;
    case Do::EmptyBalance:
      stripe.balanceIsEmpty = true;
      return true;
    case Do::SearchFallsBehind:
      stripe.searchIsBehind = stripe.searchWasBehind = true;
      return true;
    case Do::ADayWithoutServer:
      world.now += kADay;
      stripe.expireOverdue(world.now);
      return true;
    case Do::FailWebhook:
      stripe.setDelivery(eventThat(world, Delivery::Pending, false)->event.id, Delivery::Failed);
      return true;
    case Do::SkipWebhook:
      stripe.setDelivery(eventThat(world, Delivery::Pending, false)->event.id, Delivery::NeverTried);
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<Violation> act(const Stage& stage, World& world, const Action& action, Happened& happened) {
  const World before = world;
  const bool survived = survives([&] {
    if (happensOutside(world, action)) return;
    if (isAgents(action.what))
      callAsAgent(stage, world, action, happened);
    else
      callAsOther(stage, world, action, happened);
  });
  idsDrawn = nullptr;
  if (!survived) {
    world = before;
    return Violation{"24 no answer of Stripe's ends the process", "the process has aborted"};
  }
  return checkStep(stage, before, action, happened, world);
}

}  // namespace checkout::model
