// What happens without a call of the product: to the cart, at Stripe, to the clock and to the store's file.
#include "model/by_hand.hpp"
#include "model/who.hpp"

namespace checkout::model {
namespace {

constexpr Milliseconds kADay{25 * 60 * 60 * 1000};
constexpr Milliseconds kClockError{5 * 60 * 60 * 1000};  // a wrong time zone

// An operator puts the backup in the store's place.
void restore(World& world) {
  const Contents& backup = world.backup->store;
  for (const ModelStripe::Intent& intent : world.stripe.intents()) {
    const Saga* saga = world.find(intent.saga);
    if (saga == nullptr) continue;
    const auto earlier = backup.sagas->find({kShop, saga->id.value});
    const bool isKnown =
        earlier != backup.sagas->end() && earlier->second.saga->value().status == SagaStatus::Completed;
    if (isKnown || !world.isKept(intent)) continue;
    ++world.fills;  // what was bought lies in the cart again
    if (saga->status == SagaStatus::Completed && saga->payment.paymentIntentId == intent.id)
      world.sold.push_back(intent.id);
  }
  // What a cancel gave back, the store that comes into its place may know as a purchase.
  for (const ModelStripe::Refund& refund : world.stripe.refunds()) {
    if (refund.key.empty()) continue;
    const Saga* saga = world.find(intentNamed(world, refund.intent).saga);
    if (saga != nullptr && saga->status != SagaStatus::Completed) world.refundsAsked += refund.amount.amount;
  }
  for (const ModelStripe::Session& session : world.stripe.sessions())
    if (isKnown(world, session) && !backup.payments->contains({kShop, session.id}))
      world.pages.push_back(session.id);
  // What was said since, the shop has forgotten; the customer is asked again, and shown again what it costs.
  for (auto [knows, then] :
       {std::pair(&world.agent, &world.backup->agent), std::pair(&world.other, &world.backup->other)}) {
    knows->wanted = std::max(knows->wanted, then->wanted);
    knows->hasCancelled = then->hasCancelled;
    knows->total = knows->olderTotal = {};
    knows->shown.reset();
  }
  world.store = backup;
  world.backup.reset();
  world.wasRestored = world.isStarting = true;
}

}  // namespace

bool happensOutside(World& world, const Action& action) {
  using Delivery = ModelStripe::Delivery;
  ModelStripe& stripe = world.stripe;
  const auto session = [&] { return openPage(world)->id; };
  switch (action.what) {
    case Do::SetCart: {
      MemoryStore memory(world.store);
      const auto saved = memory.write([&](Transaction& tx) {
        return tx.carts().save({kShop, kCart, itemsOf(action.number), world.now});
      });
      if (!saved.ok()) std::abort();
      world.store = memory.contents();
      ++world.fills;
      for (Knowledge* agent : {&world.agent, &world.other}) agent->total = agent->olderTotal = {};
      // What is put in beside a purchase is another one, should its checkout sell something else.
      if (const Saga* known = world.newest();
          paidIntent(world) != nullptr || (known != nullptr && !isTerminal(known->status)))
        for (Knowledge* agent : {&world.agent, &world.other}) ++agent->wanted;
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
      stripe.openDispute(disputableIntent(world)->id, world.now);
      return true;
    case Do::DisputeWon:
    case Do::DisputeLost:
      stripe.closeDispute(openDispute(world)->id, action.what == Do::DisputeWon, world.now);
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
    case Do::BackUp:
      world.backup = World::Backup{world.store, world.agent, world.other};
      return true;
    case Do::Restore:
      restore(world);
      return true;
    case Do::ClockGoesAhead:
    case Do::ClockFallsBehind:
      world.clockError = action.what == Do::ClockGoesAhead ? kClockError : -kClockError;
      world.clockWasWrong = true;
      world.clockWasSetBack = action.what == Do::ClockFallsBehind;
      return true;
    case Do::ClockIsSetRight:
      world.clockWasSetBack = world.clockError > Milliseconds{0};
      world.clockError = Milliseconds{0};
      return true;
    case Do::ReversalsFail:
    case Do::ReversalsAnswer:
      stripe.reversalsFail = action.what == Do::ReversalsFail;
      return true;
    case Do::RemoveCard:
      stripe.removeCard();
      return true;
    case Do::ADayWithoutServer:
      world.now += kADay;
      if (world.agent.unanswered) {  // nobody repeats a call after a day
        world.agent.unanswered.reset();
        world.agent.advice = {};
      }
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

}  // namespace checkout::model
