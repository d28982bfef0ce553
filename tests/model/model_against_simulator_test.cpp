// The small model of Stripe and the simulator, given the same calls, customers, banks and days: they have to
// answer the same. What decisions depend on is compared after each step, of every object.
#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "model/model_stripe.hpp"
#include "model/wire.hpp"
#include "sandbox/sandbox.hpp"
#include "stripe/gateway.hpp"
#include "support/manual_clock.hpp"
#include "support/tenants.hpp"

namespace checkout::model {
namespace {

constexpr int kSequences = 30, kStepsOfEach = 20;
constexpr std::int64_t kTotal = 2368;
// The simulator's test method for it; to the model it is a card like any other, whose bank sends refunds
// back.
constexpr const char* kRefundFails = "pm_card_refundFail";

class NobodyListens final : public HttpClient {
 public:
  HttpExchange send(const std::string&, const HttpRequest&, Milliseconds) override {
    return {std::nullopt, HttpFailure{HttpFailure::Kind::Connect, false, "nobody listens"}};
  }
};

class InProcess final : public HttpClient {
 public:
  explicit InProcess(sandbox::Sandbox& sandbox) : sandbox_(sandbox) {}
  HttpExchange send(const std::string&, const HttpRequest& request, Milliseconds) override {
    return {sandbox_.handle(request), std::nullopt};
  }

 private:
  sandbox::Sandbox& sandbox_;
};

Tenant theShop() {
  Tenant tenant = test::shop("eur");
  tenant.stripe.secretKey = Secret("sk_test_model1234");
  tenant.stripe.paymentMethodTypes = {"card", "sepa_debit"};
  return tenant;
}

// --- what decisions depend on, in a line of text ---

std::string sumOf(const std::optional<PaymentFact>& fact) {
  if (!fact) return "none";
  return std::string(toString(fact->state)) + " " + std::to_string(fact->amount.amount) + " " +
         std::to_string(fact->amountReceived.amount) + (fact->lastError ? " declined" : "") +
         (fact->url ? " url" : "") + (fact->paymentIntentId ? " intent" : "") +
         (fact->hasReversals ? " reversals" : "") + " " + (fact->sagaId ? fact->sagaId->value : "") + "/" +
         std::to_string(fact->attempt);
}

std::string sumOf(const CallOutcome& outcome) {
  std::string text = outcome.kind == CallOutcome::Kind::Succeeded ? "succeeded"
                     : outcome.kind == CallOutcome::Kind::Failed  ? "failed"
                                                                  : "unknown";
  text += "; payment: " + sumOf(outcome.payment);
  if (outcome.refund)
    text += "; refund: " + outcome.refund->status + " " + std::to_string(outcome.refund->amount.amount);
  if (outcome.error) text += "; " + std::string(toString(outcome.error->code));
  return text + (outcome.temporary ? "; temporary" : "") + (outcome.notSent ? "; not sent" : "");
}

std::string sumOf(const Reversals& reversals) {
  std::string text;
  for (const RefundFact& refund : reversals.refunds)
    text += refund.status + " " + std::to_string(refund.amount.amount) + (refund.callKey ? " by us, " : ", ");
  for (const DisputeFact& dispute : reversals.disputes) text += "dispute " + dispute.status + ", ";
  return text;
}

// --- both of them ---

class Pair {
 public:
  explicit Pair(std::uint64_t seed) : dice_(seed) { sandbox_.setPublicUrl("http://pay.test"); }

  void doSomething() {
    switch (dice_() % 20) {
      case 0:
      case 1:
        return create(GatewayOperation::CreateSession, "");
      case 2:
      case 3:
        return create(GatewayOperation::CreateIntent, anyOf(kMethods));
      case 4:
        return expire();
      case 5:
      case 6:
        return confirm();
      case 7:
        return cancel();
      case 8:
      case 9:
        return refund();
      case 10:
        return repeat();
      case 11:
        return reuseTheKey();
      case 12:
      case 13:
      case 14:
        return payOnPage();
      case 15:
        return authenticate();
      case 16:
        return settleDebit();
      case 17:
        return dice_() % 3 == 0 ? closeDispute() : dispute();
      case 18:
        return refundAtDashboard();
      default:
        return letTimePass();
    }
  }

  // Every object, as both see it now.
  void compare() {
    for (const auto& [ours, theirs] : sessions_) {
      const auto mine = modelGateway_.retrieveSession(shop_, ours);
      const auto real = simulator_->retrieveSession(shop_, theirs);
      ASSERT_TRUE(mine.ok() && real.ok()) << story;
      ASSERT_EQ(sumOf(*mine), sumOf(*real)) << story << "# " << ours;
      if ((*mine)->paymentIntentId) know({*(*mine)->paymentIntentId, *(*real)->paymentIntentId});
    }
    for (const auto& [ours, theirs] : intents_) {
      const auto mineGone = modelGateway_.retrieveReversals(shop_, ours);
      const auto realGone = simulator_->retrieveReversals(shop_, theirs);
      ASSERT_TRUE(mineGone.ok() && realGone.ok()) << story;
      ASSERT_EQ(sumOf(*mineGone), sumOf(*realGone)) << story << "# " << ours;
      if (isOfSession(ours)) continue;  // only its session is ever asked for
      const auto mine = modelGateway_.retrieveIntent(shop_, ours);
      const auto real = simulator_->retrieveIntent(shop_, theirs);
      ASSERT_TRUE(mine.ok() && real.ok()) << story;
      ASSERT_EQ(sumOf(*mine), sumOf(*real)) << story << "# " << ours;
    }
  }

  std::string story;

 private:
  using Names = std::pair<std::string, std::string>;  // the model's, the simulator's
  static constexpr const char* kMethods[] = {kVisa, kDeclinedCard, kCardWithChallenge, kDebit, kRefundFails};

  // --- calls of the API ---

  void create(GatewayOperation operation, const std::string& method) {
    PaymentRequest request;
    request.tenantId = shop_.id;
    request.sagaId = SagaId{"saga"};
    request.orderId = OrderId{"order"};
    request.attempt = ++attempt_;
    request.lines = {{"Mug", "", std::nullopt, Money{kTotal, {"eur"}}, 1}};
    request.total = Money{kTotal, {"eur"}};
    request.email = "ann@example.com";
    request.shippingAddress = Address{"Ann", "Street 1", "", "Berlin", "", "10115", "DE", ""};
    request.successUrl = request.returnUrl = "https://shop.example/back";
    request.cancelUrl = "https://shop.example/cart";
    const bool isTooSoon = dice_() % 4 == 0;  // Stripe wants half an hour at least
    request.expiresAt = clock_.now() + std::chrono::minutes(isTooSoon ? 29 : 35);
    newKey();
    if (operation == GatewayOperation::CreateSession)
      return call("open a page", modelGateway_.planCreateSession(shop_, request, key_),
                  simulator_->planCreateSession(shop_, request, key_));
    request.paymentMethodId = method == kRefundFails ? kVisa : method;
    const GatewayCall ours = modelGateway_.planCreateIntent(shop_, request, key_);
    request.paymentMethodId = method;
    call("charge " + method, ours, simulator_->planCreateIntent(shop_, request, key_));
    if (method == kRefundFails && !intents_.empty()) sendRefundsBack_.push_back(intents_.back().first);
  }
  void expire() {
    if (sessions_.empty()) return;
    newKey();
    const Names names = anyOf(sessions_);
    call("expire " + names.first, modelGateway_.planExpireSession(shop_, names.first, key_),
         simulator_->planExpireSession(shop_, names.second, key_));
  }
  void confirm() {
    if (intents_.empty()) return;
    newKey();
    const Names names = anyOf(intents_);
    const std::string method = kMethods[dice_() % 4];
    const Json parameters = {{"payment_method", method}, {"return_url", "https://shop.example/back"}};
    call("confirm " + names.first + " with " + method,
         modelGateway_.planConfirmIntent(shop_, {names.first, parameters}, key_),
         simulator_->planConfirmIntent(shop_, {names.second, parameters}, key_));
  }
  void cancel() {
    if (intents_.empty()) return;
    newKey();
    const Names names = anyOf(intents_);
    call("cancel " + names.first, modelGateway_.planCancelIntent(shop_, names.first, key_),
         simulator_->planCancelIntent(shop_, names.second, key_));
  }
  void refund() {
    if (intents_.empty()) return;
    newKey();
    const Names names = anyOf(intents_);
    const std::optional<Money> amounts[] = {std::nullopt, Money{100, {"eur"}}, Money{100, {"eur"}},
                                            Money{kTotal, {"eur"}}};
    callRefund(names, anyOf(amounts));
  }
  void callRefund(const Names& names, const std::optional<Money>& amount) {
    call("refund " + (amount ? std::to_string(amount->amount) : "all") + " of " + names.first,
         modelGateway_.planRefund(shop_, SagaId{"saga"}, names.first, amount, key_),
         simulator_->planRefund(shop_, SagaId{"saga"}, names.second, amount, key_));
  }
  void repeat() {
    if (last_) call("the last call again", last_->first, last_->second);
  }
  // The last call's key with another body.
  void reuseTheKey() {
    if (!last_ || intents_.empty()) return;
    callRefund(anyOf(intents_), Money{77, {"eur"}});
  }

  void call(const std::string& what, const GatewayCall& ours, const GatewayCall& theirs) {
    last_ = {ours, theirs};
    const CallOutcome mine = modelGateway_.execute(shop_, ours);
    const CallOutcome real = simulator_->execute(shop_, theirs);
    story += what + ": " + sumOf(real) + "\n";
    EXPECT_EQ(sumOf(mine), sumOf(real)) << story << (real.error ? real.error->message : "");
    if (!mine.payment || !real.payment) return;
    if (mine.payment->sessionId && real.payment->sessionId)
      addTo(sessions_, {*mine.payment->sessionId, *real.payment->sessionId});
    if (mine.payment->paymentIntentId && real.payment->paymentIntentId)
      know({*mine.payment->paymentIntentId, *real.payment->paymentIntentId});
  }

  // --- people, banks and time ---

  void payOnPage() {
    if (sessions_.empty()) return;
    const Names names = anyOf(sessions_);
    const std::pair<const char*, Json> ways[] = {{kVisa, {{"card", "4242424242424242"}}},
                                                 {kDeclinedCard, {{"card", "4000000000000002"}}},
                                                 {kCardWithChallenge, {{"card", "4000000000003220"}}},
                                                 {kDebit, {{"iban", "DE89370400440532013000"}}}};
    const auto& [method, body] = anyOf(ways);
    post("/_sandbox/checkout/sessions/" + names.second + "/pay", body.dump());
    model_.payOnPage(names.first, method, clock_.now());
    story += "pay " + names.first + " with " + method + "\n";
  }
  void authenticate() {
    if (intents_.empty()) return;
    const Names names = anyOf(intents_);
    const bool accepts = dice_() % 2 == 0;
    post("/pay/authenticate/" + names.second, accepts ? "outcome=accept" : "outcome=refuse",
         "application/x-www-form-urlencoded");
    model_.authenticate(names.first, accepts, clock_.now());
    story += std::string(accepts ? "approve " : "refuse to approve ") + names.first + "\n";
  }
  void settleDebit() {
    if (intents_.empty()) return;
    const Names names = anyOf(intents_);
    const bool paid = dice_() % 2 == 0;
    post("/_sandbox/payment_intents/" + names.second + "/settle",
         Json{{"outcome", paid ? "succeeded" : "failed"}}.dump());
    model_.settleDebit(names.first, paid, clock_.now());
    story += std::string("the bank ") + (paid ? "pays " : "does not pay ") + names.first + "\n";
  }
  void dispute() {
    if (intents_.empty()) return;
    const Names names = anyOf(intents_);
    const Json intent = send("GET", "/v1/payment_intents/" + names.second, "", "");
    if (intent.value("status", "") != "succeeded") return;
    post("/_sandbox/charges/" + intent["latest_charge"].get<std::string>() + "/dispute", "{}");
    model_.openDispute(names.first, clock_.now());
    story += "dispute " + names.first + "\n";
  }
  void closeDispute() {
    const Json known = send("GET", "/v1/disputes", "", "")["data"];
    if (known.empty()) return;
    const Json& real = known[dice_() % known.size()];
    const bool won = dice_() % 2 == 0;
    const auto names = std::find_if(intents_.begin(), intents_.end(),
                                    [&](const Names& pair) { return pair.second == real["payment_intent"]; });
    const auto& ours = model_.disputes();
    const auto mine =
        std::find_if(ours.begin(), ours.end(), [&](const auto& each) { return each.intent == names->first; });
    post("/_sandbox/disputes/" + real["id"].get<std::string>() + "/close",
         Json{{"status", won ? "won" : "lost"}}.dump());
    model_.closeDispute(mine->id, won, clock_.now());
    story += std::string("the dispute of ") + names->first + (won ? " is won\n" : " is lost\n");
  }
  // Without our metadata, as the merchant's own.
  void refundAtDashboard() {
    if (intents_.empty()) return;
    const Names names = anyOf(intents_);
    const bool isPart = dice_() % 2 == 0;
    post("/v1/refunds", "payment_intent=" + names.second + (isPart ? "&amount=50" : ""),
         "application/x-www-form-urlencoded");
    model_.refundAtDashboard(names.first, isPart ? std::optional<std::int64_t>(50) : std::nullopt,
                             clock_.now());
    story += "at the dashboard, refund " + std::string(isPart ? "50" : "all") + " of " + names.first + "\n";
  }
  // The simulator's banks act by themselves within a minute; in the model each act is a step of its own, so
  // that a search may leave it out.
  void letTimePass() {
    clock_.advance(std::chrono::minutes(dice_() % 4 == 0 ? 25 * 60 : 11));
    post("/_sandbox/clock", R"({"advance_ms":0})");
    const auto intents = model_.intents();
    for (const auto& intent : intents) model_.settleDebit(intent.id, true, clock_.now());
    const auto refunds = model_.refunds();
    for (const auto& refund : refunds) {
      const bool fails = std::find(sendRefundsBack_.begin(), sendRefundsBack_.end(), refund.intent) !=
                         sendRefundsBack_.end();
      if (fails)
        model_.sendRefundBack(refund.id, clock_.now());
      else
        model_.settleRefund(refund.id, clock_.now());
    }
    model_.expireOverdue(clock_.now());
    story += "time passes\n";
  }

  // --- helpers ---

  template <class Value>
  const Value& anyOf(const std::vector<Value>& list) {
    return list[dice_() % list.size()];
  }
  template <class Value, std::size_t size>
  const Value& anyOf(const Value (&list)[size]) {
    return list[dice_() % size];
  }
  void post(const std::string& target, const std::string& body,
            const std::string& type = "application/json") {
    (void)send("POST", target, body, type);
  }
  Json send(const std::string& method, const std::string& target, const std::string& body,
            const std::string& type) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.headers.set("Authorization", "Bearer sk_test_model1234");
    if (!type.empty()) request.headers.set("Content-Type", type);
    return Json::parse(sandbox_.handle(request).body, nullptr, false);
  }
  void newKey() { key_ = "key-" + std::to_string(++keys_); }
  static void addTo(std::vector<Names>& list, const Names& names) {
    if (std::find(list.begin(), list.end(), names) == list.end()) list.push_back(names);
  }
  void know(const Names& names) { addTo(intents_, names); }
  bool isOfSession(const std::string& id) const {
    const auto& all = model_.intents();
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& intent) { return intent.id == id && !intent.session.empty(); });
  }

  std::mt19937_64 dice_;
  const Tenant shop_ = theShop();
  test::ManualClock clock_;
  NobodyListens nobody_;
  sandbox::Sandbox sandbox_{clock_, nobody_};
  InProcess http_{sandbox_};
  std::unique_ptr<PaymentGateway> simulator_ = stripe::makeStripeGateway(http_, clock_);
  ModelStripe model_;
  Cut cut_;
  ModelGateway modelGateway_{model_, clock_, cut_};
  std::vector<Names> sessions_, intents_;
  std::vector<std::string> sendRefundsBack_;  // intents whose refunds fail at the bank
  std::optional<std::pair<GatewayCall, GatewayCall>> last_;
  std::string key_;
  int attempt_ = 0, keys_ = 0;
};

class ModelAgainstSimulator : public testing::TestWithParam<int> {};

TEST_P(ModelAgainstSimulator, AnswersTheSame) {
  log::configure(log::Level::Error, log::Format::Text);
  const int first = GetParam() * kSequences;
  for (int seed = first; seed < first + kSequences && !HasFailure(); ++seed) {
    Pair pair(static_cast<std::uint64_t>(seed));
    for (int i = 0; i < kStepsOfEach && !HasFailure(); ++i) {
      pair.doSomething();
      if (!HasFailure()) pair.compare();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModelAgainstSimulator, testing::Range(0, 10));

}  // namespace
}  // namespace checkout::model
