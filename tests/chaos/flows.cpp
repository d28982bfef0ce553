#include "chaos/flows.hpp"

#include <cstdlib>
#include <thread>

#include "chaos/literal_agent.hpp"

namespace checkout::chaos {
namespace {

using OptionalSaga = std::optional<Json>;

constexpr Milliseconds kPatience{8'000};
constexpr const char* kGoodCard = "4242424242424242";
constexpr const char* kBadCard = "4000000000000002";
constexpr const char* kChallengedCard = "4000002760003184";
constexpr const char* kCardWhoseRefundsFail = "4000000000005126";
constexpr const char* kGoodAccount = "DE89370400440532013000";
constexpr const char* kBadAccount = "DE62370400440532013001";

std::string statusOf(const Json& saga) {
  return textAt(saga, "/status");
}
std::string stateOf(const Json& saga) {
  return textAt(saga, "/payment/state");
}
std::string idOf(const Json& saga) {
  return textAt(saga, "/sagaId");
}
std::string sessionOf(const Json& saga) {
  return textAt(saga, "/payment/sessionId");
}
std::string intentOf(const Json& saga) {
  return textAt(saga, "/payment/paymentIntentId");
}

bool isPayable(const Json& saga) {
  const std::string state = stateOf(saga);
  return statusOf(saga) == "payment_pending" &&
         (state == "open" || state == "declined" || state == "requires_action");
}

OptionalSaga begin(Shopper& shopper, const std::optional<std::string>& method = std::nullopt) {
  const auto& all = shopper.shop().goods;
  const Goods& goods = all[shopper.roll() % all.size()];
  shopper.fillCart(goods, static_cast<int>(shopper.between(1, 3)));
  auto saga = shopper.start(method);
  if (!saga) return saga;
  if (goods.isPhysical && statusOf(*saga) == "pending" && shopper.chance(50))
    shopper.chooseShipping(idOf(*saga), shopper.chance(50) ? "standard" : "express");
  if (shopper.chance(4)) shopper.spy(idOf(*saga));
  if (shopper.chance(4)) shopper.abuseKey();
  return saga;
}

// Up to the open payment page; nullopt if it doesn't come to that.
OptionalSaga beginOnPage(Shopper& shopper) {
  auto saga = begin(shopper);
  if (saga) saga = shopper.openPage(idOf(*saga));
  return saga;
}

void payIfOpen(Shopper& shopper, const OptionalSaga& saga, const Json& how) {
  if (saga && isPayable(*saga) && !sessionOf(*saga).empty()) shopper.pay(sessionOf(*saga), how);
}

void finish(Shopper& shopper, const OptionalSaga& saga) {
  if (saga) shopper.readOrder(shopper.awaitEnd(idOf(*saga), kPatience));
}

// Both at the same moment, or nearly.
template <class Mine, class Theirs>
void race(Shopper& shopper, const Mine& mine, const Theirs& theirs) {
  Shopper other(shopper.town(), shopper.identity(), shopper.roll());
  const int wait = static_cast<int>(shopper.between(0, 40));
  bool mineIsOver = false, theirsIsOver = false;
  const auto untilOver = [](const auto& deed, Shopper& who, bool& isOver) {
    try {
      deed(who);
    } catch (const TownIsOver&) {
      isOver = true;
    }
  };
  std::thread second([&] {
    pause(Milliseconds(wait));
    untilOver(theirs, other, theirsIsOver);
  });
  untilOver(mine, shopper, mineIsOver);
  second.join();
  if (mineIsOver || theirsIsOver) throw TownIsOver{};
}

void payOnPage(Shopper& shopper) {
  const auto saga = beginOnPage(shopper);
  payIfOpen(shopper, saga, {{"card", kGoodCard}});
  finish(shopper, saga);
}

void declineOnPage(Shopper& shopper) {
  const auto saga = beginOnPage(shopper);
  payIfOpen(shopper, saga, {{"card", kBadCard}});
  if (saga && shopper.chance(50)) shopper.status(idOf(*saga));
  payIfOpen(shopper, saga, {{"card", kGoodCard}});
  finish(shopper, saga);
}

void challengeOnPage(Shopper& shopper) {
  const auto saga = beginOnPage(shopper);
  payIfOpen(shopper, saga, {{"card", kChallengedCard}});
  if (shopper.chance(40)) {
    payIfOpen(shopper, saga, {{"authenticate", "refuse"}});
    payIfOpen(shopper, saga, {{"card", kGoodCard}});
  } else {
    if (saga && shopper.chance(50)) shopper.status(idOf(*saga));
    payIfOpen(shopper, saga, {{"authenticate", "accept"}});
  }
  finish(shopper, saga);
}

void debit(Shopper& shopper, const char* account, bool settles) {
  const auto saga = beginOnPage(shopper);
  payIfOpen(shopper, saga, {{"iban", account}});
  if (!saga) return;
  auto now = shopper.status(idOf(*saga));
  for (int tries = 0; now && stateOf(*now) == "open" && tries < 20; ++tries) {
    shopper.dawdle(50, 150);
    now = shopper.status(idOf(*saga));
  }
  if (!now) return;
  if (shopper.chance(20)) shopper.cancel(idOf(*saga));  // refused while the money is on its way
  if (stateOf(*now) == "processing" && shopper.chance(80)) shopper.settle(intentOf(*now), settles);
  shopper.awaitEnd(idOf(*saga), Milliseconds(2'000));
}

void debitSucceeds(Shopper& shopper) {
  debit(shopper, kGoodAccount, true);
}
void debitFails(Shopper& shopper) {
  debit(shopper, kBadAccount, false);
}

void payDirectly(Shopper& shopper) {
  if (shopper.chance(15)) shopper.refuseApprovals();
  finish(shopper, begin(shopper, "pm_card_visa"));
}

// Chooses the shipping, sees the total, and has that charged: by checkout_pay, or by another checkout_start.
OptionalSaga beginWithTotal(Shopper& shopper) {
  auto saga = begin(shopper);
  if (!saga || statusOf(*saga) != "pending") return saga;
  shopper.chooseShipping(idOf(*saga), "express");
  return shopper.status(idOf(*saga));
}

void payShown(Shopper& shopper) {
  if (shopper.chance(15)) shopper.refuseApprovals();
  auto saga = beginWithTotal(shopper);
  if (saga && shopper.chance(30)) saga = shopper.openPage(idOf(*saga));  // it is closed then
  if (saga) saga = shopper.payShown(*saga, shopper.chance(80) ? "pm_card_visa" : "pm_card_refundFail");
  finish(shopper, saga);
}

void startAgainToPay(Shopper& shopper) {
  shopper.note([](Purchase& purchase) { purchase.isFreeOfKeys = true; });
  const auto saga = beginWithTotal(shopper);
  if (!saga || statusOf(*saga) != "pending") return;
  Json arguments = shopper.startArguments("pm_card_visa");
  arguments.erase("idempotencyKey");
  shopper.note([](Purchase& purchase) { purchase.consent.charge(); });
  const Answer answer = shopper.call("checkout_start", std::move(arguments));
  if (!answer.isError) finish(shopper, answer.content);
}

void obey(Shopper& shopper, int forgetPercent) {
  constexpr int kMostDeeds = 12;
  const Goods& goods = shopper.shop().goods[shopper.roll() % shopper.shop().goods.size()];
  shopper.fillCart(goods, 1);
  shopper.note([](Purchase& purchase) { purchase.isFreeOfKeys = true; });
  Json start =
      shopper.startArguments(shopper.chance(60) ? std::optional<std::string>("pm_card_visa") : std::nullopt);
  if (shopper.chance(50)) start.erase("idempotencyKey");
  const auto forgets = [&] {
    const bool does = shopper.chance(forgetPercent);
    if (does) shopper.note([](Purchase& purchase) { purchase.consent.forget(); });
    if (does) shopper.tell("the agent has forgotten that");
    return does;
  };
  LiteralAgent agent(
      [&](const std::string& tool, const Json& arguments) {
        const bool pays = arguments.contains("paymentMethodId") || tool == "checkout_retry" ||
                          tool == "postPaymentIntentsIntentConfirm";
        std::optional<std::int64_t> expected;
        if (tool == "checkout_pay") expected = arguments["expectedTotal"]["amount"].get<std::int64_t>();
        if (pays) shopper.note([&](Purchase& purchase) { purchase.consent.charge(expected); });
        if (tool == "checkout_retry") shopper.note([](Purchase& purchase) { purchase.retried = true; });
        return shopper.call(tool, arguments).content;
      },
      start, {forgets, goods.id});
  for (const auto patience = std::chrono::steady_clock::now() + kPatience;
       agent.step() && std::chrono::steady_clock::now() < patience;) {
    if (agent.deeds() > kMostDeeds)
      return shopper.accuse(19, idOf(agent.answer()), "obeying nextAction goes on after 12 calls");
    if (!agent.isWaiting()) continue;
    payIfOpen(shopper, agent.answer(), {{"card", shopper.chance(80) ? kGoodCard : kBadCard}});
    shopper.dawdle(80, 250);
  }
}

void obeyLiterally(Shopper& shopper) {
  obey(shopper, 0);
}
void forgetAndRepeat(Shopper& shopper) {
  obey(shopper, 35);
}

void confirmAgain(Shopper& shopper, const Json& saga) {
  if (isPayable(saga) && !intentOf(saga).empty()) shopper.confirm(intentOf(saga), "pm_card_visa");
}

void declineThenConfirm(Shopper& shopper) {
  const auto saga = begin(shopper, "pm_card_chargeDeclined");
  if (saga) confirmAgain(shopper, *saga);
  finish(shopper, saga);
}

void confirmTwice(Shopper& shopper) {
  const auto saga = begin(shopper, "pm_card_chargeDeclined");
  if (saga)
    race(
        shopper, [&](Shopper& one) { confirmAgain(one, *saga); },
        [&](Shopper& one) { confirmAgain(one, *saga); });
  finish(shopper, saga);
}

void declineThenPage(Shopper& shopper) {
  const bool isChallenged = shopper.chance(50);
  auto saga = begin(shopper, isChallenged ? "pm_card_authenticationRequired" : "pm_card_chargeDeclined");
  if (saga) saga = shopper.openPage(idOf(*saga));
  payIfOpen(shopper, saga, {{"card", kGoodCard}});
  finish(shopper, saga);
}

// The page that was open before must not take money any more once the new one does.
void changeShipping(Shopper& shopper) {
  auto saga = beginOnPage(shopper);
  if (!saga) return;
  const std::string before = sessionOf(*saga);
  shopper.chooseShipping(idOf(*saga), shopper.chance(50) ? "express" : "standard");
  saga = shopper.openPage(idOf(*saga));
  if (!saga) return;
  if (isPayable(*saga) && shopper.chance(50)) shopper.pay(before, {{"card", kGoodCard}});
  payIfOpen(shopper, saga, {{"card", kGoodCard}});
  finish(shopper, saga);
}

// The money is there when the page of the one who wants to change the shipping is closed.
void payWhileShippingChanges(Shopper& shopper) {
  const auto saga = beginOnPage(shopper);
  if (!saga) return;
  race(
      shopper, [&](Shopper& one) { one.chooseShipping(idOf(*saga), "express"); },
      [&](Shopper& one) {
        payIfOpen(one, saga, {{"card", kGoodCard}});
      });
  finish(shopper, saga);
}

void cancelUnpaid(Shopper& shopper) {
  auto saga = begin(shopper);
  if (!saga) return;
  if (shopper.chance(70)) saga = shopper.openPage(idOf(*saga));
  if (!saga) return;
  shopper.cancel(idOf(*saga));
  if (shopper.chance(30)) payIfOpen(shopper, saga, {{"card", kGoodCard}});  // too late
  shopper.awaitEnd(idOf(*saga), kPatience);
}

void cancelPaid(Shopper& shopper) {
  const auto saga = beginOnPage(shopper);
  payIfOpen(shopper, saga, {{"card", shopper.chance(10) ? kCardWhoseRefundsFail : kGoodCard}});
  if (!saga) return;
  shopper.cancel(idOf(*saga));
  shopper.awaitEnd(idOf(*saga), kPatience);
}

void cancelAgainstPay(Shopper& shopper) {
  const auto saga = beginOnPage(shopper);
  if (!saga) return;
  race(
      shopper, [&](Shopper& one) { one.cancel(idOf(*saga)); },
      [&](Shopper& one) {
        payIfOpen(one, saga, {{"card", kGoodCard}});
      });
  shopper.awaitEnd(idOf(*saga), kPatience);
}

void cancelAgainstConfirm(Shopper& shopper) {
  const auto saga = begin(shopper, "pm_card_chargeDeclined");
  if (!saga) return;
  race(
      shopper, [&](Shopper& one) { confirmAgain(one, *saga); },
      [&](Shopper& one) { one.cancel(idOf(*saga)); });
  shopper.awaitEnd(idOf(*saga), kPatience);
}

// The customer pays while the cancellation is on its way to Stripe.
void payDuringCancel(Shopper& shopper) {
  const auto saga = beginOnPage(shopper);
  if (!saga || sessionOf(*saga).empty()) return;
  if (isPayable(*saga))
    shopper.town().simulator.addFaults(
        {{"match", {{"path_prefix", "/v1/checkout/sessions/" + sessionOf(*saga) + "/expire"}}},
         {"kind", "latency"},
         {"latency_ms", 120},
         {"times", 1}});
  race(
      shopper, [&](Shopper& one) { one.cancel(idOf(*saga)); },
      [&](Shopper& one) {
        pause(Milliseconds(30));
        payIfOpen(one, saga, {{"card", kGoodCard}});
      });
  shopper.awaitEnd(idOf(*saga), kPatience);
}

void startTwice(Shopper& shopper) {
  const auto& goods = shopper.shop().goods.front();
  shopper.fillCart(goods, 1);
  const bool direct = shopper.chance(50);
  const std::optional<std::string> method =
      direct ? std::optional<std::string>("pm_card_visa") : std::nullopt;
  OptionalSaga saga;
  race(
      shopper, [&](Shopper& one) { saga = one.start(method); }, [&](Shopper& one) { one.start(method); });
  if (!saga) return;
  if (!direct) {
    race(
        shopper, [&](Shopper& one) { saga = one.openPage(idOf(*saga)); },
        [&, id = idOf(*saga)](Shopper& one) { one.openPage(id); });
    shopper.abuseKey();
    payIfOpen(shopper, saga, {{"card", kGoodCard}});
  }
  finish(shopper, saga);
}

void abandon(Shopper& shopper) {
  const auto saga = shopper.chance(15) ? begin(shopper) : beginOnPage(shopper);
  if (shopper.chance(30)) payIfOpen(shopper, saga, {{"card", kBadCard}});
  if (shopper.chance(15)) payIfOpen(shopper, saga, {{"card", kChallengedCard}});
}

void abandonDirect(Shopper& shopper) {
  begin(shopper, shopper.chance(50) ? "pm_card_authenticationRequired" : "pm_card_chargeDeclined");
}

// Only looks around and collects. What was acknowledged has to be in the cart for ever after.
void browse(Shopper& shopper) {
  const Goods& goods = shopper.shop().goods.front();
  CartMemory memory{shopper.shop().tenant, CartId{shopper.cart()}, ProductId{goods.id}, 0, 0};
  for (int i = 0; i < 5; ++i) {
    const int quantity = static_cast<int>(shopper.between(1, 3));
    const Answer answer = shopper.call(
        "cart_add_item", {{"cartId", shopper.cart()}, {"productId", goods.id}, {"quantity", quantity}});
    if (!answer.isError) memory.acknowledged += quantity;
    memory.unanswered += quantity * answer.unanswered;
    if (shopper.chance(40)) shopper.call("catalog_search", {{"query", "chaos"}});
  }
  shopper.town().history.remember(memory);
}

}  // namespace

void retryAfterExpiry(Shopper& shopper) {
  auto saga = shopper.start();
  if (!saga) return;
  if (statusOf(*saga) == "payment_pending") saga = shopper.awaitEnd(idOf(*saga), kPatience);
  if (textAt(*saga, "/nextAction/type") == "retry" && statusOf(*saga) != "payment_pending") {
    const Answer again = shopper.retry(idOf(*saga));
    if (again.isError) return;
    saga = again.content;
  }
  const std::string status = statusOf(*saga);
  if (status == "pending" || status == "in_progress" || status == "payment_pending") {
    saga = shopper.openPage(idOf(*saga));
    payIfOpen(shopper, saga, {{"card", kGoodCard}});
  }
  finish(shopper, saga);
}

const std::vector<Flow>& flows() {
  static const std::vector<Flow> kFlows = {
      {"pay_on_page", 16, false, payOnPage},
      {"decline_on_page", 7, false, declineOnPage},
      {"challenge_on_page", 7, false, challengeOnPage},
      {"debit_succeeds", 6, true, debitSucceeds},
      {"debit_fails", 5, true, debitFails},
      {"pay_directly", 8, false, payDirectly},
      {"pay_shown", 6, false, payShown},
      {"start_again_to_pay", 4, false, startAgainToPay},
      {"obey_literally", 6, false, obeyLiterally},
      {"forget_and_repeat", 6, false, forgetAndRepeat},
      {"decline_then_confirm", 7, false, declineThenConfirm},
      {"confirm_twice", 4, false, confirmTwice},
      {"decline_then_page", 4, false, declineThenPage},
      {"change_shipping", 5, false, changeShipping},
      {"pay_while_shipping_changes", 3, false, payWhileShippingChanges},
      {"cancel_unpaid", 6, false, cancelUnpaid},
      {"cancel_paid", 5, false, cancelPaid},
      {"cancel_against_pay", 8, false, cancelAgainstPay},
      {"cancel_against_confirm", 4, false, cancelAgainstConfirm},
      {"pay_during_cancel", 0, false, payDuringCancel},
      {"start_twice", 5, false, startTwice},
      {"abandon", 6, false, abandon},
      {"abandon_direct", 3, false, abandonDirect},
      {"browse", 4, false, browse},
  };
  return kFlows;
}

const Flow& flow(const std::string& name) {
  for (const Flow& one : flows())
    if (name == one.name) return one;
  std::abort();  // a name in this program is wrong
}

}  // namespace checkout::chaos
