// The key of a tenant that becomes another account's: what one account does not know must not be charged
// again there.
#include "saga/account_guard.hpp"

#include "support/around.hpp"
#include "support/found_fixture.hpp"

namespace checkout::saga {
namespace {

// What one key reaches.
class OneAccount final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<std::optional<std::string>> account(const Tenant&) override { return ++asked, answer; }
  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override {
    ++used;
    return AroundGateway::execute(tenant, call);
  }
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant& tenant, const std::string& id) override {
    ++used;
    return AroundGateway::retrieveIntent(tenant, id);
  }
  Result<std::optional<PaymentFact>> findPayment(const Tenant& tenant, const SagaId& saga, int attempt,
                                                 TimePoint plannedAt) override {
    ++used;
    return AroundGateway::findPayment(tenant, saga, attempt, plannedAt);
  }
  PayerOutcome findPayer(const Tenant& tenant, const std::string& method) override {
    ++used;
    return AroundGateway::findPayer(tenant, method);
  }
  PayerOutcome ensureCustomer(const Tenant& tenant, const std::string& user,
                              const std::string& gone) override {
    ++used;
    return AroundGateway::ensureCustomer(tenant, user, gone);
  }
  Result<EventPage> listEvents(const Tenant& tenant, const EventQuery& query) override {
    ++used;
    return AroundGateway::listEvents(tenant, query);
  }
  Result<std::optional<std::string>> answer = std::optional<std::string>{"acct_1"};
  int asked = 0, used = 0;
};

class AccountGuard : public Found {
 protected:
  AccountGuard() { fillCart(1); }
  // The server starts anew with a key.
  void startWith(PaymentGateway& key) {
    service.reset();
    guard = guardAccounts(key, *db);
    service = std::make_unique<CheckoutService>(*db, tenants, *guard, clock, feed,
                                                CheckoutOptions{"http://127.0.0.1:8080", "worker"});
  }
  std::unique_ptr<PaymentGateway> guard;
  test::FakeGateway elsewhere;
  OneAccount right{gateway}, wrong{elsewhere};
};

TEST_F(AccountGuard, AChargeWithoutAnAnswerIsNotRepeatedInAnotherAccount) {
  startWith(right);
  gateway.loseNext(test::FakeGateway::Loss::AfterEffect);
  EXPECT_EQ(service->start(direct()).error().code, ErrorCode::PaymentOutcomeUnknown);
  wrong.answer = std::optional<std::string>{"acct_2"};
  startWith(wrong);
  const SagaId id = onlySaga().id;
  runTimersFor(Milliseconds{2 * 60 * 60'000});
  EXPECT_FALSE(service->sweepEvents(shop).ok());
  EXPECT_EQ(wrong.used, 0);
  EXPECT_EQ(elsewhere.payments().size(), 0u);
  EXPECT_TRUE(isStuck(id));

  startWith(right);
  runTimersFor(Milliseconds{60 * 60'000});
  EXPECT_EQ(stored(id).status, SagaStatus::Completed);
  EXPECT_EQ(captured(), stored(id).totals.total.amount) << "once";
}

TEST_F(AccountGuard, ARefundWithoutAnAnswerIsNotRefusedByAnotherAccount) {
  startWith(right);
  const Saga saga = *service->start(direct());
  ASSERT_EQ(saga.status, SagaStatus::Completed);
  gateway.loseNext(test::FakeGateway::Loss::BeforeEffect);
  EXPECT_EQ(service->refund(shop, saga.id, 500, "broken", "operator:ann").error().code,
            ErrorCode::PaymentOutcomeUnknown);
  wrong.answer = std::optional<std::string>{"acct_2"};
  startWith(wrong);
  runTimersFor(Milliseconds{60 * 60'000});
  EXPECT_EQ(wrong.used, 0);
  EXPECT_TRUE(isStuck(saga.id));
  startWith(right);
  runTimersFor(Milliseconds{60 * 60'000});
  EXPECT_EQ(gateway.refunded(), 1);
}

TEST_F(AccountGuard, AnOperatorIsToldThatTheRefundWasNotMade) {
  startWith(right);
  const Saga saga = *service->start(direct());
  wrong.answer = std::optional<std::string>{"acct_2"};
  startWith(wrong);
  const auto refused = service->refund(shop, saga.id, 500, "broken", "operator:ann");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("belongs to another account"), std::string::npos)
      << refused.error().message;
  startWith(right);
  EXPECT_TRUE(service->refund(shop, saga.id, 500, "broken", "operator:ann").ok());
  EXPECT_EQ(gateway.refunded(), 1);
}

TEST_F(AccountGuard, AnotherKeyOfTheSameAccountGoesOn) {
  startWith(right);
  const Saga saga = *service->start(direct());
  OneAccount rolled(gateway);
  startWith(rolled);
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "broken", "operator:ann").ok());
  EXPECT_EQ(gateway.refunded(), 1);
  EXPECT_EQ(rolled.asked, 1) << "once in a process";
}

TEST_F(AccountGuard, AKeyThatMayNotReadItsAccountIsTrusted) {
  startWith(right);
  const Saga saga = *service->start(direct());
  OneAccount restricted(gateway);
  restricted.answer = std::optional<std::string>{};
  startWith(restricted);
  EXPECT_TRUE(service->refund(shop, saga.id, 500, "broken", "operator:ann").ok());
}

TEST_F(AccountGuard, NothingIsSentUntilTheAccountIsKnown) {
  right.answer = Error(ErrorCode::PaymentServiceError, "The payment service gave no usable answer.");
  startWith(right);
  auto refused = service->start(direct());
  EXPECT_EQ(right.used, 0);
  right.answer = std::optional<std::string>{"acct_1"};
  runTimersFor(Milliseconds{10 * 60'000});
  EXPECT_EQ(onlySaga().status, SagaStatus::Completed);
}

TEST_F(AccountGuard, NobodyIsLookedUpOrMadeInAnotherAccount) {
  tenants.tenant().stripe.savedPaymentMethods = true;
  startWith(right);
  ASSERT_TRUE(service->start(direct()).ok());
  wrong.answer = std::optional<std::string>{"acct_2"};
  startWith(wrong);
  fillCart(1);
  const auto charged = service->start(direct());
  ASSERT_FALSE(charged.ok());
  EXPECT_NE(charged.error().message.find("belongs to another account"), std::string::npos)
      << charged.error().message;
  const auto page = service->start(request());
  ASSERT_TRUE(page.ok());
  EXPECT_FALSE(service->createPaymentSession(shop, page->id).ok());
  EXPECT_EQ(wrong.used, 0);
  EXPECT_TRUE(elsewhere.customers().empty());
}

TEST_F(AccountGuard, TestAndLivePaymentsOfAnAccountAreApart) {
  startWith(right);
  ASSERT_TRUE(service->start(direct()).ok());
  tenants.tenant().stripe.livemode = true;
  startWith(right);
  const int used = right.used;
  EXPECT_FALSE(service->sweepEvents(shop).ok());
  EXPECT_EQ(right.used, used);
}

TEST_F(AccountGuard, AStoreOfTheSimulatorIsNoStoreOfAnAccount) {
  tenants.tenant().stripe.sandbox = true;
  startWith(right);
  ASSERT_TRUE(service->start(direct()).ok());
  EXPECT_EQ(right.asked, 0);
  tenants.tenant().stripe.sandbox = false;
  startWith(right);
  EXPECT_FALSE(service->sweepEvents(shop).ok());
}

}  // namespace
}  // namespace checkout::saga
