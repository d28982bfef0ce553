// What outsiders proved with the built program: money that moved when nobody had agreed, goods that were sold
// although their payment had gone back, refunds that were made twice or never.
#include <gmock/gmock.h>

#include "saga/next_action.hpp"
#include "saga/policy.hpp"
#include "saga/reversals.hpp"
#include "support/found_fixture.hpp"

namespace checkout::saga {
namespace {

using testing::HasSubstr;

class FoundByOutsiders : public Found {
 protected:
  static constexpr char kAnn[] = "operator:ann";
  static constexpr Milliseconds kMinutes{30 * 60'000}, kHours{7 * 60 * 60'000}, kDays{3 * 24 * 60 * 60'000};

  FoundByOutsiders() { fillCart(1); }

  Saga completed() {
    const Saga saga = withSession();
    gateway.paySession(*saga.payment.sessionId);
    return poll(saga.id);
  }
  PaymentEvent ofIntent(const Saga& saga, const std::string& id, const std::string& type,
                        const std::string& intent = "pi_of_cs_1") {
    PaymentEvent event = this->event(id, saga, type);
    event.sessionId.reset();
    event.paymentIntentId = intent;
    return event;
  }
};

// --- what nobody agreed to ---

TEST_F(FoundByOutsiders, ARepeatedStartDoesNotChargeATotalThatWasRefusedOnce) {
  (void)started();
  addToCart("ebook", 1);
  StartCheckout direct = this->direct();
  direct.idempotencyKey = "purchase-1";
  for (int repeat = 0; repeat < 3; ++repeat)
    EXPECT_EQ(service->start(direct).error().code, ErrorCode::TotalChanged) << repeat;
  EXPECT_EQ(captured(), 0);
  const auto sagas = service->list(shop, {UserId{"ann"}, SagaStatus::Pending, 20, ""})->sagas;
  ASSERT_EQ(sagas.size(), 1u);
  direct.expectedTotal = sagas.front().totals.total;
  EXPECT_EQ(service->start(direct)->status, SagaStatus::Completed);
  EXPECT_EQ(captured(), sagas.front().totals.total.amount);
}

TEST_F(FoundByOutsiders, ARepeatedRetryDoesNotChargeATotalThatWasRefusedOnce) {
  gateway.refuse(GatewayOperation::CreateIntent, 100);
  ASSERT_FALSE(service->start(direct()).ok());
  runTimersFor(kMinutes);
  const Saga ended = onlySaga();
  ASSERT_EQ(ended.status, SagaStatus::Compensated);
  gateway.refuse(GatewayOperation::CreateIntent, 0);
  addToCart("ebook", 1);
  for (int repeat = 0; repeat < 3; ++repeat)
    EXPECT_EQ(service->retry(shop, ended.id).error().code, ErrorCode::TotalChanged) << repeat;
  EXPECT_EQ(captured(), 0);
  const Money total = stored(ended.id).totals.total;
  EXPECT_TRUE(service->pay(shop, ended.id, {"pm_card_visa", total, std::nullopt}).ok());
  EXPECT_EQ(captured(), total.amount);
}

TEST_F(FoundByOutsiders, ARetryOfOtherGoodsSaysSo) {
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Expired);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Compensated);
  fillCart(0, 1);
  const auto retried = service->retry(shop, saga.id);
  ASSERT_EQ(retried.error().code, ErrorCode::TotalChanged);
  EXPECT_THAT(retried.error().message, HasSubstr("1 × "));
  EXPECT_EQ(stored(saga.id).status, SagaStatus::Pending);
  EXPECT_TRUE(service->createPaymentSession(shop, saga.id).ok()) << "once the customer has agreed";
}

TEST_F(FoundByOutsiders, ARetryBesideAnotherCheckoutLeadsToThatOne) {
  const Saga old = withSession();
  gateway.setState(*old.payment.sessionId, PaymentState::Expired);
  (void)poll(old.id);
  const Saga live = started();
  const auto retried = service->retry(shop, old.id);
  EXPECT_EQ(retried.error().code, ErrorCode::InvalidState);
  EXPECT_THAT(retried.error().message, HasSubstr(old.id.value));
  EXPECT_THAT(retried.error().nextAction->message, HasSubstr(live.id.value));
}

TEST_F(FoundByOutsiders, WhatNeverLeftIsNotChargedAfterTheCustomerCancelled) {
  gateway.loseNext(test::FakeGateway::Loss::BeforeEffect);
  ASSERT_EQ(service->start(direct()).error().code, ErrorCode::PaymentOutcomeUnknown);
  (void)service->cancel(shop, onlySaga().id, "no");
  runTimersFor(kMinutes);
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 1) << "it is looked up, and not sent again";
  EXPECT_EQ(captured(), 0);
  EXPECT_EQ(onlySaga().status, SagaStatus::Compensated);
  EXPECT_EQ(mugs().reserved, 0);
}

TEST_F(FoundByOutsiders, WhatWasChargedBeforeTheCustomerCancelledGoesBack) {
  gateway.loseNext(test::FakeGateway::Loss::AfterEffect);
  ASSERT_EQ(service->start(direct()).error().code, ErrorCode::PaymentOutcomeUnknown);
  (void)service->cancel(shop, onlySaga().id, "no");
  runTimersFor(kMinutes);
  EXPECT_EQ(gateway.refundedAmount(), onlySaga().totals.total.amount);
  EXPECT_EQ(onlySaga().status, SagaStatus::Compensated);
}

TEST_F(FoundByOutsiders, NothingIsChargedHoursAfterItWasAgreedTo) {
  gateway.loseNext(test::FakeGateway::Loss::BeforeEffect);
  ASSERT_EQ(service->start(direct()).error().code, ErrorCode::PaymentOutcomeUnknown);
  clock.advance(Milliseconds{20 * 60 * 60'000});
  runTimersFor(kMinutes);
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 1);
  EXPECT_EQ(captured(), 0);
  EXPECT_EQ(onlySaga().status, SagaStatus::Compensated);
}

// --- what was given back is not sold ---

TEST_F(FoundByOutsiders, ARefundThatIsHeardOfBeforeItsPaymentEndsTheCheckout) {
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refundElsewhere("pi_of_cs_1", saga.totals.total);
  ASSERT_TRUE(service->applyEvent(shop, ofIntent(saga, "evt_refund", "charge.refunded")).ok());
  ASSERT_TRUE(service->applyEvent(shop, event("evt_paid", saga)).ok());
  EXPECT_EQ(stored(saga.id).status, SagaStatus::Compensated);
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount);
}

TEST_F(FoundByOutsiders, NothingIsSoldWhileItIsNotKnownWhatWentBack) {
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refundElsewhere("pi_of_cs_1", saga.totals.total);
  gateway.failReversals(true);
  (void)poll(saga.id);
  EXPECT_EQ(stored(saga.id).status, SagaStatus::InProgress);
  restart();
  gateway.failReversals(false);
  runTimersFor(kMinutes);
  EXPECT_EQ(stored(saga.id).status, SagaStatus::Compensated);
  EXPECT_EQ(mugs().sold, 0);
}

TEST_F(FoundByOutsiders, AnAnswerThatWasKeptDoesNotHideARefund) {
  gateway.loseNext(test::FakeGateway::Loss::AfterEffect);
  ASSERT_EQ(service->start(direct()).error().code, ErrorCode::PaymentOutcomeUnknown);
  const Saga saga = onlySaga();
  gateway.refundElsewhere("pi_1", saga.totals.total);
  runTimersFor(Milliseconds{5 * 60'000});  // it is sent again, and answered as it was the first time
  EXPECT_EQ(stored(saga.id).status, SagaStatus::Compensated);
  EXPECT_EQ(mugs().sold, 0);
}

// --- what an operator has settled ---

TEST_F(FoundByOutsiders, AFailedRefundThatWasSettledIsNotLeftToBeRefunded) {
  const Saga saga = completed();
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "broken", kAnn).ok());
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_failed", "refund.failed")).ok());
  ASSERT_TRUE(service->resolve(shop, saga.id, "5.00 by bank transfer", kAnn).ok());
  ASSERT_TRUE(service->refund(shop, saga.id, std::nullopt, "never arrived", kAnn).ok());
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount - 500);
}

TEST_F(FoundByOutsiders, AFailedRefundThatWasMadeAgainIsNotSettledTwice) {
  const Saga saga = completed();
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "broken", kAnn).ok());
  const std::string failed = gateway.refunds().front().refundId;
  gateway.setRefundStatus(failed, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_failed", "refund.failed")).ok());
  clock.advance(Milliseconds{1'000});
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "broken", kAnn).ok());
  EXPECT_THAT(*whyStuck(stored(saga.id), clock.now()), HasSubstr("was made since"));
  ASSERT_TRUE(service->resolve(shop, saga.id, "made again", kAnn).ok());
  EXPECT_FALSE(isStuck(saga.id));
  ASSERT_TRUE(service->refund(shop, saga.id, std::nullopt, "never arrived", kAnn).ok());
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount);
}

TEST_F(FoundByOutsiders, AnOwedRefundThatWasSettledIsNotLeftToBeRefunded) {
  const Saga saga = completed();
  gateway.refuse(GatewayOperation::Refund, 1);
  ASSERT_FALSE(service->refund(shop, saga.id, 400, "broken", kAnn).ok());
  ASSERT_TRUE(service->resolve(shop, saga.id, "by bank transfer", kAnn).ok());
  ASSERT_TRUE(service->refund(shop, saga.id, std::nullopt, "never arrived", kAnn).ok());
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount - 400);
}

TEST_F(FoundByOutsiders, AnOwedRefundThatWasMadeAtTheDashboardIsNotMadeAgain) {
  const Saga saga = completed();
  gateway.refuse(GatewayOperation::Refund, 1);
  ASSERT_FALSE(service->refund(shop, saga.id, 400, "broken", kAnn).ok());
  clock.advance(Milliseconds{1'000});
  gateway.refundElsewhere("pi_of_cs_1", Money{400, saga.totals.total.currency});
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_refund", "charge.refunded")).ok());
  runTimersFor(kMinutes);
  EXPECT_EQ(gateway.refundedAmount(), 400);
  EXPECT_TRUE(stored(saga.id).refundsOwed.empty());
}

TEST_F(FoundByOutsiders, ARepeatedResolveSettlesNothingElse) {
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refuse(GatewayOperation::Refund, 1'000, /*temporarily=*/false);
  (void)service->cancel(shop, saga.id, "no");
  gateway.dispute("pi_of_cs_1", {"dp_1", "needs_response", "fraudulent", saga.totals.total});
  ASSERT_TRUE(service->applyEvent(shop, ofIntent(saga, "evt_dispute", "charge.dispute.created")).ok());
  const auto first = service->resolve(shop, saga.id, "answered at Stripe", kAnn);
  ASSERT_TRUE(first.ok()) << first.error().message;
  const auto second = service->resolve(shop, saga.id, "answered at Stripe", kAnn);
  ASSERT_EQ(second.error().code, ErrorCode::ValidationFailed);
  EXPECT_THAT(second.error().message, HasSubstr("undo fails"));
  EXPECT_EQ(stored(saga.id).payment.state, PaymentState::Paid) << "the refund is owed as before";
}

TEST_F(FoundByOutsiders, AnUnknownPaymentIsAskedForByRetry) {
  const Saga saga = withSession();
  const PaymentFact page = gateway.take(*saga.payment.sessionId);
  runTimersFor(Milliseconds{25 * 60 * 60'000});
  ASSERT_TRUE(isStuck(saga.id));
  gateway.put(page);
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->resume(shop, saga.id, kAnn).ok());
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount);
}

TEST_F(FoundByOutsiders, AnUnknownPaymentIsAskedForWhileTheCheckoutWaitsToBePaid) {
  const Saga saga = withSession();
  const PaymentFact page = gateway.take(*saga.payment.sessionId);
  runTimersFor(Milliseconds{25 * 60 * 60'000});
  fillCart(0, 1);
  (void)service->retry(shop, saga.id);
  ASSERT_EQ(stored(saga.id).status, SagaStatus::Pending);
  gateway.put(page);
  gateway.paySession(*saga.payment.sessionId);
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount) << "it was paid for other goods";
}

TEST_F(FoundByOutsiders, AnUnknownPaymentIsListedUntilItIsKnownHowItEnds) {
  const Saga saga = withSession();
  PaymentFact page = gateway.take(*saga.payment.sessionId);
  runTimersFor(Milliseconds{25 * 60 * 60'000});
  page.state = PaymentState::Processing;
  gateway.put(page);
  runTimersFor(kHours);
  EXPECT_TRUE(isStuck(saga.id));
  gateway.paySession(*saga.payment.sessionId);
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount);
  EXPECT_FALSE(isStuck(saga.id));
}

// --- a store that was restored from a backup ---

TEST_F(FoundByOutsiders, APaymentThatTheRestoredStoreKnowsNothingOfIsNeitherSoldNorGivenBack) {
  const Saga saga = started();
  backUp();
  const Saga paid = *service->createPaymentSession(shop, saga.id);
  gateway.paySession(*paid.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  restore();
  PaymentEvent again = event("evt_again", paid);
  again.sagaId = saga.id;  // as the page's metadata says
  ASSERT_TRUE(service->applyEvent(shop, again).ok());
  runTimersFor(kHours);
  const Saga restored = stored(saga.id);
  EXPECT_EQ(restored.status, SagaStatus::Failed);
  EXPECT_EQ(gateway.refundedAmount(), 0);
  EXPECT_EQ(mugs().sold, 0);
  EXPECT_EQ(nextActionFor(restored).type, NextActionType::None);
  EXPECT_THAT(whyStuck(restored, clock.now()).value_or(""), HasSubstr("pi_of_cs_1"));
  EXPECT_FALSE(service->retry(shop, saga.id).ok());
  ASSERT_TRUE(service->resolve(shop, saga.id, "delivered before the restore", kAnn).ok());
  ASSERT_TRUE(service->applyEvent(shop, event("evt_once_more", paid)).ok());
  EXPECT_FALSE(isStuck(saga.id));
  EXPECT_EQ(gateway.refundedAmount(), 0);
}

TEST_F(FoundByOutsiders, AnAnswerKeptFromBeforeARestoreIsNoNewRefund) {
  const Saga saga = completed();
  backUp();
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "first", kAnn).ok());
  restore();
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_first", "charge.refunded")).ok());
  clock.advance(Milliseconds{1'000});
  (void)service->refund(shop, saga.id, 500, "second", kAnn);
  runTimersFor(kMinutes);
  EXPECT_EQ(gateway.refundedAmount(), 1'000);
  EXPECT_TRUE(stored(saga.id).refundsOwed.empty());
}

// --- a clock that was wrong ---

TEST_F(FoundByOutsiders, AClockThatWasAheadHoldsNothingUpAndChargesNothingTwice) {
  clock.advance(kDays);
  gateway.loseNext(test::FakeGateway::Loss::AfterEffect);
  ASSERT_EQ(service->start(direct()).error().code, ErrorCode::PaymentOutcomeUnknown);
  clock.advance(-kDays);
  runTimersFor(kMinutes);
  EXPECT_EQ(onlySaga().status, SagaStatus::Completed);
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 1);
  EXPECT_EQ(captured(), onlySaga().totals.total.amount);
}

TEST_F(FoundByOutsiders, EventsAreReadFromWhereTheProviderStood) {
  const Saga saga = completed();
  gateway.happened(event("evt_old", saga));
  clock.advance(kDays);
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  clock.advance(-kDays);
  clock.advance(Milliseconds{60'000});
  gateway.refundElsewhere("pi_of_cs_1", Money{100, saga.totals.total.currency});
  gateway.happened(about(saga, "evt_refund", "charge.refunded"));
  clock.advance(Milliseconds{60 * 60'000});
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_EQ(refundable(stored(saga.id),
                       *readFor<std::vector<RefundEntry>>(
                           *db, [&](Transaction& tx) { return tx.ledger().refundsOf(shop, saga.id); }))
                .amount,
            saga.totals.total.amount - 100);
}

TEST_F(FoundByOutsiders, AShopThatSellsInAnotherCurrencyNowSaysSo) {
  const Saga saga = started();
  tenants.tenant().currency = Currency{"chf"};
  const auto chosen = service->selectShipping(shop, saga.id, "post", "express");
  EXPECT_EQ(chosen.error().code, ErrorCode::InvalidState);
  EXPECT_EQ(chosen.error().nextAction->type, NextActionType::StartOver);
}

TEST_F(FoundByOutsiders, NobodyIsAskedForTheRestOfAnAddressThatIsOfNoUse) {
  StartCheckout start = request();
  start.shippingAddress = Address{"", "", "", "", "", "", "JP", ""};
  EXPECT_THAT(service->start(start).error().message, HasSubstr("does not ship to \"JP\""));
}

// --- whose it is ---

TEST_F(FoundByOutsiders, AnEventOfAnotherShopOfTheSameAccountIsIgnored) {
  const Saga saga = withSession();
  PaymentEvent foreign = event("evt_other", saga);
  foreign.tenantId = TenantId{"another_shop"};
  foreign.sagaId = SagaId{"saga_of_theirs"};
  EXPECT_EQ(*service->applyEvent(shop, foreign), EventFate::Ignored);
}

TEST_F(FoundByOutsiders, WhoMadeUpANewUserIdHearsThatTheCartWasBought) {
  (void)completed();
  StartCheckout again = request();
  again.userId = UserId{"ann-2"};
  const auto refused = service->start(again);
  ASSERT_EQ(refused.error().code, ErrorCode::CartEmpty);
  EXPECT_THAT(refused.error().message, HasSubstr("Do not buy them again"));
  EXPECT_FALSE(refused.error().details.contains("lastCheckout"))
      << "whose it is may be nobody else's business";
}

}  // namespace
}  // namespace checkout::saga
