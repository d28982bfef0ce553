#include "model/invariants.hpp"

#include <algorithm>

#include "domain/transitions.hpp"
#include "model/who.hpp"

namespace checkout::model {
namespace {

using Found = std::optional<Violation>;

Found violated(std::string invariant, std::string what) {
  return Violation{std::move(invariant), std::move(what)};
}

bool stands(const std::string& refundStatus) {
  return refundStatus == "succeeded" || refundStatus == "pending";
}

// A payment that has taken the customer's money and not given all of it back, or still may take it.
bool mayKeepMoney(const World& world, const ModelStripe::Intent& intent) {
  if (world.stripe.left(intent) > 0 || intent.state == PaymentState::Processing) return true;
  const bool isPayable = intent.state == PaymentState::Open || intent.state == PaymentState::Declined ||
                         intent.state == PaymentState::RequiresAction;
  return intent.session.empty() && isPayable;
}

Found atMostOnePaymentPerCheckout(const World& world) {
  if (world.stripe.searchWasBehind) return std::nullopt;
  std::map<SagaId, int> payments;
  for (const auto& session : world.stripe.sessions())
    payments[session.saga] += session.status == ModelStripe::Session::Status::Open && isKnown(world, session);
  for (const auto& intent : world.stripe.intents())
    payments[intent.saga] += mayKeepMoney(world, intent) && !isForeign(world, intent);
  for (const auto& [saga, count] : payments)
    if (count > 1)
      return violated("1 at most one payment of a checkout",
                      "a checkout has " + std::to_string(count) + " payments that took money or still can");
  return std::nullopt;
}

Found stockAddsUp(const World& world) {
  for (const auto& [key, row] : *world.store.stock)
    if (row.level.reserved < 0 || row.level.sold < 0 || row.level.free() < 0)
      return violated("4 stock adds up", "a count of " + key.second + " is negative");
  return std::nullopt;
}

Found completedAsPaid(const World& before, const World& after) {
  for (const auto& [key, row] : *after.store.sagas) {
    const Saga& saga = row.saga->value();
    const Saga* earlier = before.find(saga.id);
    const bool isNews = earlier == nullptr || earlier->status != SagaStatus::Completed;
    if (saga.status != SagaStatus::Completed || !isNews) continue;
    const auto& intents = after.stripe.intents();
    const bool isPaid = std::any_of(intents.begin(), intents.end(), [&](const auto& intent) {
      return intent.saga == saga.id && intent.received == saga.totals.total.amount &&
             intent.goods == goodsOf(saga);
    });
    if (!isPaid)
      return violated("5 a completed order is what was paid", "a checkout of " + goodsOf(saga) + " for " +
                                                                  display(saga.totals.total) +
                                                                  " is completed without such a payment");
  }
  return std::nullopt;
}

Found historyIsLegal(const World& before, const World& after) {
  for (const auto& [key, row] : *after.store.sagas) {
    const auto earlier = before.store.sagas->find(key);
    const std::size_t known = earlier == before.store.sagas->end() ? 0 : earlier->second.events.size();
    for (std::size_t i = known; i < row.events.size(); ++i) {
      const SagaEvent& event = *row.events[i];
      if (event.sequence != static_cast<std::int64_t>(i) + 1)
        return violated("8 histories have no gap", "entry " + std::to_string(i + 1) + " is missing");
      if (!domain::isLegalTransition(event.from, event.to))
        return violated("8 transitions are legal",
                        std::string(toString(event.from)) + " became " + std::string(toString(event.to)));
    }
  }
  return std::nullopt;
}

// The pauses before a step that failed for a moment is given up add up to 42 s; polling must not use them up.
// A payment that came of it has its own end: the merchant's, say.
Found triesHaveTheirPauses(const World& before, const World& after) {
  constexpr Milliseconds kPauses{42'000};
  if (after.clockWasWrong) return std::nullopt;  // the times of the history are the server's
  for (const auto& [key, row] : *after.store.sagas) {
    const auto earlier = before.store.sagas->find(key);
    const std::size_t known = earlier == before.store.sagas->end() ? 0 : earlier->second.events.size();
    const SagaEvent* firstFailure = nullptr;
    for (std::size_t i = 0; i < row.events.size(); ++i) {
      const SagaEvent& event = *row.events[i];
      const bool hasCome = event.type.rfind("payment_", 0) == 0 && event.type != "payment_started";
      if (event.type == "retried" || hasCome) firstFailure = nullptr;
      if (event.type == "step_failed" && firstFailure == nullptr) firstFailure = &event;
      if (i < known || event.type != "compensation_started" || firstFailure == nullptr) continue;
      if (event.data.contains("error") && event.at - firstFailure->at < kPauses)
        return violated("22 tries have their pauses",
                        "a step was given up " +
                            std::to_string((event.at - firstFailure->at).count() / 1000) +
                            " s after its first temporary failure");
    }
  }
  return std::nullopt;
}

// Nor does what was never sent: a step is given up after four tries, or after half an hour without one.
Found onlySentTriesCount(const World& before, const World& after) {
  constexpr int kTries = 4;
  constexpr Milliseconds kUnsentFor{30 * 60'000};
  if (after.clockWasWrong || after.wasRestored) return std::nullopt;
  for (const auto& [key, row] : *after.store.sagas) {
    const auto earlier = before.store.sagas->find(key);
    const std::size_t known = earlier == before.store.sagas->end() ? 0 : earlier->second.events.size();
    const SagaEvent* failure = nullptr;
    for (std::size_t i = 0; i < row.events.size(); ++i) {
      const SagaEvent& event = *row.events[i];
      if (event.type == "payment_started") failure = nullptr;
      if (event.type == "step_failed" && failure == nullptr) failure = &event;
      const bool isGivenUp = i >= known && failure != nullptr && event.type == "compensation_started" &&
                             event.data.value("error", "") == "PAYMENT_SERVICE_ERROR";
      if (isGivenUp && after.tries < kTries && event.at - failure->at < kUnsentFor)
        return violated("22 only what was sent is a try",
                        "a step was given up after " + std::to_string(after.tries) + " tries");
    }
  }
  return std::nullopt;
}

// A refund of it has failed at the bank, which the checkout may not have heard yet.
bool wasSentBack(const World& world, const ModelStripe::Intent& intent) {
  const auto& refunds = world.stripe.refunds();
  return std::any_of(refunds.begin(), refunds.end(), [&](const ModelStripe::Refund& refund) {
    return refund.intent == intent.id && refund.status == "failed";
  });
}

// A checkout that says that it was undone has none of the customer's money.
Found undoneHasNoMoney(const World& before, const World& after) {
  if (after.stripe.searchWasBehind || after.wasRestored) return std::nullopt;
  for (const auto& [key, row] : *after.store.sagas) {
    const Saga& saga = row.saga->value();
    const Saga* earlier = before.find(saga.id);
    const bool isUndone = saga.status == SagaStatus::Compensated || saga.status == SagaStatus::Failed;
    if (!isUndone || (earlier != nullptr && earlier->status == saga.status)) continue;
    for (const ModelStripe::Intent& intent : after.stripe.intents())
      if (intent.saga == saga.id && after.notGivenBack(intent) > 0 && !wasSentBack(after, intent))
        return violated("3 what was undone has no money",
                        "a checkout is " + std::string(toString(saga.status)) + ", and Stripe has " +
                            display({after.notGivenBack(intent), intent.amount.currency}));
  }
  return std::nullopt;
}

// A store that was restored can't know which keys it has used since.
Found oneBodyPerKey(const World& world) {
  if (!world.stripe.keyWasReused() || world.wasRestored) return std::nullopt;
  return violated("10 one idempotency key, one body", "a key was sent with another body");
}

Found eventsTakeEffectOnce(const World& world, const Action& action, const Happened& happened) {
  if (action.what != Do::DeliverAgain || !happened.fate || world.wasRestored) return std::nullopt;
  if (*happened.fate == saga::EventFate::Duplicate) return std::nullopt;
  return violated("11 an event takes effect once",
                  "a repeated event was " + std::string(saga::toString(*happened.fate)));
}

Found startedIsWhatIsInTheCart(const World& before, const Action& action, const Happened& happened) {
  if (!isStart(action.what)) return std::nullopt;
  const std::string wanted = before.goodsInCart();
  if (happened.answer && !isTerminal(happened.answer->status) && !wanted.empty() &&
      goodsOf(*happened.answer) != wanted)
    return violated("7 what is started is what is in the cart",
                    wanted + " are in the cart, the checkout sells " + goodsOf(*happened.answer));
  const std::string country = action.what == Do::StartElsewhere ? "US" : "DE";
  if (happened.answer && !isTerminal(happened.answer->status) &&
      happened.answer->shippingAddress->country != country)
    return violated("7 what is started goes where it was asked to",
                    country + " was asked for, it goes to " + happened.answer->shippingAddress->country);
  if (happened.answer && isTerminal(happened.answer->status) && action.what == Do::StartWithKey &&
      before.agent.keyUse && !wanted.empty() && before.find(happened.answer->id) != nullptr &&
      happened.answer->status == SagaStatus::Completed)
    return violated("7 a key is for one purchase",
                    "paid, says the answer, while " + wanted + " lie unpaid in the cart");
  if (!happened.error || happened.error->code != ErrorCode::InvalidState) return std::nullopt;
  const Json& details = happened.error->details;
  if (!details.is_object() || !details.contains("sagaId")) return std::nullopt;
  const Saga* live = before.find(SagaId{details["sagaId"].get<std::string>()});
  const bool isTheSame = live != nullptr && live->status == SagaStatus::PaymentPending &&
                         goodsOf(*live) == wanted && !live->paymentMethodId && action.what == Do::Start &&
                         live->shippingAddress->country == "DE";
  if (!isTheSame) return std::nullopt;
  return violated("7 what is started is what is in the cart",
                  "the contents of the open page were refused as other contents");
}

// Charges without a page: nobody sees a total but in our answers.
Found chargesAreAgreedTo(const Stage& stage, const World& before, const Action& action, const World& after) {
  const auto& intents = after.stripe.intents();
  for (std::size_t i = before.stripe.intents().size(); i < intents.size(); ++i) {
    const ModelStripe::Intent& intent = intents[i];
    if (!intent.session.empty()) continue;
    const auto& threshold = stage.tenant().policies.approvalThreshold;
    const auto& approved = before.agent.approved;
    const bool isApproved = approved && approved->saga == intent.saga &&
                            approved->total == intent.amount.amount && approved->goods == intent.goods;
    if (threshold && intent.amount.amount > *threshold && !isApproved)
      return violated(
          "20 above the threshold no charge without an approval",
          display(intent.amount) + " were charged" +
              (approved ? " for " + intent.goods + "; " + display({approved->total, intent.amount.currency}) +
                              " for " + approved->goods + " were approved"
                        : std::string(", and nobody was asked")));
    const auto& refused = before.agent.refused;
    const Saga* refuser =
        before.find(before.agent.saga);  // once it has ended, the call begins another purchase
    const bool wasRefused = action.what == Do::RepeatRefused && refused->code == ErrorCode::TotalChanged &&
                            refuser != nullptr && !isTerminal(refuser->status) &&
                            refused->named.total != intent.amount.amount;
    if (wasRefused)
      return violated("18 a total that was refused is not charged by repeating the call",
                      display(intent.amount) + " were charged by the call that was refused for it");
    const Saga* asked = before.find(before.agent.saga);
    const bool isNew = isStart(action.what) && (asked == nullptr || isTerminal(asked->status));
    const bool named = action.what == Do::PayShown || action.what == Do::PayOlder ||
                       action.what == Do::PayRemembered || action.what == Do::RepeatApproved ||
                       action.what == Do::RepeatRefused || action.what == Do::Confirm;
    if (isAgents(action.what) && !action.byOther && !isNew && !named &&
        before.agent.disagreed == intent.amount.amount)
      return violated("18 a total that was refused is charged only if it is named",
                      display(intent.amount) + " were charged by a call that does not name them");
    const auto& goods = before.agent.shown;
    if (isAgents(action.what) && !isStart(action.what) && action.what != Do::RepeatRefused &&
        action.what != Do::RepeatApproved && goods && goods->saga == intent.saga &&
        goods->goods != intent.goods)
      return violated("18 the goods shown are the goods sold",
                      goods->goods + " were shown, " + intent.goods + " were charged for");
    const auto& shown = action.what == Do::PayOlder ? before.agent.olderTotal : before.agent.total;
    const Saga* live = before.find(before.agent.saga);
    const bool isShown = isAgents(action.what) && shown &&
                         (!isStart(action.what) || (live != nullptr && !isTerminal(live->status)));
    if (isShown && *shown != intent.amount.amount)
      return violated("18 the total shown is the total charged",
                      display({*shown, intent.amount.currency}) + " were shown, " + display(intent.amount) +
                          " were charged");
  }
  return std::nullopt;
}

Found refundsAreMadeOnce(const World& world) {
  std::int64_t made = 0;
  for (const ModelStripe::Refund& refund : world.stripe.refunds()) {
    if (refund.key.empty() || !stands(refund.status)) continue;
    for (const ModelStripe::Intent& intent : world.stripe.intents()) {
      const Saga* saga = intent.id == refund.intent ? world.find(intent.saga) : nullptr;
      if (saga != nullptr && saga->status == SagaStatus::Completed &&
          saga->payment.paymentIntentId == intent.id)
        made += refund.amount.amount;
    }
  }
  if (made <= world.refundsAsked) return std::nullopt;
  return violated(
      "21 a refund that was asked for once is made once",
      std::to_string(world.refundsAsked) + " were asked for, " + std::to_string(made) + " were given back");
}

// Nobody is paid by an operator and by the checkout.
Found settledIsNotRefunded(const World& before, const World& after) {
  const auto& refunds = after.stripe.refunds();
  for (std::size_t i = before.stripe.refunds().size(); i < refunds.size(); ++i) {
    if (refunds[i].key.empty()) continue;
    const ModelStripe::Intent& intent = intentNamed(after, refunds[i].intent);
    if (after.byHand.contains(intent.id) && after.notGivenBack(intent) < 0)
      return violated("21 what an operator has settled is not given back again",
                      std::to_string(after.byHand.at(intent.id)) + " were paid by hand, and of " +
                          display(intent.amount) + " " + std::to_string(after.stripe.refunded(intent.id)) +
                          " are refunded");
  }
  return std::nullopt;
}

// What was delivered before a backup was restored is not given back by the store that knows nothing of it,
// unless its agent has cancelled, who knows.
Found soldIsNotRefunded(const World& before, const World& after) {
  const auto& refunds = after.stripe.refunds();
  for (std::size_t i = before.stripe.refunds().size(); i < refunds.size(); ++i) {
    const auto& sold = after.sold;
    if (refunds[i].key.empty() || std::find(sold.begin(), sold.end(), refunds[i].intent) == sold.end())
      continue;
    const Saga* saga = after.find(intentNamed(after, refunds[i].intent).saga);
    if (saga != nullptr && (saga->compensation.cancelled || saga->status == SagaStatus::Completed)) continue;
    return violated("21 what was sold before a restore is not given back",
                    display(refunds[i].amount) + " of an order that was completed went back");
  }
  return std::nullopt;
}

Found oneCustomerForEachUser(const World& world) {
  const auto& customers = world.stripe.customers();
  for (std::size_t i = 1; i < customers.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (customers[i].userDigest == customers[j].userDigest)
        return violated("25 a user has one customer", *customers[i].customerId + " was made beside another");
  return std::nullopt;
}

Found nothingIsInternal(const Happened& happened) {
  if (!happened.error || happened.error->code != ErrorCode::Internal) return std::nullopt;
  return violated("24 nothing that happens outside is an internal error", happened.error->message);
}

// --- when the dust has settled ---------------------------------------------------------------------------

bool isListed(const Saga& saga, const World& world) {
  return saga::whyStuck(saga, world.serverNow()).has_value();
}

Found everythingHasEnded(const World& world) {
  for (const auto& [key, row] : *world.store.sagas) {
    const Saga& saga = row.saga->value();
    if (!isTerminal(saga.status) && !isListed(saga, world))
      return violated("16 everything ends or is listed as stuck",
                      "a checkout is still " + std::string(toString(saga.status)) + ", its payment " +
                          std::string(toString(saga.payment.state)));
  }
  return std::nullopt;
}

// An operator has seen that a payment which a restored store knows nothing of was delivered.
bool wasLookedAt(const World& world, const ModelStripe::Intent& intent) {
  const auto isIn = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), intent.id) != list.end();
  };
  return isIn(world.sold) && isIn(world.settled);
}

// A restored store has not got its checkout, and has said so: its events are kept for whoever looks.
bool isLogged(const World& world, const ModelStripe::Intent& intent) {
  const auto& inbox = *world.store.inbox;
  return world.wasRestored && std::any_of(inbox.begin(), inbox.end(), [&](const auto& entry) {
           const std::string& object = entry.second.objectId;
           return entry.second.state == InboxEvent::State::Parked &&
                  (object == intent.id || object == intent.session);
         });
}

Found moneyIsEarnedOrGivenBack(const World& world) {
  int kept = 0;
  for (const ModelStripe::Intent& intent : world.stripe.intents()) {
    const std::int64_t left = world.notGivenBack(intent);
    if (left <= 0) continue;
    const Saga* saga = world.find(intent.saga);
    kept += world.isKept(intent);
    if (saga != nullptr && (saga->status == SagaStatus::Completed || isListed(*saga, world))) continue;
    if (wasLookedAt(world, intent) || (saga == nullptr && isLogged(world, intent))) continue;
    return violated("2 every payment's checkout is completed or its money given back",
                    display({left, intent.amount.currency}) + " are kept, and the checkout is " +
                        (saga == nullptr ? "unknown" : std::string(toString(saga->status))));
  }
  const auto boughtTooMuch = [&](const UserId& user, const Knowledge& agent) {
    return violated("1 no double charge", std::to_string(world.keptBy(user)) + " payments are kept, " +
                                              std::to_string(agent.wanted) + " purchases were wanted");
  };
  if (world.keptBy(kAnn) > world.agent.wanted) return boughtTooMuch(kAnn, world.agent);
  if (world.keptBy(kBen) > world.other.wanted) return boughtTooMuch(kBen, world.other);
  if (kept > world.fills)
    return violated("1 what lay in the cart is bought once",
                    std::to_string(kept) + " payments are kept, and the cart was filled " +
                        std::to_string(world.fills) + " times");
  return std::nullopt;
}

Found ledgerFollowsStripe(const World& world) {
  for (const ModelStripe::Intent& intent : world.stripe.intents()) {
    const Saga* saga = world.find(intent.saga);
    if (saga == nullptr || intent.received == 0 || isListed(*saga, world)) continue;
    std::int64_t known = 0;
    for (const auto& [key, entry] : *world.store.refunds)
      if (entry.paymentIntentId == intent.id && stands(entry.status)) known += entry.amount.amount;
    if (known != world.stripe.refunded(intent.id))
      return violated("21 the ledger says what Stripe says",
                      "Stripe gave back " + std::to_string(world.stripe.refunded(intent.id)) +
                          ", the ledger says " + std::to_string(known));
    const auto order =
        saga->orderId ? world.store.orders->find({kShop, saga->orderId->value}) : world.store.orders->end();
    if (order == world.store.orders->end()) continue;
    const Order& written = order->second.order->value();
    const auto paid = world.byHand.find(intent.id);
    const bool isWhole = world.stripe.left(intent) - (paid == world.byHand.end() ? 0 : paid->second) <= 0;
    if (saga->status == SagaStatus::Completed && saga->payment.paymentIntentId == intent.id &&
        (written.status == OrderStatus::Refunded) != isWhole)
      return violated("21 the order says what Stripe says",
                      "of " + display(intent.amount) + " " + std::to_string(world.stripe.left(intent)) +
                          " are left, and the order is " + std::string(toString(written.status)));
  }
  return std::nullopt;
}

Found mailSaysWhatWasPaid(const World& world) {
  for (const auto& [key, row] : *world.store.sagas) {
    const Saga& saga = row.saga->value();
    if (saga.status != SagaStatus::Completed || saga.email.empty()) continue;
    const auto& outbox = *world.store.outbox;
    const auto mails = std::count_if(outbox.begin(), outbox.end(), [&](const auto& entry) {
      const Email& email = entry.second.message.email;
      return email.id == "confirmation-" + saga.orderId->value &&
             email.text.find("Total     " + display(*saga.payment.amountPaid) + "\n") != std::string::npos;
    });
    if (mails != 1)
      return violated(
          "21 the mail says what was paid",
          std::to_string(mails) + " mails confirm the payment of " + display(*saga.payment.amountPaid));
  }
  return std::nullopt;
}

// The bank has sent money back that was given back: it is owed again, or somebody has to know.
Found failedRefundsAreListed(const World& world) {
  for (const ModelStripe::Refund& refund : world.stripe.refunds()) {
    if (refund.status != "failed") continue;
    const auto& intents = world.stripe.intents();
    const auto intent = std::find_if(intents.begin(), intents.end(),
                                     [&](const auto& candidate) { return candidate.id == refund.intent; });
    const Saga* saga = world.find(intent->saga);
    const auto& settled = world.settled;
    if (saga == nullptr || isListed(*saga, world) || world.notGivenBack(*intent) <= 0 ||
        std::find(settled.begin(), settled.end(), refund.id) != settled.end())
      continue;
    return violated("22 what is owed is done or listed as stuck", "a refund came back, and nobody is told");
  }
  return std::nullopt;
}

// An open dispute waits for the merchant, and a lost one has to be booked. Of a won one nothing is left to
// do.
Found disputesAreListed(const World& world) {
  for (const ModelStripe::Dispute& dispute : world.stripe.disputes()) {
    const Saga* saga = world.find(intentNamed(world, dispute.intent).saga);
    if (saga == nullptr) continue;
    const std::string about = dispute.id + " " + dispute.status;
    const bool isSettled =
        std::find(world.settled.begin(), world.settled.end(), about) != world.settled.end();
    if (dispute.status != "won" && !isSettled && !isListed(*saga, world))
      return violated("22 disputes are listed", "a dispute is " + dispute.status + ", and nobody is told");
    if (dispute.status == "won" && saga->attention && saga->attentionAbout.rfind(dispute.id + " ", 0) == 0)
      return violated("22 what is over is listed no more", "a dispute is won, and asks for a person");
  }
  return std::nullopt;
}

Found stockIsHeldByNobody(const World& world) {
  std::map<std::string, std::int64_t> sold;
  for (const auto& [key, row] : *world.store.sagas) {
    const Saga& saga = row.saga->value();
    if (isListed(saga, world)) return std::nullopt;
    if (saga.status != SagaStatus::Completed) continue;
    for (const LineItem& item : saga.cart.items) sold[item.productId.value] += item.quantity;
  }
  for (const auto& [key, row] : *world.store.stock) {
    const std::string& product = key.second;
    if (row.level.reserved == 0 && row.level.sold == sold[product]) continue;
    return violated("4 stock is held for nobody and sold for orders",
                    told(product, row.level.reserved) + " are held, " + told(product, row.level.sold) +
                        " sold; the orders have " + told(product, sold[product]));
  }
  return std::nullopt;
}

}  // namespace

Found checkStep(const Stage& stage, const World& before, const Action& action, const Happened& happened,
                const World& after) {
  if (action.what == Do::Restore) return std::nullopt;  // nothing has happened but that all is as it was
  for (auto& found :
       {atMostOnePaymentPerCheckout(after), stockAddsUp(after), completedAsPaid(before, after),
        historyIsLegal(before, after), triesHaveTheirPauses(before, after), onlySentTriesCount(before, after),
        undoneHasNoMoney(before, after), oneBodyPerKey(after), oneCustomerForEachUser(after),
        eventsTakeEffectOnce(after, action, happened), startedIsWhatIsInTheCart(before, action, happened),
        chargesAreAgreedTo(stage, before, action, after), refundsAreMadeOnce(after),
        settledIsNotRefunded(before, after), soldIsNotRefunded(before, after), nothingIsInternal(happened)})
    if (found) return found;
  return std::nullopt;
}

std::vector<Violation> checkEnd(const World& world) {
  std::vector<Violation> all;
  for (auto& found : {everythingHasEnded(world), moneyIsEarnedOrGivenBack(world), ledgerFollowsStripe(world),
                      mailSaysWhatWasPaid(world), failedRefundsAreListed(world), disputesAreListed(world),
                      stockIsHeldByNobody(world)})
    if (found) all.push_back(*found);
  return all;
}

}  // namespace checkout::model
