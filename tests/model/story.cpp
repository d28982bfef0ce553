// The sentences of a story, in the words of tests/golden/saga.
#include "model/search.hpp"

namespace checkout::model {
namespace {

std::string startOf(const World& world) {
  const std::string goods = world.goodsInCart();
  return "start a checkout of " + (goods.empty() ? "0 mugs" : goods);
}

std::string sentence(const World& world, const Action& action) {
  const std::string method = kMethods[static_cast<std::size_t>(action.number) % kMethods.size()];
  switch (action.what) {
    case Do::SetCart:
      return "put " +
             toldAll(itemsOf(action.number), [](const CartItem& item) { return item.productId.value; }) +
             " into the cart";
    case Do::Start:
      return startOf(world) + " without a key";
    case Do::StartWithKey:
      return startOf(world);
    case Do::StartWithMethod:
      return startOf(world) + " without a key paid with " + method;
    case Do::StartElsewhere:
      return startOf(world) + " without a key to another address";
    case Do::StartAtOtherTotal:
      return startOf(world) + " without a key at another total paid with " + method;
    case Do::PayShown:
      return "pay the total that was shown with " + method;
    case Do::PayOlder:
      return "pay the total that was shown before with " + method;
    case Do::PayRemembered:
      return "pay what was shown of the checkout with " + method;
    case Do::RepeatRefused:
      return "the agent repeats what was refused";
    case Do::RepeatApproved:
      return "the agent goes on as approved";
    case Do::SelectExpress:
      return "choose express shipping";
    case Do::SelectParcel:
      return "choose parcel shipping";
    case Do::OpenPage:
      return "open the payment page";
    case Do::Status:
      return "ask how it stands";
    case Do::Cancel:
      return "cancel";
    case Do::Retry:
      return "retry";
    case Do::Confirm:
      return "confirm with pm_card_visa";
    case Do::Approve:
      return "the customer approves " + std::to_string(world.agent.asked ? world.agent.asked->total : 0);
    case Do::Pay:
      return "the customer pays";
    case Do::PayDeclined:
      return "the customer's card is declined";
    case Do::PayByDebit:
      return "the customer pays by bank transfer";
    case Do::Authenticate:
      return "the customer authenticates";
    case Do::RefuseChallenge:
      return "the customer does not authenticate";
    case Do::DebitSettles:
      return "the money comes";
    case Do::DebitFails:
      return "the money does not come";
    case Do::RefundComesBack:
      return "the bank sends the refund back";
    case Do::Dispute:
      return "the customer disputes the payment";
    case Do::DisputeWon:
      return "the merchant wins the dispute";
    case Do::DisputeLost:
      return "the merchant loses the dispute";
    case Do::RefundPart:
      return "the merchant refunds " + std::to_string(kPartOfRefund) + " at the dashboard";
    case Do::RefundAll:
      return "the merchant refunds everything at the dashboard";
    case Do::ExpireSession:
      return "the merchant expires the page at the dashboard";
    case Do::CancelIntent:
      return "the merchant cancels the payment at the dashboard";
    case Do::EmptyBalance:
      return "the balance at Stripe is empty";
    case Do::RemoveCard:
      return "the saved card is removed by its customer";
    case Do::SearchFallsBehind:
      return "Stripe's search falls behind";
    case Do::BackUp:
      return "an operator backs the store up";
    case Do::Restore:
      return "an operator restores the backup";
    case Do::ClockGoesAhead:
      return "the server's clock is 5 hours ahead";
    case Do::ClockFallsBehind:
      return "the server's clock is 5 hours behind";
    case Do::ClockIsSetRight:
      return "the clock is set right";
    case Do::ReversalsFail:
      return "Stripe does not answer what was given back";
    case Do::ReversalsAnswer:
      return "Stripe answers what was given back";
    case Do::Resume:
      return "an operator resumes it";
    case Do::OperatorRefundPart:
      return "refund " + std::to_string(kPartOfRefund);
    case Do::OperatorRefundAll:
      return "refund everything";
    case Do::Resolve:
      return "an operator settles it by hand and resolves it";
    case Do::NextTimer:
      return "wait for the next timer";
    case Do::ADayWithoutServer:
      return "the server is down for 25 hours";
    case Do::DeliverOldest:
    case Do::DeliverNewest:
      return action.what == Do::DeliverOldest ? "the oldest webhook arrives" : "the newest webhook arrives";
    case Do::DeliverAgain:
      return "the last webhook arrives again";
    case Do::FailWebhook:
      return "the webhook is lost";
    case Do::SkipWebhook:
      return "the webhook is never sent";
    case Do::Sweep:
      return "sweep the events";
  }
  return "";
}

std::string faultOf(const Action& action, const Happened& happened) {
  const auto nameIn = [&](const std::vector<std::string>& names) {
    return action.at < names.size() ? names[action.at] : std::string("?");
  };
  const std::string commit = nameIn(happened.cut.commits), call = nameIn(happened.cut.calls);
  switch (action.fault) {
    case Fault::None:
      return action.answerIsLost ? "the agent never hears the next answer\n" : "";
    case Fault::DiesAfterCommit:
      return "kill after " + commit + " commits\n";
    case Fault::DiesAfterCall:
      return "kill after " + call + " is sent\n";
    case Fault::LostBefore:
      return "the answer to " + call + " is lost before the effect\n";
    case Fault::LostAfter:
      return "the answer to " + call + " is lost after the effect\n";
    case Fault::NotSent:
      return call + " can't be sent\n";
    case Fault::Busy:
      return "Stripe has no time for " + call + "\n";
    case Fault::StoredFailure:
      return "Stripe answers " + call + " by a 500 before the effect, which its key remembers\n";
    case Fault::StoredWithEffect:
      return "Stripe answers " + call + " by a 500 after the effect, which its key remembers\n";
  }
  return "";
}

std::string play(const Stage& stage, World& world, const std::vector<Action>& actions, std::size_t atMost) {
  std::string text;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (actions[i].when) {
      world.now = *actions[i].when;
      world.stripe.expireOverdue(world.now);
    }
    const std::string said = (actions[i].byOther ? "for another user, " : "") + sentence(world, actions[i]);
    Happened happened;
    (void)act(stage, world, actions[i], happened);
    if (i >= atMost) continue;
    text += faultOf(actions[i], happened) + said + "\n";
    if (happened.cut.isDead) text += "restart\n";
    if (happened.error && !happened.cut.isDead && !actions[i].answerIsLost)
      text += "expect error " + std::string(toString(happened.error->code)) + "\n";
  }
  return text;
}

}  // namespace

std::string tell(const Scope& scope, const Stage& stage, const Story& story) {
  constexpr std::size_t kMostAfterwards = 14;
  World world = begin(scope, stage);
  std::string text = play(stage, world, scope.prelude, scope.prelude.size());
  text += play(stage, world, story.actions, story.actions.size());
  if (story.end == Story::End::Settled) {
    text += "leave it alone for two days\n";
  } else if (story.end == Story::End::Obeyed) {
    text += "# from here on the agent does literally what it is told\n";
    const Ending ending = obey(stage, world);
    text += play(stage, world, ending.actions, kMostAfterwards);
  } else if (story.end == Story::End::Persisted) {
    text += "# from here on the agent repeats what was refused\n";
    const Ending ending = persist(stage, world);
    text += play(stage, world, ending.actions, kMostAfterwards);
  }
  return text + "# VIOLATION of " + story.violation.invariant + ": " + story.violation.what + "\n";
}

}  // namespace checkout::model
