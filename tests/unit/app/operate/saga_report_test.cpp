// What an operator reads about checkouts, and how a changed history is found.
#include "app/operate/saga_report.hpp"

#include <regex>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "app/operate/desk.hpp"
#include "app/operate/printable.hpp"
#include "app/operate/saga_list.hpp"
#include "store/event_chain.hpp"
#include "support/checkout_fixture.hpp"

namespace checkout::app::operate {
namespace {

using Action = SagaCommand::Action;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class SagaReportTest : public saga::CheckoutTest {
 protected:
  Saga completed() {
    fillCart(2);
    const Saga open = withSession();
    gateway.paySession(*open.payment.sessionId);
    return poll(open.id);
  }
  SagaReport reportOf(const SagaId& id) {
    auto report = readReport(*db, id);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return *report;
  }
  // With what is random in it replaced.
  std::string textOf(const SagaId& id) {
    std::string text = renderReport(reportOf(id), clock.now());
    for (const auto& [pattern, name] :
         std::initializer_list<std::pair<const char*, const char*>>{{"saga_[0-9a-f]{32}", "SAGA"},
                                                                    {"order_[0-9a-f]{32}", "ORDER"},
                                                                    {"checkout_[0-9a-f]{40}", "KEY"}})
      text = std::regex_replace(text, std::regex(pattern), name);
    return text;
  }
  Result<Saga> cancel(const SagaId& id) { return service->cancel(shop, id, "changed my mind"); }
  // A cancelled checkout whose payment page the provider does not close.
  Saga stuck() {
    fillCart(1);
    const Saga open = withSession();
    gateway.refuse(GatewayOperation::ExpireSession, 1);
    EXPECT_EQ(cancel(open.id)->status, SagaStatus::Compensating);
    return reportOf(open.id).saga;
  }
  DeskAnswer perform(SagaCommand::Action action, const SagaId& id, std::optional<std::int64_t> amount = {}) {
    SagaCommand command;
    command.action = action;
    command.sagaId = id;
    command.amount = amount;
    command.reason = "a scratch";
    command.operatorName = "grace";
    return Desk(*db, *service, clock).perform(command);
  }
  std::string listed(const SagaCommand& command) {
    const auto list = readList(*db, command, clock.now());
    EXPECT_TRUE(list.ok()) << list.error().message;
    return std::regex_replace(renderList(*list, command, clock.now()), std::regex("saga_[0-9a-f]{32}"),
                              "saga_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
  }
  static std::vector<std::string> problemsOf(const SagaReport& report) {
    std::vector<std::string> found;
    for (const auto& problem : checkHistory(report))
      found.push_back(std::to_string(problem.event) + ": " + problem.what);
    return found;
  }
  void tamper(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((directory() / "checkout.db").c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    ASSERT_GT(sqlite3_changes(database), 0);
    sqlite3_close(database);
  }
};

constexpr const char* kTimeline = R"(SAGA  completed
  tenant     shop
  user       ann, cart cart, ann@example.com
  started    2026-09-21T14:13:20.000Z
  changed    2026-09-21T14:13:25.000Z, 3 min ago
  done       validate_cart, reserve_inventory, create_order, process_payment, confirm_order, send_confirmation, clear_cart

Cart
  2 × Mug   mug          $30.00
  shipping  Post Parcel  $4.90
  tax                    $6.63
  total                  $41.53

Payment
  state      paid, confirmed by poll
  session    cs_1
  intent     pi_of_cs_1
  paid       $41.53, of which $36.53 can still be refunded

History
    1  2026-09-21T14:13:20.000Z  agent           started            pending
       total $41.53
    2  2026-09-21T14:13:20.000Z  agent           payment_started    pending → in_progress
    3  2026-09-21T14:13:20.000Z  agent           step_completed     in_progress
       step reserve_inventory
    4  2026-09-21T14:13:20.000Z  agent           step_completed     in_progress
       step create_order
    5  2026-09-21T14:13:20.000Z  agent           call_planned       in_progress
       operation create_session, idempotencyKey KEY
    6  2026-09-21T14:13:20.000Z  agent           payment_requested  in_progress → payment_pending
       step process_payment, amount $41.53, sessionId cs_1
    7  2026-09-21T14:13:25.000Z  poll            payment_paid       payment_pending → in_progress
       amount $41.53, sessionId cs_1, paymentIntentId pi_of_cs_1
    8  2026-09-21T14:13:25.000Z  poll            step_completed     in_progress
       step process_payment
    9  2026-09-21T14:13:25.000Z  poll            step_completed     in_progress
       step confirm_order
   10  2026-09-21T14:13:25.000Z  poll            step_completed     in_progress
       step send_confirmation
   11  2026-09-21T14:13:25.000Z  poll            completed          in_progress → completed
       step clear_cart
   12  2026-09-21T14:13:25.000Z  operator:grace  refund_requested   completed
       amount $5.00, reason a scratch
   13  2026-09-21T14:13:25.000Z  operator:grace  call_planned       completed
       operation refund, idempotencyKey KEY
   14  2026-09-21T14:13:25.000Z  operator:grace  refunded           completed
       amount $5.00, reason a scratch, requestedBy operator:grace, refundId re_1

Calls to Stripe (time, operation, end, result, idempotency key)
  2026-09-21T14:13:20.000Z  create_session  succeeded  cs_1  KEY
  2026-09-21T14:13:25.000Z  refund          succeeded  re_1  KEY

Refunds
  2026-09-21T14:13:25.000Z  re_1  $5.00  succeeded  pi_of_cs_1

Order
  id         ORDER
  status     confirmed
  total      $41.53

history intact: 14 events
)";

TEST_F(SagaReportTest, ReadsAsATimeline) {
  const Saga saga = completed();
  EXPECT_FALSE(perform(Action::Refund, saga.id, 500).error.has_value());
  clock.advance(std::chrono::minutes(3));
  EXPECT_EQ(textOf(saga.id), kTimeline);
}

TEST_F(SagaReportTest, SaysWhatIsStuckAndWhatToDo) {
  const std::string text = textOf(stuck().id);
  EXPECT_THAT(text, HasSubstr("\n  because    changed my mind\n"));
  EXPECT_THAT(text, HasSubstr("\n  STUCK      an undo fails (process_payment): refused\n"));
  EXPECT_THAT(text, HasSubstr("checkout-mcp saga retry SAGA; or settle it by hand at Stripe, then run: "
                              "checkout-mcp saga resolve SAGA --reason"));
}

TEST_F(SagaReportTest, SaysHowADisputeIsSettledAlsoWhileARefundIsOwed) {
  Saga saga = stuck();
  saga.attention = "the customer's bank disputes $5.00 (fraudulent, dp_1): answer it";
  saga.refundsOwed.push_back(
      {"pi_1", Money{100, saga.totals.total.currency}, "why", "operator:ann", true, 0, {}, {}});
  EXPECT_THAT(whatToDo(saga, clock.now()), HasSubstr("saga resolve"));
}

TEST_F(SagaReportTest, CannotBeForgedByWhatCustomersWrite) {
  fillCart(1);
  auto request = this->request();
  request.email = "a@example.com\n\nhistory intact: 1 event\x1b[2J";
  const auto saga = service->start(request);
  ASSERT_TRUE(saga.ok());
  const std::string text = textOf(saga->id);
  EXPECT_THAT(text, HasSubstr("a@example.com??history intact: 1 event?[2J\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(SagaReportTest, HasEverythingAsJsonToo) {
  const Saga saga = completed();
  EXPECT_FALSE(perform(Action::Refund, saga.id, 500).error.has_value());
  const Json json = reportToJson(reportOf(saga.id), clock.now());
  EXPECT_EQ(json["saga"]["sagaId"], saga.id.value);
  EXPECT_TRUE(json["saga"]["stuck"].is_null());
  EXPECT_EQ(json["events"].size(), 14u);
  EXPECT_EQ(json["events"][11]["actor"], "operator:grace");
  EXPECT_EQ(json["calls"][1]["operation"], "refund");
  EXPECT_EQ(json["refunds"][0]["amount"]["amount"], 500);
  EXPECT_EQ(json["refundable"]["amount"], 3653);
  EXPECT_EQ(json["order"]["status"], "confirmed");
  EXPECT_EQ(json["history"], (Json{{"intact", true}, {"events", 14}, {"problems", Json::array()}}));
}

// Opened with a code allowed; the customer has used one.
TEST_F(SagaReportTest, ShowsWhatWasFrozenAndWhatThePageMadeOfIt) {
  tenants.tenant().stripe.allowPromotionCodes = true;
  fillCart(2);
  const Saga open = withSession();
  const auto dollars = [](std::int64_t cents) { return Money{cents, {"usd"}}; };
  gateway.payPage(*open.payment.sessionId,
                  {{dollars(4153), dollars(0), dollars(0), dollars(600), dollars(3553)}, std::nullopt});
  poll(open.id);
  SagaReport report = reportOf(open.id);
  EXPECT_THAT(textOf(open.id), HasSubstr(R"(
Totals as frozen, before the customer's choices
  subtotal  $30.00
  shipping  $4.90
  tax       $6.63
  discount  $0.00
  total     $41.53

Totals of the payment page, as recorded
  all lines  $41.53
  shipping   $0.00
  tax        $0.00
  discount   $6.00
  total      $35.53

Payment
)"));
  Json json = reportToJson(report, clock.now());
  EXPECT_EQ(json["saga"]["totals"]["total"]["amount"], 3553);
  EXPECT_EQ(json["saga"]["payment"]["frozenTotals"]["total"]["amount"], 4153);
  EXPECT_EQ(json["saga"]["payment"]["pageTotals"]["discount"]["amount"], 600);
  EXPECT_FALSE(json.contains("pageLines"));
}

TEST_F(SagaReportTest, ShowsTheLinesOfThePaymentPageWhenAsked) {
  const auto dollars = [](std::int64_t cents) { return Money{cents, {"usd"}}; };
  fillCart(2);
  const Saga open = withSession();
  const DeskAnswer silent = perform(Action::Show, open.id);
  ASSERT_TRUE(silent.error.has_value());
  EXPECT_THAT(silent.error->message, HasSubstr("no answer about its lines"));

  gateway.setPageLines(*open.payment.sessionId,
                       {{"Mug", 2, dollars(1500), dollars(3000), dollars(600), dollars(10), dollars(2410)},
                        {"Post\x1b[2J", 1, {}, dollars(490), dollars(0), dollars(0), dollars(490)}});
  // On its way over the socket.
  const auto heard = answerFromLine(toLine(perform(Action::Show, open.id)));
  ASSERT_TRUE(heard.ok() && !heard->error);
  SagaReport report = reportOf(open.id);
  report.pageLines = heard->page;
  EXPECT_THAT(renderReport(report, clock.now()), HasSubstr(R"(
Lines of the payment page, as Stripe has them
                each    subtotal  discount  tax    total
  2 × Mug       $15.00  $30.00    $6.00     $0.10  $24.10
  1 × Post?[2J  -       $4.90     $0.00     $0.00  $4.90
  all lines             $34.90    $6.00     $0.10  $29.00
)"));
  const Json lines = reportToJson(report, clock.now())["pageLines"];
  EXPECT_EQ(lines[0]["description"], "Mug");
  EXPECT_EQ(lines[0]["quantity"], 2);
  EXPECT_EQ(lines[0]["unitAmount"]["amount"], 1500);
  EXPECT_EQ(lines[0]["total"]["amount"], 2410);
  EXPECT_TRUE(lines[1]["unitAmount"].is_null());
}

TEST_F(SagaReportTest, SaysThatThereWasNeverAPage) {
  fillCart(1);
  const DeskAnswer answer = perform(Action::Show, started().id);
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->code, ErrorCode::InvalidState);
}

TEST(DeskAnswer, WithABrokenPageIsNotUnderstood) {
  for (const char* page :
       {"{}", "[{}]", "[7]", R"([{"description":"Mug","quantity":1}])",
        R"([{"description":"Mug","quantity":1,"subtotal":{"amount":1.5,"currency":"usd"}}])"})
    EXPECT_FALSE(
        answerFromLine(std::string(R"({"ok":true,"lines":[],"page":)").append(page).append("}")).ok())
        << page;
}

TEST_F(SagaReportTest, FindsTheCheckoutOfAnyTenantButNoOther) {
  const Saga saga = completed();
  EXPECT_EQ(reportOf(saga.id).saga.tenantId, shop);
  const auto missing = readReport(*db, SagaId{"saga_0"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::CheckoutNotFound);
}

TEST_F(SagaReportTest, FindsTheCheckoutOfAnOrderAPageAndAPayment) {
  const Saga saga = completed();
  for (const std::string& id :
       {saga.orderId->value, *saga.payment.sessionId, *saga.payment.paymentIntentId}) {
    EXPECT_EQ(reportOf(SagaId{id}).saga.id, saga.id) << id;
    EXPECT_EQ(reportOf(SagaId{id}).events.size(), reportOf(saga.id).events.size()) << id;
  }
  ASSERT_FALSE(perform(SagaCommand::Action::Refund, SagaId{*saga.payment.paymentIntentId}, 100).error);
  EXPECT_EQ(reportOf(saga.id).refunds.size(), 1u);
}

// Each is a way to rewrite the past; none stays unseen.
TEST_F(SagaReportTest, FindsAHistoryThatWasChanged) {
  const SagaReport good = reportOf(completed().id);
  ASSERT_THAT(problemsOf(good), IsEmpty());
  const auto rehash = [&](SagaEvent& event) {
    event.hash = store::eventHash(good.saga.tenantId, good.saga.id, event);
  };

  SagaReport changed = good;
  changed.events[4].data["operation"] = "nothing";
  EXPECT_THAT(problemsOf(changed), ElementsAre("5: it was changed after it had been written"));
  changed = good;
  changed.events[4].actor = "operator:grace";
  EXPECT_THAT(problemsOf(changed), ElementsAre("5: it was changed after it had been written"));
  changed = good;
  changed.events[4].data["operation"] = "nothing";
  rehash(changed.events[4]);
  EXPECT_THAT(problemsOf(changed), ElementsAre("6: it does not continue the event before it"));

  SagaReport shorter = good;
  shorter.events.erase(shorter.events.begin() + 4);
  EXPECT_THAT(problemsOf(shorter), ElementsAre("5: it is missing; the next one is event 6"));
  shorter = good;
  shorter.events.erase(shorter.events.begin());
  EXPECT_THAT(problemsOf(shorter), ElementsAre("1: it is missing; the next one is event 2"));
  shorter = good;
  shorter.events.pop_back();
  EXPECT_THAT(problemsOf(shorter),
              ElementsAre("10: the history ends there, but the checkout is at version 11"));
  shorter.events.clear();
  EXPECT_THAT(problemsOf(shorter),
              ElementsAre("0: the history ends there, but the checkout is at version 11"));

  SagaReport elsewhere = good;
  elsewhere.saga.status = SagaStatus::Compensated;
  EXPECT_THAT(problemsOf(elsewhere),
              ElementsAre("11: the history ends in another state than the checkout's, compensated"));
}

TEST_F(SagaReportTest, FindsARowThatWasChangedInTheFile) {
  const Saga saga = completed();
  tamper("UPDATE saga_events SET data = json_set(data, '$.amount.amount', 1) WHERE sequence = 7");
  EXPECT_THAT(textOf(saga.id),
              HasSubstr("\nHISTORY BROKEN at event 7: it was changed after it had been written\n"));
  tamper("UPDATE saga_events SET data = 'no json' WHERE sequence = 3");
  EXPECT_THAT(textOf(saga.id), HasSubstr("\nHISTORY BROKEN: The store holds an unreadable document"));
}

TEST_F(SagaReportTest, ListsWhatIsUnderWayOldestChangeFirst) {
  SagaCommand all, onlyStuck, ofAnother;
  onlyStuck.stuckOnly = true;
  ofAnother.tenant = TenantId{"tea_house"};
  EXPECT_EQ(listed(all), "No checkout is under way.\n");
  completed();
  stuck();
  clock.advance(std::chrono::hours(3));
  ASSERT_TRUE(db->write([&](Transaction& tx) {
                  return tx.carts().save({shop, CartId{"bens"}, {{ProductId{"mug"}, 1}}, clock.now()});
                }).ok());
  ASSERT_TRUE(service
                  ->start([&] {
                    auto request = this->request();
                    request.userId = UserId{"ben"};
                    request.cartId = CartId{"bens"};
                    return request;
                  }())
                  .ok());
  clock.advance(std::chrono::seconds(42));
  EXPECT_EQ(
      listed(all),
      R"(SAGA                                   TENANT  STATUS        STEP               CHANGED   TOTAL   STUCK
saga_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  shop    compensating  process_payment    3 h ago   $23.68  an undo fails (process_payment): refused
saga_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  shop    pending       reserve_inventory  42 s ago  $23.68  -

2 checkouts, 1 stuck. What happened to one: checkout-mcp saga show SAGA_ID
)");
  EXPECT_THAT(listed(onlyStuck), Not(HasSubstr("pending")));
  const auto json = listToJson(*readList(*db, onlyStuck, clock.now()), clock.now());
  EXPECT_EQ(json["sagas"].size(), 1u);
  EXPECT_EQ(json["sagas"][0]["ageMs"], (3 * 3600 + 42) * 1000);
  const auto unknown = readList(*db, ofAnother, clock.now());
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, HasSubstr("it has some of shop"));
}

TEST_F(SagaReportTest, NamesWhatCannotBeReadBesideTheOthers) {
  fillCart(1);
  const Saga damaged = withSession();
  ASSERT_TRUE(db->write([&](Transaction& tx) {
                  return tx.carts().save({shop, CartId{"bens"}, {{ProductId{"mug"}, 1}}, clock.now()});
                }).ok());
  auto bens = request();
  bens.userId = UserId{"ben"};
  bens.cartId = CartId{"bens"};
  const Saga other = *service->createPaymentSession(shop, service->start(bens)->id);
  gateway.refuse(GatewayOperation::ExpireSession, 1);
  EXPECT_EQ(cancel(other.id)->status, SagaStatus::Compensating);
  tamper("UPDATE sagas SET doc = 'no json' WHERE saga_id = '" + damaged.id.value + "'");
  SagaCommand onlyStuck;
  onlyStuck.stuckOnly = true;
  const auto list = readList(*db, onlyStuck, clock.now());
  ASSERT_TRUE(list.ok()) << list.error().message;
  const std::string text = renderList(*list, onlyStuck, clock.now());
  EXPECT_THAT(text, HasSubstr("The stored form of " + damaged.id.value + " (shop) can't be read"));
  EXPECT_THAT(text, HasSubstr(other.id.value + "  shop    compensating"));
  EXPECT_EQ(listToJson(*list, clock.now())["unreadable"][0]["sagaId"], damaged.id.value);
}

TEST_F(SagaReportTest, TheDeskSaysWhatBecameOfTheCheckout) {
  const Saga saga = completed();
  const auto part = perform(Action::Refund, saga.id, 500);
  EXPECT_FALSE(part.error.has_value());
  EXPECT_THAT(part.lines,
              ElementsAre(saga.id.value + " (shop) is completed, its payment paid.",
                          "Refunded $5.00: re_1, succeeded.", "Left of the payment: $36.53 of $41.53."));
  const auto rest = perform(Action::Refund, saga.id);
  EXPECT_THAT(rest.lines, testing::Contains("Refunded $36.53: re_2, succeeded."));
  const auto nothing = perform(Action::Refund, saga.id, 1);
  ASSERT_TRUE(nothing.error.has_value());
  EXPECT_EQ(nothing.error->code, ErrorCode::ValidationFailed);
  EXPECT_EQ(gateway.refundedAmount(), 4153);
}

TEST_F(SagaReportTest, TheDeskTellsOfARefundWhoseAnswerIsMissing) {
  const Saga saga = completed();
  gateway.loseNext(test::FakeGateway::Loss::AfterEffect);
  const auto lost = perform(Action::Refund, saga.id, 500);
  ASSERT_TRUE(lost.error.has_value());
  EXPECT_EQ(lost.error->code, ErrorCode::PaymentOutcomeUnknown);
  EXPECT_THAT(lost.lines, testing::Contains("Still to be refunded: $5.00. It is tried again by itself."));
  const auto again = perform(Action::Retry, saga.id);
  EXPECT_FALSE(again.error.has_value());
  EXPECT_THAT(again.lines, testing::Contains("Refunded $5.00: re_1, succeeded."));
  EXPECT_EQ(gateway.refundedAmount(), 500);
}

TEST_F(SagaReportTest, TheDeskFreesAnUndoByTryingAgainOrByTheOperatorsWord) {
  const Saga first = stuck();
  const auto freed = perform(Action::Retry, first.id);
  EXPECT_FALSE(freed.error.has_value());
  EXPECT_EQ(freed.lines.at(0), first.id.value + " (shop) is compensated, its payment expired.");
  const Saga second = stuck();
  const auto resolved = perform(Action::Resolve, second.id);
  EXPECT_FALSE(resolved.error.has_value());
  EXPECT_EQ(resolved.lines.at(0), second.id.value + " (shop) is compensated, its payment canceled.");
  EXPECT_THAT(resolved.lines.at(1), HasSubstr("Settled: an undo fails"));
  EXPECT_EQ(perform(Action::Resolve, second.id).error->code, ErrorCode::InvalidState);
  EXPECT_THAT(problemsOf(reportOf(second.id)), IsEmpty());
}

TEST_F(SagaReportTest, TheDeskAnswersLinesWithLines) {
  Desk desk(*db, *service, clock);
  const auto refused = answerFromLine(desk.answer("no json"));
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->error->code, ErrorCode::ValidationFailed);
  const auto unknown =
      answerFromLine(desk.answer(R"({"command":"retry","sagaId":"saga_0","operator":"grace"})"));
  EXPECT_EQ(unknown->error->code, ErrorCode::CheckoutNotFound);
  const Saga saga = stuck();
  const auto freed = answerFromLine(
      desk.answer(R"({"command":"retry","sagaId":")" + saga.id.value + R"(","operator":"grace"})"));
  EXPECT_FALSE(freed->error.has_value());
  EXPECT_EQ(freed->lines.size(), 1u);
  for (const char* line : {"", "{}", "[1]", R"({"ok":true})"})
    EXPECT_FALSE(answerFromLine(line).ok()) << line;
}

TEST(Printable, KeepsTextAndNothingThatSteersATerminal) {
  EXPECT_EQ(printable("Löwe 漢字 $5"), "Löwe 漢字 $5");
  EXPECT_EQ(printable("a\nb\tc\x1b[31m\x7f"), "a?b?c?[31m?");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "b\xff\xc3"),
            "a?b??");
}

TEST(Printable, SaysDurationsRoughly) {
  using namespace std::chrono_literals;
  EXPECT_EQ(roughly(-5s), "0 s");
  EXPECT_EQ(roughly(59s), "59 s");
  EXPECT_EQ(roughly(59min + 59s), "59 min");
  EXPECT_EQ(roughly(47h), "47 h");
  EXPECT_EQ(roughly(72h), "3 d");
}

}  // namespace
}  // namespace checkout::app::operate
