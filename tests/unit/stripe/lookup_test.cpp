// What the gateway finds out beyond single objects: lost payments, money that went back, past events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stripe/gateway.hpp"
#include "unit/stripe/fakes.hpp"

namespace checkout::stripe {
namespace {

using testing::answer;
using testing::decodeForm;
using testing::demoTenant;
using ::testing::ElementsAre;
using testing::failure;
using testing::Fields;
using ::testing::HasSubstr;
using testing::intentObject;
using ::testing::IsEmpty;
using testing::ManualClock;
using ::testing::Not;
using testing::ScriptedHttp;
using testing::sessionObject;

HttpExchange page(const std::vector<Json>& objects, bool hasMore = false, const char* kind = "list") {
  return answer(200, Json{{"object", kind}, {"data", objects}, {"has_more", hasMore}}.dump());
}
HttpExchange searchPage(const std::vector<Json>& objects) {
  return page(objects, false, "search_result");
}

Json intent(const std::string& id, const std::string& status, const std::string& attempt = "2") {
  Json object = intentObject();
  object["id"] = id;
  object["status"] = status;
  object["metadata"]["attempt"] = attempt;
  return object;
}

Json sessionOf(const Json& intent, const std::string& status, const std::string& paymentStatus) {
  Json object = sessionObject();
  object["status"] = status;
  object["payment_status"] = paymentStatus;
  object["payment_intent"] = intent;
  return object;
}

Json refund(const std::string& id, std::int64_t amount) {
  return {{"id", id},          {"object", "refund"},    {"amount", amount},
          {"currency", "usd"}, {"status", "succeeded"}, {"payment_intent", "pi_1"}};
}

class StripeLookUp : public ::testing::Test {
 protected:
  StripeLookUp() {
    GatewayOptions options;
    options.wait = [](Milliseconds) {};
    gateway = makeStripeGateway(http, clock, options);
  }
  Result<std::optional<PaymentFact>> find() {
    return gateway->findPayment(tenant, SagaId{"saga_1"}, 2, kPlanned);
  }
  static constexpr TimePoint kPlanned{std::chrono::seconds(1'700'000'000)};
  // The query part of the request that was sent, decoded.
  Fields query(std::size_t index) const { return decodeForm(http.sent.at(index).request.query()); }
  std::string path(std::size_t index) const { return std::string(http.sent.at(index).request.path()); }

  ScriptedHttp http;
  ManualClock clock;
  Tenant tenant = demoTenant();
  std::unique_ptr<PaymentGateway> gateway;
};

using FindPayment = StripeLookUp;

TEST_F(FindPayment, AnErrorWhoseCodeIsNoTextIsAnError) {
  http.script = {answer(404, R"({"error":{"type":"invalid_request_error","code":null,"message":"?"}})")};
  const auto found = gateway->retrieveSession(tenant, "cs_1");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::CheckoutNotFound);
}

TEST_F(FindPayment, SearchesByTheSagaAndAnswersAnIntentThatNoSessionMade) {
  http.script = {searchPage({intent("pi_1", "succeeded")}), page({})};
  const auto found = find();
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((**found).kind, PaymentFact::Kind::Intent);
  EXPECT_EQ((**found).paymentIntentId, "pi_1");
  EXPECT_EQ((**found).state, PaymentState::Paid);
  ASSERT_EQ(http.sent.size(), 2u);
  EXPECT_EQ(http.sent[0].request.method, "GET");
  EXPECT_EQ(path(0), "/v1/payment_intents/search");
  EXPECT_EQ(query(0), (Fields{{"query", "metadata['saga_id']:'saga_1'"}, {"limit", "100"}}));
  EXPECT_EQ(path(1), "/v1/checkout/sessions");
  EXPECT_EQ(query(1), (Fields{{"payment_intent", "pi_1"}}));
}

TEST_F(FindPayment, AnswersTheSessionThatMadeTheIntent) {
  const Json paid = intent("pi_1", "succeeded");
  http.script = {searchPage({paid}), page({sessionOf("pi_1", "complete", "paid")}),
                 answer(200, sessionOf(paid, "complete", "paid").dump())};
  const auto found = find();
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((**found).kind, PaymentFact::Kind::Session);
  EXPECT_EQ((**found).sessionId, "cs_test_1");
  EXPECT_EQ((**found).paymentIntentId, "pi_1");
  EXPECT_EQ((**found).state, PaymentState::Paid);
  EXPECT_EQ(path(2), "/v1/checkout/sessions/cs_test_1");
}

TEST_F(FindPayment, ReadsAListWhereThereIsNoSearch) {
  Json foreign = intent("pi_0", "succeeded");
  foreign["metadata"] = Json::object();
  const HttpExchange noSearch =
      answer(400, R"({"error": {"type": "invalid_request_error", "message": "Search is not available."}})");
  http.script = {noSearch, page({foreign}, /*hasMore=*/true), page({intent("pi_1", "succeeded")}), page({})};
  const auto found = find();
  ASSERT_TRUE(found.ok() && *found) << (found.ok() ? "nothing" : found.error().message);
  EXPECT_EQ((**found).paymentIntentId, "pi_1");
  EXPECT_EQ(path(1), "/v1/payment_intents");
  EXPECT_EQ(query(1),
            (Fields{{"limit", "100"}, {"created[gte]", "1699999700"}, {"created[lte]", "1700086700"}}));
  EXPECT_EQ(query(2).back(), (std::pair<std::string, std::string>{"starting_after", "pi_0"}));
}

TEST_F(FindPayment, AKeyThatIsRefusedIsNotTakenForAMissingSearch) {
  http.script = {answer(403, R"({"error": {"type": "invalid_request_error", "message": "No permission."}})")};
  EXPECT_FALSE(find().ok());
  EXPECT_EQ(http.sent.size(), 1u);
}

TEST_F(FindPayment, AnswersNothingIfNothingWasPaidAndNothingCanBe) {
  const Json failed = [] {
    Json object = intent("pi_1", "requires_payment_method");
    object["last_payment_error"] = {{"type", "card_error"}, {"code", "card_declined"}};
    return object;
  }();
  for (const std::deque<HttpExchange>& script : {
           std::deque<HttpExchange>{searchPage({})},
           {searchPage({intent("pi_1", "canceled")})},
           // The debit behind a completed session came back.
           {searchPage({failed}), page({sessionOf("pi_1", "complete", "unpaid")}),
            answer(200, sessionOf(failed, "complete", "unpaid").dump())},
           // The customer's card was refused, and then the session ran out.
           {searchPage({failed}), page({sessionOf("pi_1", "expired", "unpaid")}),
            answer(200, sessionOf(failed, "expired", "unpaid").dump())},
       }) {
    http.script = script;
    const auto found = find();
    ASSERT_TRUE(found.ok());
    EXPECT_FALSE(found->has_value());
    EXPECT_THAT(http.script, IsEmpty());
  }
}

TEST_F(FindPayment, LooksFurtherThanAPaymentThatCameToNothing) {
  const Json failed = intent("pi_1", "requires_payment_method");
  http.script = {searchPage({failed, intent("pi_2", "succeeded")}),
                 page({sessionOf("pi_1", "expired", "unpaid")}),
                 answer(200, sessionOf(failed, "expired", "unpaid").dump()), page({})};
  const auto found = find();
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((**found).paymentIntentId, "pi_2");
}

TEST_F(FindPayment, AnswersWhatCouldStillTakeMoney) {
  for (const auto& [status, state] :
       std::vector<std::pair<const char*, PaymentState>>{{"requires_action", PaymentState::RequiresAction},
                                                         {"processing", PaymentState::Processing},
                                                         {"requires_payment_method", PaymentState::Open}}) {
    http.script = {searchPage({intent("pi_1", status)}), page({})};
    const auto found = find();
    ASSERT_TRUE(found.ok() && *found) << status;
    EXPECT_EQ((**found).state, state);
  }
}

TEST_F(FindPayment, TakesNoOtherAttemptSagaOrTenant) {
  Json otherSaga = intent("pi_3", "succeeded"), otherTenant = intent("pi_4", "succeeded");
  otherSaga["metadata"]["saga_id"] = "SAGA_1";  // a search ignores case
  otherTenant["metadata"]["tenant_id"] = "another";
  http.script = {searchPage(
      {intent("pi_1", "succeeded", "1"), intent("pi_2", "succeeded", "22"), otherSaga, otherTenant})};
  const auto found = find();
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->has_value());
}

// "There is none" would let somebody pay again.
TEST_F(FindPayment, NeverTakesAFailedLookUpForAnAnswer) {
  const auto hit = [] { return searchPage({intent("pi_1", "succeeded")}); };
  for (const std::deque<HttpExchange>& script : {
           std::deque<HttpExchange>{failure(HttpFailure::Kind::TooLarge, true)},
           {answer(200, R"({"object":"search_result"})")},
           {searchPage({Json{{"object", "payment_intent"}}})},
           {hit(), failure(HttpFailure::Kind::TooLarge, true)},
           {hit(), answer(200, R"({"object":"list","data":{}})")},
           {hit(), page({Json{{"object", "checkout.session"}}})},
           {hit(), page({sessionOf("pi_1", "complete", "paid")}), failure(HttpFailure::Kind::TooLarge, true)},
       }) {
    http.script = script;
    const auto found = find();
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code, ErrorCode::PaymentServiceError);
  }
}

using RetrieveReversals = StripeLookUp;

TEST_F(RetrieveReversals, ListsRefundsOldestFirstAndDisputes) {
  http.script = {page({refund("re_2", 200), refund("re_1", 100)}),
                 page({Json{{"id", "du_1"},
                            {"object", "dispute"},
                            {"amount", 300},
                            {"currency", "usd"},
                            {"reason", "fraudulent"},
                            {"status", "needs_response"}}})};
  const auto reversals = gateway->retrieveReversals(tenant, "pi_1&x=1");
  ASSERT_TRUE(reversals.ok());
  ASSERT_EQ(reversals->refunds.size(), 2u);
  EXPECT_EQ(reversals->refunds[0].refundId, "re_1");
  EXPECT_EQ(reversals->refunds[1].refundId, "re_2");
  EXPECT_EQ(reversals->refunds[1].amount, (Money{200, {"usd"}}));
  EXPECT_EQ(reversals->refunds[1].requestId, "req_1");
  ASSERT_EQ(reversals->disputes.size(), 1u);
  EXPECT_EQ(reversals->disputes[0].disputeId, "du_1");
  EXPECT_EQ(path(0), "/v1/refunds");
  EXPECT_EQ(query(0), (Fields{{"limit", "100"}, {"payment_intent", "pi_1&x=1"}}));
  EXPECT_EQ(path(1), "/v1/disputes");
  EXPECT_EQ(query(1), query(0));
}

TEST_F(RetrieveReversals, ReadsEveryPage) {
  http.script = {page({refund("re_3", 1)}, true), page({refund("re_2", 1)}, true), page({refund("re_1", 1)}),
                 page({})};
  const auto reversals = gateway->retrieveReversals(tenant, "pi_1");
  ASSERT_TRUE(reversals.ok());
  std::vector<std::string> ids;
  for (const RefundFact& fact : reversals->refunds) ids.push_back(fact.refundId);
  EXPECT_THAT(ids, ElementsAre("re_1", "re_2", "re_3"));
  EXPECT_EQ(query(1).back(), (Fields::value_type{"starting_after", "re_3"}));
  EXPECT_EQ(query(2).back(), (Fields::value_type{"starting_after", "re_2"}));
}

TEST_F(RetrieveReversals, AnswersAllOrNothing) {
  for (const std::deque<HttpExchange>& script : {
           std::deque<HttpExchange>{failure(HttpFailure::Kind::TooLarge, true)},
           {page({refund("re_2", 1)}, true), failure(HttpFailure::Kind::TooLarge, true)},
           {page({refund("re_1", 1)}), failure(HttpFailure::Kind::TooLarge, true)},
           {page({Json{{"object", "refund"}}})},
           {page({}), page({refund("re_1", 1)})},  // no dispute
       }) {
    http.script = script;
    const auto reversals = gateway->retrieveReversals(tenant, "pi_1");
    ASSERT_FALSE(reversals.ok());
    EXPECT_EQ(reversals.error().code, ErrorCode::PaymentServiceError);
  }
}

using ListPageLines = StripeLookUp;

Json item(const std::string& id) {
  return Json::parse(
             R"({"object":"item","adjustable_quantity":null,"amount_discount":600,"amount_subtotal":2500,
    "amount_tax":361,"amount_total":2261,"currency":"eur","description":"Mug","price":{"id":"price_1",
    "object":"price","currency":"eur","unit_amount":1250,"unit_amount_decimal":"1250"},"quantity":2})")
      .patch({{{"op", "add"}, {"path", "/id"}, {"value", id}}});
}

TEST_F(ListPageLines, AnswersWhatTheLinesSay) {
  Json bare = item("li_2");
  bare["description"] = bare["quantity"] = nullptr;
  bare["price"]["unit_amount"] = nullptr;  // a fraction of a cent, in unit_amount_decimal
  http.script = {page({item("li_1"), bare})};
  const auto lines = gateway->listPageLines(tenant, "cs_1");
  ASSERT_TRUE(lines.ok()) << lines.error().message;
  ASSERT_EQ(lines->size(), 2u);
  const PageLine& line = lines->front();
  const auto euro = [](std::int64_t cents) { return Money{cents, {"eur"}}; };
  EXPECT_EQ(line.description, "Mug");
  EXPECT_EQ(line.quantity, 2);
  EXPECT_EQ(line.unitAmount, euro(1250));
  EXPECT_EQ(line.subtotal, euro(2500));
  EXPECT_EQ(line.discount, euro(600));
  EXPECT_EQ(line.tax, euro(361));
  EXPECT_EQ(line.total, euro(2261));
  EXPECT_EQ(lines->back().description, "");
  EXPECT_EQ(lines->back().quantity, 1);
  EXPECT_FALSE(lines->back().unitAmount.has_value());
  EXPECT_EQ(path(0), "/v1/checkout/sessions/cs_1/line_items");
  EXPECT_EQ(query(0), (Fields{{"limit", "100"}}));
}

TEST_F(ListPageLines, ReadsEveryPageInItsOrder) {
  Json second = item("li_2"), third = item("li_3");
  second["description"] = "Book";
  third["description"] = "Shipping";
  http.script = {page({item("li_1"), second}, true), page({third})};
  const auto lines = gateway->listPageLines(tenant, "cs_1");
  ASSERT_TRUE(lines.ok());
  std::vector<std::string> names;
  for (const PageLine& line : *lines) names.push_back(line.description);
  EXPECT_THAT(names, ElementsAre("Mug", "Book", "Shipping"));
  EXPECT_EQ(query(1), (Fields{{"limit", "100"}, {"starting_after", "li_2"}}));
}

TEST_F(ListPageLines, AnswersAllOrNothing) {
  const auto without = [](const char* member) {
    Json object = item("li_1");
    object.erase(member);
    return object;
  };
  for (const std::deque<HttpExchange>& script : {
           std::deque<HttpExchange>{failure(HttpFailure::Kind::TooLarge, true)},
           {page({item("li_1")}, true), failure(HttpFailure::Kind::TooLarge, true)},
           {answer(404, R"({"error":{"type":"invalid_request_error","code":"resource_missing"}})")},
           {answer(200, R"({"object":"list"})")},
           {page({refund("re_1", 1)})},
           {page({without("amount_tax")})},
           {page({without("amount_total")})},
           {page({without("currency")})},
       }) {
    http.script = script;
    EXPECT_FALSE(gateway->listPageLines(tenant, "cs_1").ok());
    EXPECT_THAT(http.script, IsEmpty());
  }
}

TEST_F(ListPageLines, GivesUpAListThatNeverEnds) {
  for (int i = 0; i < 1000; ++i) http.script.push_back(page({item("li_1")}, true));
  const auto lines = gateway->listPageLines(tenant, "cs_1");
  ASSERT_FALSE(lines.ok());
  EXPECT_EQ(lines.error().code, ErrorCode::PaymentServiceError);
  EXPECT_LE(http.sent.size(), 20u);
}

using ListEvents = StripeLookUp;

Json eventOf(const std::string& id, const Json& object) {
  return {{"id", id},          {"object", "event"},        {"type", "payment_intent.succeeded"},
          {"livemode", false}, {"created", 1'800'000'000}, {"data", {{"object", object}}}};
}

TEST_F(ListEvents, AsksForTypesTimeAndDelivery) {
  http.script = {page({}), page({}), page({})};
  EventQuery wanted;
  wanted.types = {"charge.refunded", "refund.failed"};
  wanted.since = fromUnixMillis(1'799'999'999'999);
  ASSERT_TRUE(gateway->listEvents(tenant, wanted).ok());
  EXPECT_EQ(path(0), "/v1/events");
  EXPECT_EQ(query(0), (Fields{{"limit", "100"},
                              {"created[gte]", "1799999999"},
                              {"types[0]", "charge.refunded"},
                              {"types[1]", "refund.failed"}}));
  wanted.undeliveredOnly = true;
  wanted.startingAfter = "evt_9";
  ASSERT_TRUE(gateway->listEvents(tenant, wanted).ok());
  EXPECT_EQ(query(1)[4], (Fields::value_type{"delivery_success", "false"}));
  EXPECT_EQ(query(1)[5], (Fields::value_type{"starting_after", "evt_9"}));
  wanted.until = fromUnixMillis(1'800'000'999'000);
  ASSERT_TRUE(gateway->listEvents(tenant, wanted).ok());
  EXPECT_EQ(query(2)[2], (Fields::value_type{"created[lt]", "1800000999"}));
}

// Stripe leaves the account out of events that are asked for in its name.
TEST_F(ListEvents, AreOfTheAccountThatTheyAreAskedForIn) {
  http.script = {page({eventOf("evt_1", intentObject())}), page({eventOf("evt_1", intentObject())})};
  EXPECT_EQ(gateway->listEvents(tenant, {})->events.at(0).account, std::nullopt);
  tenant.stripe.account = "acct_1";
  EXPECT_EQ(gateway->listEvents(tenant, {})->events.at(0).account, "acct_1");
}

TEST_F(ListEvents, AnswersThemNewestFirstWithoutClientSecrets) {
  http.script = {
      page({eventOf("evt_2", intent("pi_2", "succeeded")), eventOf("evt_1", intentObject())}, true)};
  const auto events = gateway->listEvents(tenant, {});
  ASSERT_TRUE(events.ok());
  EXPECT_TRUE(events->hasMore);
  ASSERT_EQ(events->events.size(), 2u);
  EXPECT_EQ(events->events[0].id, "evt_2");
  EXPECT_EQ(events->events[0].paymentIntentId, "pi_2");
  EXPECT_EQ(events->events[0].sagaId, SagaId{"saga_1"});
  EXPECT_EQ(events->events[1].id, "evt_1");
  EXPECT_THAT(events->events[1].payload, Not(HasSubstr("secret")));
}

TEST_F(ListEvents, ReportsAnUnusableAnswerAsTheServicesError) {
  for (const std::deque<HttpExchange>& script :
       {std::deque<HttpExchange>{failure(HttpFailure::Kind::TooLarge, true)},
        {page({Json{{"object", "event"}}})},
        {answer(200, R"({"object":"balance"})")}}) {
    http.script = script;
    const auto events = gateway->listEvents(tenant, {});
    ASSERT_FALSE(events.ok());
    EXPECT_EQ(events.error().code, ErrorCode::PaymentServiceError);
  }
}

// As Stripe sends them, a hundred sessions are some 800 KB.
TEST_F(ListEvents, TakesAWholePageOfLargeEvents) {
  Json session = sessionObject();
  for (int i = 0; i < 150; ++i) session["member_" + std::to_string(i)] = std::string(50, 'x');
  std::vector<Json> events;
  for (int i = 0; i < 100; ++i) events.push_back(eventOf("evt_" + std::to_string(i), session));
  http.script = {page(events)};
  const auto found = gateway->listEvents(tenant, {});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->events.size(), 100u);
}

}  // namespace
}  // namespace checkout::stripe
