#include "model/world.hpp"

#include <algorithm>

#include "model/who.hpp"
#include "saga/checkout_service.hpp"
#include "saga/payer.hpp"
#include "support/tenants.hpp"

namespace checkout::model {
namespace {

template <class Wanted>
const ModelStripe::Intent* newestIntent(const World& world, Wanted wanted) {
  const auto& all = world.stripe.intents();
  for (auto at = all.rbegin(); at != all.rend(); ++at)
    if (wanted(*at)) return &*at;
  return nullptr;
}

void addTo(Printer& printer, const Knowledge& agent) {
  printer.add(agent.saga.value);
  for (const auto& total : {agent.total, agent.olderTotal, agent.disagreed})
    printer.add(static_cast<std::uint64_t>(total.value_or(-1)));
  for (const auto* approval : {&agent.asked, &agent.approved}) {
    printer.add(std::uint64_t{approval->has_value()});
    if (!*approval) continue;
    printer.add((*approval)->saga.value).add(static_cast<std::uint64_t>((*approval)->total));
    printer.add((*approval)->goods);
    printer.add(static_cast<std::uint64_t>((*approval)->call.what));
  }
  printer.add(agent.unanswered ? static_cast<std::uint64_t>(agent.unanswered->what) + 1 : std::uint64_t{0});
  printer.add(agent.advice.type).add(agent.advice.tool);
  if (agent.start)
    printer.add(static_cast<std::uint64_t>(agent.start->what))
        .add(static_cast<std::uint64_t>(agent.start->number));
  if (agent.keyUse) printer.add(agent.keyUse->saga.value).add(agent.keyUse->goods);
  if (agent.refused)
    printer.add(static_cast<std::uint64_t>(agent.refused->call.what))
        .add(static_cast<std::uint64_t>(agent.refused->call.number))
        .add(agent.refused->named.saga.value)
        .add(static_cast<std::uint64_t>(agent.refused->named.total.value_or(-1)))
        .add(static_cast<std::uint64_t>(agent.refused->code));
  if (agent.shown)
    printer.add(agent.shown->saga.value)
        .add(static_cast<std::uint64_t>(agent.shown->total))
        .add(agent.shown->goods);
  printer.add(static_cast<std::uint64_t>(agent.wanted)).add(std::uint64_t{agent.hasCancelled});
}

}  // namespace

// --- who a sentence is about -----------------------------------------------------------------------------

// Nobody knows the address of a page that the checkout has not been told of.
bool isKnown(const World& world, const ModelStripe::Session& session) {
  return world.store.payments->contains({kShop, session.id});
}

const ModelStripe::Session* openPage(const World& world) {
  const auto& earlier = world.pages;
  for (const auto& session : world.stripe.sessions()) {
    const bool isReachable =
        isKnown(world, session) || std::find(earlier.begin(), earlier.end(), session.id) != earlier.end();
    if (session.status == ModelStripe::Session::Status::Open && isReachable) return &session;
  }
  return nullptr;
}
const ModelStripe::Intent* intentIn(const World& world, PaymentState state) {
  return newestIntent(world, [&](const auto& intent) { return intent.state == state; });
}
const ModelStripe::Intent* paidIntent(const World& world) {
  return newestIntent(world, [&](const auto& intent) { return world.stripe.left(intent) > 0; });
}
const ModelStripe::Intent& intentNamed(const World& world, const std::string& id) {
  return *newestIntent(world, [&](const auto& intent) { return intent.id == id; });
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

// Also one that was given back: the customer's bank does not know.
const ModelStripe::Intent* disputableIntent(const World& world) {
  return newestIntent(world, [](const auto& intent) { return intent.received > 0 && !intent.disputed; });
}

const ModelStripe::Dispute* openDispute(const World& world) {
  for (const auto& dispute : world.stripe.disputes())
    if (dispute.status == "needs_response") return &dispute;
  return nullptr;
}

// Of an attempt that the restored store knows nothing of: left to whoever is told of it.
bool isForeign(const World& world, const ModelStripe::Intent& intent) {
  const Saga* saga = world.wasRestored ? world.find(intent.saga) : nullptr;
  if (saga == nullptr) return false;
  const auto isIn = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), intent.id) != list.end();
  };
  const bool isOfEarlierPage =
      std::find(world.pages.begin(), world.pages.end(), intent.session) != world.pages.end();
  return isIn(saga->foreignPayments) || isIn(saga->attentionSettled) ||
         (isOfEarlierPage && !world.store.payments->contains({kShop, intent.session}));
}

std::optional<TimePoint> nextTimer(const World& world) {
  std::optional<TimePoint> earliest;
  for (const auto& [key, dueAt] : *world.store.timers)
    if (!earliest || dueAt < *earliest) earliest = dueAt;
  if (earliest) *earliest -= world.clockError;  // it is due by the server's clock
  if (earliest && world.clockWasSetBack) earliest = world.now;
  return earliest;
}

// --- the world -------------------------------------------------------------------------------------------

std::vector<CartItem> itemsOf(int number) {
  std::vector<CartItem> items;
  if (number % kOneCup > 0) items.push_back({kMug, number % kOneCup});
  if (number >= kOneCup) items.push_back({kCup, number / kOneCup});
  return items;
}

std::string goodsOf(const Saga& saga) {
  return toldAll(saga.cart.items, [](const LineItem& item) { return item.productId.value; });
}

std::string World::goodsInCart() const {
  const auto at = store.carts->find({kShop, kCart.value});
  if (at == store.carts->end()) return {};
  return toldAll(at->second.items, [](const CartItem& item) { return item.productId.value; });
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

const Saga* World::forOperator() const {
  const Contents::SagaRow* last = nullptr;
  for (const auto& [key, row] : *store.sagas) {
    const bool isStuck = saga::whyStuck(row.saga->value(), serverNow()).has_value();
    if (isStuck && (last == nullptr || row.number > last->number)) last = &row;
  }
  return last == nullptr ? newest() : &last->saga->value();
}

std::int64_t World::notGivenBack(const ModelStripe::Intent& intent) const {
  for (const ModelStripe::Dispute& dispute : stripe.disputes())
    if (dispute.intent == intent.id && dispute.status == "lost") return 0;
  const auto paid = byHand.find(intent.id);
  return stripe.left(intent) - (paid == byHand.end() ? 0 : paid->second);
}

bool World::isKept(const ModelStripe::Intent& intent) const {
  if (!stripe.isKept(intent) || notGivenBack(intent) <= 0 || isForeign(*this, intent)) return false;
  // Stripe refunds nothing that was ever disputed. That is left to whoever is told of it.
  const Saga* saga = find(intent.saga);
  const bool goesBack = saga != nullptr &&
                        (saga->status != SagaStatus::Completed || saga->payment.paymentIntentId != intent.id);
  return !intent.disputed || !goesBack || !saga::whyStuck(*saga, serverNow());
}

int World::keptBy(const UserId& user) const {
  int kept = 0;
  for (const ModelStripe::Intent& intent : stripe.intents()) {
    const Saga* saga = isKept(intent) ? find(intent.saga) : nullptr;
    kept += saga != nullptr && saga->userId == user;
  }
  return kept;
}

Print World::print() const {
  Printer printer;
  store.addTo(printer, serverNow());
  if (backup) {
    backup->store.addTo(printer, serverNow());
    for (const Knowledge* knows : {&backup->agent, &backup->other}) addTo(printer, *knows);
  }
  stripe.addTo(printer, now);
  printer.add(static_cast<std::uint64_t>(clockError.count())).add(std::uint64_t{clockWasWrong});
  printer.add(std::uint64_t{clockWasSetBack});
  printer.add(std::uint64_t{wasRestored}).add(std::uint64_t{isStarting});
  for (const auto* list : {&sold, &pages})
    for (const std::string& id : *list) printer.add(id);
  for (const Knowledge* knows : {&agent, &other}) addTo(printer, *knows);
  printer.add(static_cast<std::uint64_t>(refundsAsked));
  for (const std::string& about : settled) printer.add(about);
  for (const auto& [intent, amount] : byHand) printer.add(intent).add(static_cast<std::uint64_t>(amount));
  printer.add(static_cast<std::uint64_t>(fills)).add(static_cast<std::uint64_t>(tries));
  for (const std::int8_t rest : left) printer.add(static_cast<std::uint64_t>(rest));
  return printer.print();
}

Stage::Stage(std::optional<std::int64_t> approvalThreshold, bool keepsCards) {
  Tenant tenant = test::shop();
  tenant.policies.approvalThreshold = approvalThreshold;
  tenant.stripe.savedPaymentMethods = keepsCards;
  tenant.stripe.webhookSecrets.emplace_back("whsec_model");
  Product mug = test::mug(tenant.currency), cup = mug;
  cup.id = kCup;
  for (Product* product : {&mug, &cup}) product->name = product->id.value;
  tenant.catalog = domain::makeMemoryCatalog({mug, cup});
  tenants_ = std::make_unique<test::OneTenant>(std::move(tenant));
}

Stage::~Stage() = default;

const Tenant& Stage::tenant() const {
  return *tenants_->find(kShop);
}

World Stage::begin(const Budget& budget, int goods) const {
  World world;
  world.now = fromUnixMillis(1'790'000'000'000);
  world.left = budget;
  MemoryStore memory;
  const auto filled = memory.write([&](Transaction& tx) -> Result<void> {
    for (const ProductId& product : {kMug, kCup}) CHECKOUT_TRY(tx.stock().declare(kShop, product, kStock));
    CHECKOUT_TRY(tx.ledger().setEventsReadUntil(kShop, world.now));  // the server swept when it started
    return tx.carts().save({kShop, kCart, itemsOf(goods), world.now});
  });
  if (!filled.ok()) std::abort();
  world.store = memory.contents();
  if (tenant().stripe.savedPaymentMethods) {  // of an earlier purchase, which a lost store knew of
    Saga anns;
    anns.tenantId = kShop;
    anns.userId = kAnn;
    world.stripe.saveCard(world.stripe.ensureCustomer(kShop, saga::userDigest(anns)));
  }
  return world;
}

bool isStart(Do what) {
  return what == Do::Start || what == Do::StartWithKey || what == Do::StartWithMethod ||
         what == Do::StartElsewhere || what == Do::StartAtOtherTotal;
}

bool isAgents(Do what) {
  return what <= Do::Confirm && what != Do::SetCart;
}

bool isEnabled(const World& world, const Action& action) {
  using Delivery = ModelStripe::Delivery;
  const Knowledge& agent = action.byOther ? world.other : world.agent;
  const Saga* saga = world.find(agent.saga);
  if (world.isStarting && action.what != Do::Sweep) return false;
  switch (action.what) {
    case Do::SetCart:
    case Do::Start:
    case Do::StartWithKey:
    case Do::StartWithMethod:
    case Do::StartElsewhere:
    case Do::StartAtOtherTotal:
    case Do::Sweep:
    case Do::ADayWithoutServer:
      return true;
    case Do::PayShown:
      return saga != nullptr && agent.total.has_value();
    case Do::PayOlder:
      return saga != nullptr && agent.olderTotal.has_value();
    case Do::PayRemembered:
      return saga != nullptr && !agent.unanswered && agent.shown && agent.shown->saga == saga->id;
    case Do::RepeatRefused:
      return agent.refused.has_value() &&
             (agent.refused->call.what != Do::Confirm || directIntent(world) != nullptr);
    case Do::RepeatApproved:
      return agent.approved.has_value();
    case Do::Approve:
      return agent.asked.has_value() && !agent.approved;
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
      return openPage(world) != nullptr;
    case Do::Authenticate:
    case Do::RefuseChallenge:
      return intentIn(world, PaymentState::RequiresAction) != nullptr;
    case Do::DebitSettles:
    case Do::DebitFails:
      return intentIn(world, PaymentState::Processing) != nullptr;
    case Do::RefundComesBack:
      return standingRefund(world) != nullptr;
    case Do::Dispute:
      return disputableIntent(world) != nullptr;
    case Do::DisputeWon:
    case Do::DisputeLost:
      return openDispute(world) != nullptr;
    case Do::RefundPart:
    case Do::RefundAll:
      return paidIntent(world) != nullptr;
    case Do::CancelIntent:
      return directIntent(world) != nullptr;
    case Do::EmptyBalance:
      return !world.stripe.balanceIsEmpty;
    case Do::SearchFallsBehind:
      return !world.stripe.searchIsBehind;
    case Do::BackUp:
      return !world.backup && !world.wasRestored;
    case Do::Restore:
      return world.backup.has_value();
    case Do::ClockGoesAhead:
    case Do::ClockFallsBehind:
      return world.clockError == Milliseconds{0};
    case Do::ClockIsSetRight:
      return world.clockError != Milliseconds{0};
    case Do::ReversalsFail:
      return !world.stripe.reversalsFail;
    case Do::ReversalsAnswer:
      return world.stripe.reversalsFail;
    case Do::RemoveCard:
      return world.stripe.hasSavedCard();
    case Do::Resume:
    case Do::OperatorRefundPart:
    case Do::OperatorRefundAll:
      return world.newest() != nullptr;
    case Do::Resolve: {
      const Saga* about = world.forOperator();
      return about != nullptr &&
             (about->attention || about->compensation.failure || about->call || !about->refundsOwed.empty());
    }
    case Do::NextTimer:
      return nextTimer(world).has_value();
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

}  // namespace checkout::model
