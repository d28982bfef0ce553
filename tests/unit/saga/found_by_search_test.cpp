// What the search in tests/model has found: goods that change at the same price, stores that go back in time.
#include <gmock/gmock.h>

#include "saga/next_action.hpp"
#include "saga/policy.hpp"
#include "support/found_fixture.hpp"

namespace checkout::saga {
namespace {

using testing::HasSubstr;

class FoundBySearch : public Found {
 protected:
  FoundBySearch() {
    Product cup = test::mug(tenants.tenant().currency);
    cup.id = ProductId{"cup"};
    cup.name = "Cup";
    tenants.tenant().catalog =
        domain::makeMemoryCatalog({test::mug(tenants.tenant().currency), std::move(cup)});
    fillCart(1);
  }
  // A cup costs what a mug costs.
  void putACupInItsPlace() {
    fillCart(0);
    addToCart("cup", 1);
  }
  // A stored method was to be charged for a mug, and Stripe had no time for it.
  Saga givenUp(StartCheckout start) {
    gateway.refuse(GatewayOperation::CreateIntent, 100);
    EXPECT_FALSE(service->start(start).ok());
    runTimersFor(Milliseconds{5 * 60'000});
    gateway.refuse(GatewayOperation::CreateIntent, 0);
    const Saga ended = onlySaga();
    EXPECT_EQ(ended.status, SagaStatus::Compensated);
    return ended;
  }
};

// --- goods that change at the same price ---

TEST_F(FoundBySearch, AnApprovalIsOfTheGoodsThatWereShown) {
  tenants.tenant().policies.approvalThreshold = 100;
  const Saga asked = *service->start(direct());
  ASSERT_EQ(asked.status, SagaStatus::Pending);
  const Approval approval{asked.id, asked.totals.total, asked.cart.digest};
  StartCheckout approved = direct();
  approved.approval = approval;
  const Saga ended = givenUp(approved);
  putACupInItsPlace();
  ASSERT_EQ(service->retry(shop, ended.id).error().code, ErrorCode::TotalChanged);
  const Saga retried = stored(ended.id);
  ASSERT_EQ(retried.totals.total, approval.total);
  const auto pay = [&](const Approval& given) {
    return service->pay(shop, retried.id, {"pm_card_visa", retried.totals.total, given});
  };
  EXPECT_EQ(pay(approval)->status, SagaStatus::Pending) << "a mug was approved";
  EXPECT_EQ(service->retry(shop, retried.id, approval).error().code, ErrorCode::TotalChanged);
  EXPECT_EQ(captured(), 0);
  EXPECT_EQ(pay({retried.id, retried.totals.total, retried.cart.digest})->status, SagaStatus::Completed);
}

TEST_F(FoundBySearch, WhoeverRepeatsARetryHearsOfTheOtherGoods) {
  const Saga ended = givenUp(direct());
  putACupInItsPlace();
  for (int repeat = 0; repeat < 3; ++repeat) {
    const auto retried = service->retry(shop, ended.id);
    ASSERT_EQ(retried.error().code, ErrorCode::TotalChanged) << repeat;
    EXPECT_THAT(retried.error().message, HasSubstr("1 × Cup")) << repeat;
  }
  EXPECT_EQ(captured(), 0);
}

// --- money that comes after the end ---

TEST_F(FoundBySearch, WhileItsRefundIsUnknownAnEndedCheckoutAsksForPatience) {
  const Saga ended = givenUp(direct());
  ASSERT_EQ(nextActionFor(ended).type, NextActionType::Retry);
  Saga refunding = ended;
  refunding.call = PendingCall{GatewayOperation::Refund, "checkout_refund", clock.now(), 1, true, {}, {}, 0};
  ASSERT_EQ(nextActionFor(refunding).type, NextActionType::Wait) << "a retry is refused until it is known";
}

// --- a clock that was ahead ---

TEST_F(FoundBySearch, ARefundThatAWebhookHasBroughtIsNotMadeAgainAfterAClockWasAhead) {
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  const Saga completed = stored(saga.id);
  const Milliseconds ahead{26 * 60 * 60'000};
  clock.advance(ahead);
  gateway.loseNext(test::FakeGateway::Loss::AfterEffect);
  ASSERT_FALSE(service->refund(shop, saga.id, 100, "a scratch", "operator:ann").ok());
  clock.advance(-ahead);
  ASSERT_TRUE(service->applyEvent(shop, about(completed, "evt_refund", "charge.refunded")).ok());
  runTimersFor(Milliseconds{30 * 60'000});
  clock.advance(ahead);
  runTimersFor(Milliseconds{30 * 60'000});
  EXPECT_EQ(gateway.refundedAmount(), 100);
  EXPECT_TRUE(stored(saga.id).refundsOwed.empty());
}

// --- a store that was restored from a backup ---

TEST_F(FoundBySearch, ARefundThatABackupHasForgottenIsNotTakenForTheOneThatIsAskedForNow) {
  gateway.now = [&] { return clock.now(); };
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  backUp();
  ASSERT_TRUE(service->refund(shop, saga.id, 100, "a scratch", "operator:ann").ok());
  ASSERT_EQ(gateway.refundedAmount(), 100);
  clock.advance(Milliseconds{60 * 60'000});
  restore();
  (void)service->refund(shop, saga.id, 100, "a scratch", "operator:ann").ok();
  runTimersFor(Milliseconds{10 * 60'000});
  EXPECT_EQ(gateway.refundedAmount(), 200) << "the operator has asked for it after the restore";
  EXPECT_TRUE(stored(saga.id).refundsOwed.empty());
  restore();
  (void)service->refund(shop, saga.id, 150, "broken", "operator:ann").ok();
  runTimersFor(Milliseconds{10 * 60'000});
  EXPECT_EQ(gateway.refundedAmount(), 350) << "its key was used for another amount";
}

TEST_F(FoundBySearch, AKeyThatAnotherStateOfTheStoreHasUsedIsNoReasonToPayAgain) {
  const Saga saga = started();
  backUp();
  const Saga paid = *service->createPaymentSession(shop, saga.id);
  gateway.paySession(*paid.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  restore();
  clock.advance(Milliseconds{1'000});  // another second, another request under the same key
  const auto again = service->createPaymentSession(shop, saga.id);
  ASSERT_EQ(again.error().code, ErrorCode::InvalidState);
  EXPECT_EQ(again.error().nextAction->type, NextActionType::None);
  EXPECT_EQ(nextActionFor(stored(saga.id)).type, NextActionType::None);
  EXPECT_THAT(whyStuck(stored(saga.id), clock.now()).value_or(""), HasSubstr("checkout_"));
  EXPECT_EQ(mugs().reserved, 0);
  PaymentEvent event = this->event("evt_again", paid);
  event.sagaId = saga.id;  // as the page's metadata says
  ASSERT_TRUE(service->applyEvent(shop, event).ok());
  runTimersFor(Milliseconds{7 * 60 * 60'000});
  EXPECT_EQ(gateway.refundedAmount(), 0) << "it was delivered";
  EXPECT_THAT(whyStuck(stored(saga.id), clock.now()).value_or(""), HasSubstr("pi_of_cs_1"));
  ASSERT_TRUE(service->resolve(shop, saga.id, "delivered before the restore", "operator:ann").ok());
  EXPECT_FALSE(isStuck(saga.id));
}

TEST_F(FoundBySearch, ARefundThatTheBackupOwedAndThatWasMadeSinceIsNotMadeAgain) {
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  gateway.refuse(GatewayOperation::Refund, 1);  // it is owed, and the backup says so
  ASSERT_FALSE(service->refund(shop, saga.id, 100, "a scratch", "operator:ann").ok());
  ASSERT_EQ(stored(saga.id).refundsOwed.size(), 1u);
  backUp();
  runTimersFor(Milliseconds{30 * 60'000});
  ASSERT_EQ(gateway.refundedAmount(), 100);
  restore();
  ASSERT_TRUE(service->applyEvent(shop, about(stored(saga.id), "evt_refund", "charge.refunded")).ok());
  runTimersFor(Milliseconds{30 * 60'000});
  EXPECT_EQ(gateway.refundedAmount(), 100);
  EXPECT_TRUE(stored(saga.id).refundsOwed.empty());
}

TEST_F(FoundBySearch, NothingIsChargedBesideAPageThatTheRestoredStoreKnowsNothingOf) {
  const Saga saga = started();
  backUp();
  ASSERT_TRUE(service->createPaymentSession(shop, saga.id).ok());
  restore();
  const auto paid = service->pay(shop, saga.id, {"pm_card_visa", saga.totals.total, std::nullopt});
  EXPECT_EQ(paid.error().code, ErrorCode::InvalidState);
  EXPECT_EQ(captured(), 0);
  EXPECT_TRUE(isStuck(saga.id));
}

}  // namespace
}  // namespace checkout::saga
