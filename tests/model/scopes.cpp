// The scopes that are searched. Each is about one part of a shop's life, so that all of it can be seen.
#include "model/search.hpp"

namespace checkout::model {
namespace {

struct Costs {
  int cart = 0, start = 1, command = 0, fault = 0, dashboard = 0, bank = 0, webhook = 0, operators = 0,
      jump = 0;
};

Budget budgetOf(const Costs& costs) {
  const auto of = [](int cost) { return static_cast<std::int8_t>(cost); };
  return {of(costs.cart), of(costs.start),   of(costs.command),   of(costs.fault), of(costs.dashboard),
          of(costs.bank), of(costs.webhook), of(costs.operators), of(costs.jump)};
}

Action doing(Do what, int number = 0) {
  Action action;
  action.what = what;
  action.number = number;
  return action;
}

}  // namespace

std::vector<Scope> scopes() {
  constexpr std::int64_t kThreshold = 5'000;
  constexpr int kVisaMethod = 0, kDeclines = 1, kChallenge = 2, kDebitMethod = 3, kSaved = 4, kForeign = 5;
  std::vector<Scope> all;

  Scope page{"a page, its customer and the merchant's dashboard",
             {Do::Start, Do::OpenPage, Do::Status, Do::Cancel, Do::Retry, Do::SelectExpress, Do::Pay,
              Do::PayDeclined, Do::PayByDebit, Do::DebitSettles, Do::DebitFails, Do::ExpireSession,
              Do::RefundPart, Do::RefundAll, Do::DeliverOldest, Do::NextTimer},
             budgetOf({.start = 1, .command = 3, .dashboard = 1, .bank = 1})};
  all.push_back(page);

  Scope stored{"stored payment methods, and whatever cuts a call",
               {Do::StartWithMethod, Do::Status, Do::Cancel, Do::Confirm, Do::OpenPage, Do::Authenticate,
                Do::RefuseChallenge, Do::DebitSettles, Do::DebitFails, Do::Pay, Do::DeliverOldest,
                Do::NextTimer, Do::SkipWebhook},
               budgetOf({.start = 2, .command = 2, .fault = 1, .bank = 1, .webhook = 1})};
  stored.methods = {kVisaMethod, kDeclines, kChallenge, kDebitMethod};
  all.push_back(stored);

  Scope carts{"carts that change beside a checkout, and keys that are used again",
              {Do::SetCart, Do::Start, Do::StartWithKey, Do::StartWithMethod, Do::OpenPage, Do::SelectExpress,
               Do::Cancel, Do::Retry, Do::Pay, Do::ExpireSession, Do::DeliverOldest, Do::NextTimer},
              budgetOf({.cart = 2, .start = 3, .command = 3, .dashboard = 1})};
  carts.carts = {1, 2};
  carts.methods = {kVisaMethod};
  all.push_back(carts);

  Scope approval{
      "approvals above the threshold",
      {Do::SetCart, Do::StartWithMethod, Do::Approve, Do::RepeatApproved, Do::Cancel, Do::Retry,
       Do::SelectExpress, Do::PayShown, Do::Status, Do::NextTimer, Do::DeliverOldest, Do::CancelIntent},
      budgetOf({.cart = 1, .start = 3, .command = 2, .fault = 1, .dashboard = 1})};
  approval.carts = {1, 4};
  approval.methods = {kVisaMethod, kChallenge};
  approval.approvalThreshold = kThreshold;
  approval.goods = 2;
  all.push_back(approval);

  Scope totals{"totals that change beside those who agree to them",
               {Do::SetCart, Do::Start, Do::StartElsewhere, Do::StartWithMethod, Do::SelectExpress,
                Do::PayShown, Do::PayOlder, Do::OpenPage, Do::Pay, Do::Cancel, Do::Retry, Do::CancelIntent,
                Do::ExpireSession, Do::DeliverOldest, Do::NextTimer},
               budgetOf({.cart = 1, .start = 2, .command = 3, .dashboard = 1})};
  totals.carts = {2};
  totals.methods = {kVisaMethod, kChallenge};
  all.push_back(totals);

  Scope disagreed{"totals that were refused once",
                  {Do::SetCart, Do::Start, Do::StartAtOtherTotal, Do::StartWithMethod, Do::StartElsewhere,
                   Do::SelectExpress, Do::SelectParcel, Do::PayShown, Do::Cancel, Do::Retry, Do::Status,
                   Do::NextTimer, Do::ADayWithoutServer},
                  budgetOf({.cart = 1, .start = 3, .command = 3, .fault = 1})};
  disagreed.carts = {2};
  disagreed.methods = {kVisaMethod};
  disagreed.faults = {Fault::Busy};
  all.push_back(disagreed);

  Scope temporary{
      "a Stripe that has no time",
      {Do::Start, Do::OpenPage, Do::Status, Do::Cancel, Do::Pay, Do::NextTimer, Do::DeliverOldest},
      budgetOf({.start = 1, .command = 5, .fault = 4})};
  temporary.faults = {Fault::Busy, Fault::NotSent};
  all.push_back(temporary);

  Scope refunds{
      "refunds by everybody, and days without a server",
      {Do::OperatorRefundPart, Do::OperatorRefundAll, Do::Resume, Do::Resolve, Do::RefundPart, Do::RefundAll,
       Do::RefundComesBack, Do::Dispute, Do::EmptyBalance, Do::Cancel, Do::ADayWithoutServer,
       Do::DeliverOldest, Do::SkipWebhook, Do::FailWebhook, Do::NextTimer, Do::Sweep},
      budgetOf({.start = 0,
                .command = 1,
                .fault = 1,
                .dashboard = 1,
                .bank = 1,
                .webhook = 1,
                .operators = 2,
                .jump = 1})};
  refunds.prelude = {doing(Do::Start), doing(Do::OpenPage), doing(Do::Pay), doing(Do::DeliverOldest)};
  all.push_back(refunds);

  Scope webhooks{"webhooks that are lost, late, twice or never sent",
                 {Do::Start, Do::OpenPage, Do::Cancel, Do::Pay, Do::PayByDebit, Do::DebitSettles,
                  Do::DeliverOldest, Do::DeliverNewest, Do::DeliverAgain, Do::FailWebhook, Do::SkipWebhook,
                  Do::RefundAll, Do::Sweep, Do::NextTimer},
                 budgetOf({.start = 1, .command = 2, .fault = 1, .dashboard = 1, .bank = 1, .webhook = 2})};
  all.push_back(webhooks);

  Scope late{"answers that stay away for longer than a key lives",
             {Do::Start, Do::StartWithMethod, Do::OpenPage, Do::SelectExpress, Do::Cancel, Do::Status,
              Do::Pay, Do::ADayWithoutServer, Do::EmptyBalance, Do::Resume, Do::DeliverOldest, Do::NextTimer},
             budgetOf({.start = 2, .command = 3, .fault = 2, .dashboard = 1, .operators = 1, .jump = 1})};
  late.methods = {kVisaMethod};
  all.push_back(late);

  // Money on a payment that has been given up, found too late: it takes so much to get there that it is the
  // prelude.
  Scope stray{"a payment that turns up after it was given up",
              {Do::Status, Do::Cancel, Do::OpenPage, Do::Pay, Do::EmptyBalance, Do::Resume, Do::DeliverOldest,
               Do::Sweep, Do::NextTimer, Do::SkipWebhook},
              budgetOf({.start = 1, .command = 2, .fault = 1, .dashboard = 1, .webhook = 1, .operators = 1})};
  Action unheard = doing(Do::StartWithMethod, kVisaMethod);
  unheard.fault = Fault::StoredWithEffect;
  stray.prelude = {unheard,
                   doing(Do::ADayWithoutServer),
                   doing(Do::SearchFallsBehind),
                   doing(Do::NextTimer),
                   doing(Do::NextTimer),
                   doing(Do::NextTimer),
                   doing(Do::Retry)};
  stray.methods = {kVisaMethod};
  all.push_back(stray);

  // A bank transfer that counted as never made has come: first, it goes back at once; then, another one is
  // begun before it is heard of. It takes so much to get there that it is the prelude.
  Action lost = doing(Do::StartWithMethod, kDebitMethod);
  lost.fault = Fault::LostAfter;
  Scope byHand{"an operator who settles by hand, and an agent who tries again",
               {Do::Start, Do::OpenPage, Do::Pay, Do::Retry, Do::Cancel, Do::RefundPart, Do::RefundComesBack,
                Do::EmptyBalance, Do::Dispute, Do::DisputeWon, Do::DisputeLost, Do::Resume, Do::Resolve,
                Do::DeliverOldest, Do::NextTimer},
               budgetOf({.start = 1, .command = 3, .dashboard = 2, .bank = 2, .operators = 2})};
  byHand.prelude = {lost,
                    doing(Do::ADayWithoutServer),
                    doing(Do::SearchFallsBehind),
                    doing(Do::NextTimer),
                    doing(Do::NextTimer),
                    doing(Do::NextTimer),
                    doing(Do::DebitSettles),
                    doing(Do::DeliverOldest)};
  all.push_back(byHand);

  Scope strays{"an operator who settles payments that were given up",
               {Do::Cancel, Do::OpenPage, Do::Pay, Do::RefundPart, Do::RefundComesBack, Do::EmptyBalance,
                Do::Dispute, Do::DisputeLost, Do::Resume, Do::Resolve, Do::DeliverOldest, Do::NextTimer},
               budgetOf({.start = 0, .command = 2, .dashboard = 2, .bank = 2, .operators = 2})};
  strays.prelude = {lost,
                    doing(Do::ADayWithoutServer),
                    doing(Do::SearchFallsBehind),
                    doing(Do::NextTimer),
                    doing(Do::NextTimer),
                    doing(Do::NextTimer),
                    doing(Do::DebitSettles),
                    doing(Do::Retry)};
  all.push_back(strays);

  Scope disputes{
      "disputes that are won and lost, and money that goes back beside them",
      {Do::Cancel, Do::Dispute, Do::DisputeWon, Do::DisputeLost, Do::RefundPart, Do::RefundAll,
       Do::RefundComesBack, Do::OperatorRefundPart, Do::OperatorRefundAll, Do::Resolve, Do::Resume,
       Do::DeliverOldest, Do::DeliverNewest, Do::SkipWebhook, Do::NextTimer, Do::Sweep},
      budgetOf({.start = 0, .command = 1, .dashboard = 1, .bank = 3, .webhook = 1, .operators = 2})};
  disputes.prelude = {doing(Do::Start), doing(Do::OpenPage), doing(Do::Pay)};
  all.push_back(disputes);

  Scope deaths{
      "a merchant at the dashboard, and a server that dies",
      {Do::Start, Do::StartWithMethod, Do::OpenPage, Do::Pay, Do::PayByDebit, Do::DebitSettles, Do::Cancel,
       Do::ExpireSession, Do::CancelIntent, Do::RefundPart, Do::RefundAll, Do::DeliverOldest, Do::NextTimer},
      budgetOf({.start = 1, .command = 2, .fault = 2, .dashboard = 2, .bank = 1})};
  deaths.methods = {kVisaMethod, kChallenge};
  deaths.faults = {Fault::DiesAfterCommit, Fault::DiesAfterCall};
  all.push_back(deaths);

  Scope users{"two users with one cart",
              {Do::SetCart, Do::Start, Do::StartWithMethod, Do::OpenPage, Do::PayShown, Do::Pay, Do::Cancel,
               Do::Retry, Do::ExpireSession, Do::DeliverOldest, Do::NextTimer},
              budgetOf({.cart = 1, .start = 3, .command = 3, .fault = 1, .dashboard = 1})};
  users.carts = {1};
  users.methods = {kVisaMethod};
  users.faults = {Fault::None, Fault::LostAfter};
  users.hasOther = true;
  all.push_back(users);

  Scope cards{"a stored card, an agent that forgets, and the merchant's dashboard",
              {Do::StartWithMethod, Do::Status, Do::Confirm, Do::Cancel, Do::Retry, Do::Authenticate,
               Do::CancelIntent, Do::RefundPart, Do::RefundAll, Do::RefundComesBack, Do::DeliverOldest,
               Do::NextTimer},
              budgetOf({.start = 4, .command = 1, .fault = 2, .dashboard = 2, .bank = 1})};
  cards.methods = {kVisaMethod, kDeclines, kChallenge};
  cards.faults = {Fault::None, Fault::LostAfter, Fault::DiesAfterCall};
  all.push_back(cards);

  Scope dashboard{"payments without a page, the merchant's dashboard and the banks",
                  {Do::StartWithMethod, Do::Status, Do::Cancel, Do::Confirm, Do::Authenticate,
                   Do::DebitSettles, Do::DebitFails, Do::CancelIntent, Do::RefundPart, Do::RefundAll,
                   Do::RefundComesBack, Do::Dispute, Do::DeliverOldest, Do::NextTimer},
                  budgetOf({.start = 1, .command = 2, .dashboard = 2, .bank = 2})};
  dashboard.methods = {kVisaMethod, kChallenge, kDebitMethod};
  all.push_back(dashboard);

  Scope saved{"saved cards, and whose they are",
              {Do::Start, Do::StartWithMethod, Do::PayShown, Do::OpenPage, Do::Pay, Do::Cancel,
               Do::RemoveCard, Do::DeliverOldest, Do::NextTimer},
              budgetOf({.start = 1, .command = 2, .fault = 1, .dashboard = 1})};
  saved.methods = {kVisaMethod, kSaved, kForeign};
  saved.keepsCards = true;
  all.push_back(saved);

  Scope forgetful{"an agent that misses answers and asks again",
                  {Do::SetCart, Do::Start, Do::StartWithKey, Do::StartWithMethod, Do::OpenPage,
                   Do::SelectExpress, Do::Cancel, Do::Retry, Do::Pay, Do::DeliverOldest, Do::NextTimer},
                  budgetOf({.cart = 1, .start = 3, .command = 2, .fault = 2})};
  forgetful.carts = {2};
  forgetful.methods = {kVisaMethod, kDeclines};
  forgetful.faults = {Fault::None};
  all.push_back(forgetful);

  // Nobody is faster here than the sweep with which the restored server starts.
  Scope restored{"a backup that is restored while Stripe stays as it is",
                 {Do::BackUp, Do::Restore, Do::Start, Do::StartWithMethod, Do::OpenPage, Do::PayShown,
                  Do::SelectExpress, Do::Pay, Do::Cancel, Do::Retry, Do::RefundPart, Do::OperatorRefundPart,
                  Do::Resolve, Do::DeliverOldest, Do::NextTimer, Do::Sweep},
                 budgetOf({.start = 2, .command = 3, .fault = 1, .dashboard = 1, .operators = 2})};
  restored.methods = {kVisaMethod};
  restored.faults = {Fault::DiesAfterCommit, Fault::DiesAfterCall};
  all.push_back(restored);

  Scope clock{"a clock that is wrong for a while",
              {Do::Start, Do::StartWithMethod, Do::OpenPage, Do::Pay, Do::PayByDebit, Do::DebitSettles,
               Do::Cancel, Do::Retry, Do::Status, Do::ClockGoesAhead, Do::ClockFallsBehind,
               Do::ClockIsSetRight, Do::ADayWithoutServer, Do::OperatorRefundPart, Do::RefundAll,
               Do::DeliverOldest, Do::SkipWebhook, Do::Sweep, Do::NextTimer},
              budgetOf({.start = 1,
                        .command = 2,
                        .fault = 1,
                        .dashboard = 1,
                        .bank = 1,
                        .webhook = 1,
                        .operators = 1,
                        .jump = 2})};
  clock.methods = {kVisaMethod};
  clock.faults = {Fault::LostAfter, Fault::LostBefore, Fault::StoredWithEffect, Fault::Busy};
  all.push_back(clock);

  Scope reversals{
      "reversals that can't be asked for while the payment can",
      {Do::Pay, Do::PayByDebit, Do::DebitSettles, Do::Cancel, Do::Retry, Do::Status, Do::RefundPart,
       Do::RefundAll, Do::RefundComesBack, Do::Dispute, Do::DisputeWon, Do::ReversalsFail,
       Do::ReversalsAnswer, Do::OperatorRefundPart, Do::Resolve, Do::Resume, Do::DeliverOldest, Do::NextTimer,
       Do::Sweep},
      budgetOf({.start = 0, .command = 2, .fault = 1, .dashboard = 2, .bank = 2, .operators = 1})};
  reversals.prelude = {doing(Do::Start), doing(Do::OpenPage)};
  reversals.faults = {Fault::LostAfter, Fault::DiesAfterCommit};
  all.push_back(reversals);

  Scope goods{"other goods of the same price",
              {Do::SetCart, Do::Start, Do::StartWithKey, Do::StartWithMethod, Do::OpenPage, Do::PayShown,
               Do::PayRemembered, Do::Retry, Do::Cancel, Do::Pay, Do::ExpireSession, Do::CancelIntent,
               Do::DeliverOldest, Do::NextTimer},
              budgetOf({.cart = 2, .start = 2, .command = 4, .fault = 1, .dashboard = 1})};
  goods.carts = {1, kOneCup};
  goods.methods = {kVisaMethod, kChallenge};
  goods.faults = {Fault::None};
  all.push_back(goods);

  Scope approved{"goods that change beside an approval",
                 {Do::SetCart, Do::Start, Do::StartWithMethod, Do::PayShown, Do::Approve, Do::RepeatApproved,
                  Do::Retry, Do::Cancel, Do::CancelIntent, Do::DeliverOldest, Do::NextTimer},
                 budgetOf({.cart = 1, .start = 3, .command = 2, .dashboard = 1})};
  approved.carts = {kOneCup};
  approved.methods = {kVisaMethod, kChallenge};
  approved.approvalThreshold = 1'000;
  all.push_back(approved);

  Scope lateGoods{"goods that change beside a payment that counted as never made",
                  {Do::SetCart, Do::Start, Do::OpenPage, Do::Pay, Do::Retry, Do::Cancel, Do::DebitSettles,
                   Do::RefundPart, Do::DeliverOldest, Do::Sweep, Do::NextTimer},
                  budgetOf({.cart = 1, .start = 1, .command = 3, .fault = 1, .dashboard = 1})};
  lateGoods.carts = {kOneCup};
  lateGoods.faults = {Fault::LostAfter, Fault::DiesAfterCommit};
  lateGoods.prelude = {lost,
                       doing(Do::ADayWithoutServer),
                       doing(Do::SearchFallsBehind),
                       doing(Do::NextTimer),
                       doing(Do::NextTimer),
                       doing(Do::NextTimer)};
  all.push_back(lateGoods);

  Scope stubborn{"an agent that repeats what was refused",
                 {Do::SetCart, Do::Start, Do::StartWithKey, Do::StartWithMethod, Do::OpenPage,
                  Do::SelectExpress, Do::PayShown, Do::Cancel, Do::Retry, Do::Confirm, Do::RepeatRefused,
                  Do::Pay, Do::ExpireSession, Do::CancelIntent, Do::DeliverOldest, Do::NextTimer},
                 budgetOf({.cart = 1, .start = 2, .command = 4, .fault = 1, .dashboard = 1})};
  stubborn.carts = {2};
  stubborn.methods = {kVisaMethod, kDeclines};
  stubborn.faults = {Fault::Busy, Fault::NotSent};
  all.push_back(stubborn);
  return all;
}

}  // namespace checkout::model
