// Bugs that readers of the code have found and proven.
#include <algorithm>

#include <gmock/gmock.h>

#include "saga/next_action.hpp"
#include "support/found_fixture.hpp"

namespace checkout::saga {
namespace {

using testing::HasSubstr;
using testing::Not;
using Loss = test::FakeGateway::Loss;

class FoundByReaders : public Found {
 protected:
  static constexpr Milliseconds kHours{7 * 60 * 60'000};

  // A page ran out, and its money came later and went back.
  Saga paidTooLate() {
    const Saga saga = withSession();
    gateway.setState(*saga.payment.sessionId, PaymentState::Expired);
    EXPECT_EQ(poll(saga.id).status, SagaStatus::Compensated);
    gateway.paySession(*saga.payment.sessionId);
    EXPECT_TRUE(service->applyEvent(shop, event("evt_late", saga)).ok());
    EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount);
    return stored(saga.id);
  }
};

TEST_F(FoundByReaders, WhatAnOperatorHasSettledIsNotGivenBackAgain) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refuse(GatewayOperation::Refund, 100);
  ASSERT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  const SagaId id = saga.id;
  ASSERT_TRUE(service->resolve(shop, id, "by bank transfer", "ops").ok());
  ASSERT_EQ(stored(id).payment.state, PaymentState::Refunded);
  gateway.refuse(GatewayOperation::Refund, 0);
  gateway.refundElsewhere("pi_of_cs_1", Money{100, saga.totals.total.currency});
  ASSERT_TRUE(service->applyEvent(shop, about(stored(id), "evt_goodwill", "charge.refunded")).ok());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), 100) << "the rest went by bank transfer";
}

TEST_F(FoundByReaders, ARefundThatFailsAfterTheCheckoutWasTriedAgainIsMadeAgain) {
  fillCart(1);
  const Saga late = paidTooLate();
  ASSERT_TRUE(service->retry(shop, late.id).ok());
  ASSERT_TRUE(service->cancel(shop, late.id, "no").ok());
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  PaymentEvent failed = about(late, "evt_failed", "refund.failed");
  ASSERT_TRUE(service->applyEvent(shop, failed).ok());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), late.totals.total.amount);
}

TEST_F(FoundByReaders, ARefundThatIsRefusedHoldsUpNoOther) {
  fillCart(1);
  const Saga first = paidTooLate();
  ASSERT_TRUE(service->retry(shop, first.id).ok());
  const Saga second = *service->createPaymentSession(shop, first.id);
  gateway.setState(*second.payment.sessionId, PaymentState::Expired);
  ASSERT_EQ(poll(second.id).status, SagaStatus::Compensated);
  gateway.paySession(*second.payment.sessionId);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_later", second)).ok());
  ASSERT_TRUE(service->retry(shop, first.id).ok());
  for (const RefundFact& refund : gateway.refunds()) gateway.setRefundStatus(refund.refundId, "failed");
  ASSERT_EQ(gateway.refundedAmount(), 0);
  gateway.refuse(GatewayOperation::Refund, 1, /*temporarily=*/false);
  (void)service->applyEvent(shop, about(first, "evt_failed", "refund.failed")).ok();
  PaymentEvent failedToo = about(second, "evt_failed_too", "refund.failed");
  failedToo.paymentIntentId = "pi_of_" + *second.payment.sessionId;
  ASSERT_TRUE(service->applyEvent(shop, failedToo).ok());
  EXPECT_EQ(gateway.refundedAmount(), second.totals.total.amount) << "the other one is not kept waiting";
  EXPECT_THAT(*whyStuck(stored(first.id), clock.now()), HasSubstr(*first.payment.paymentIntentId));
  ASSERT_TRUE(service->resolve(shop, first.id, "by bank transfer", "ops").ok());
  EXPECT_TRUE(stored(first.id).refundsOwed.empty());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), second.totals.total.amount) << "what was settled stays settled";
}

// --- clocks ---

TEST_F(FoundByReaders, ACallIsNotTakenForLostBecauseAClockWasSet) {
  fillCart(1);
  gateway.searchLags(true);
  gateway.loseNext(Loss::AfterEffect);
  ASSERT_FALSE(service->start(direct()).ok());
  const SagaId id = onlySaga().id;
  clock.advance(Milliseconds{13 * 60 * 60'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_TRUE(stored(id).call.has_value()) << "the provider may be at work on it yet";
  EXPECT_FALSE(isTerminal(stored(id).status));
  gateway.searchLags(false);
  runTimersFor(Milliseconds{5 * 60'000});
  EXPECT_FALSE(stored(id).call.has_value());
  EXPECT_EQ(captured() - gateway.refundedAmount(),
            stored(id).status == SagaStatus::Completed ? stored(id).totals.total.amount : 0);
}

TEST_F(FoundByReaders, ACallThatNeverHappenedIsGivenUpAfterALongTimeAndSeveralLooks) {
  fillCart(1);
  gateway.loseNext(Loss::BeforeEffect);
  ASSERT_FALSE(service->start(direct()).ok());
  clock.advance(Milliseconds{13 * 60 * 60'000});
  runTimersFor(Milliseconds{10 * 60'000});
  EXPECT_TRUE(isTerminal(onlySaga().status));
  EXPECT_EQ(captured(), 0);
}

TEST_F(FoundByReaders, AnEventIsReadByAServerWhoseClockIsAhead) {
  fillCart(1);
  const Saga saga = withSession();
  const Milliseconds ahead{20 * 60'000};
  gateway.now = [&] { return clock.now() - ahead; };
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  clock.advance(Milliseconds{5 * 60'000});
  gateway.paySession(*saga.payment.sessionId);
  PaymentEvent paid = event("evt_paid", saga);
  paid.createdAt = gateway.now();
  gateway.happened(paid);
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_EQ(stored(saga.id).status, SagaStatus::Completed);
}

TEST_F(FoundByReaders, WhatWasSettledBeforeANewTryIsNotGivenBackAgain) {
  fillCart(1);
  const Saga late = paidTooLate();
  gateway.refuse(GatewayOperation::Refund, 1'000, /*temporarily=*/false);
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_failed", "refund.failed")).ok());
  runTimersFor(Milliseconds{5 * 60'000});
  ASSERT_TRUE(service->resolve(shop, late.id, "by bank transfer", "ops").ok());
  ASSERT_EQ(stored(late.id).payment.state, PaymentState::Refunded);
  gateway.refuse(GatewayOperation::Refund, 0);
  ASSERT_TRUE(service->retry(shop, late.id).ok());
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_again", "refund.failed")).ok());
  gateway.refundElsewhere("pi_of_cs_1", Money{100, late.totals.total.currency});
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_goodwill", "charge.refunded")).ok());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), 100);
}

TEST_F(FoundByReaders, AnOwedRefundThatWasSettledIsNotOwedAgain) {
  fillCart(1);
  const Saga late = paidTooLate();
  ASSERT_TRUE(service->retry(shop, late.id).ok());
  gateway.refuse(GatewayOperation::Refund, 1'000, /*temporarily=*/false);
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_failed", "refund.failed")).ok());
  runTimersFor(Milliseconds{5 * 60'000});
  ASSERT_EQ(stored(late.id).refundsOwed.size(), 1u);
  ASSERT_TRUE(service->resolve(shop, late.id, "by bank transfer", "ops").ok());
  gateway.refuse(GatewayOperation::Refund, 0);
  gateway.refundElsewhere("pi_of_cs_1", Money{100, late.totals.total.currency});
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_goodwill", "charge.refunded")).ok());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), 100);
}

// Stripe sends more than one event of a payment.
TEST_F(FoundByReaders, ALaterEventOfASettledPaymentDoesNotOweItAgain) {
  fillCart(1);
  const Saga late = paidTooLate();
  ASSERT_TRUE(service->retry(shop, late.id).ok());
  gateway.refuse(GatewayOperation::Refund, 1'000, /*temporarily=*/false);
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_failed", "refund.failed")).ok());
  runTimersFor(Milliseconds{5 * 60'000});
  ASSERT_TRUE(service->resolve(shop, late.id, "by bank transfer", "ops").ok());
  gateway.refuse(GatewayOperation::Refund, 0);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_of_the_same", late)).ok());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), 0);
}

TEST_F(FoundByReaders, ALaterEventOfWhatWasSettledBeforeANewTryDoesNotOweItAgain) {
  fillCart(1);
  const Saga late = paidTooLate();
  gateway.refuse(GatewayOperation::Refund, 1'000, /*temporarily=*/false);
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_failed", "refund.failed")).ok());
  runTimersFor(Milliseconds{5 * 60'000});
  ASSERT_TRUE(service->resolve(shop, late.id, "by bank transfer", "ops").ok());
  gateway.refuse(GatewayOperation::Refund, 0);
  ASSERT_TRUE(service->retry(shop, late.id).ok());
  ASSERT_TRUE(service->applyEvent(shop, event("evt_of_the_same", late)).ok());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), 0);
}

// 1.00 was given back at the dashboard and the rest by hand: once the bank has sent the 1.00 back, that is
// owed and no more.
TEST_F(FoundByReaders, OnlyWhatFailedIsGivenBackBesideWhatWasSettled) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refuse(GatewayOperation::Refund, 100);
  ASSERT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  gateway.refundElsewhere("pi_of_cs_1", Money{100, saga.totals.total.currency});
  ASSERT_TRUE(service->applyEvent(shop, about(stored(saga.id), "evt_part", "charge.refunded")).ok());
  ASSERT_TRUE(service->resolve(shop, saga.id, "by bank transfer", "ops").ok());
  ASSERT_EQ(stored(saga.id).payment.state, PaymentState::Refunded);
  gateway.refuse(GatewayOperation::Refund, 0);
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(stored(saga.id), "evt_failed", "refund.failed")).ok());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), 100);
}

TEST_F(FoundByReaders, OnlyWhatFailedIsGivenBackOfAGivenUpPaymentBesideWhatWasSettled) {
  fillCart(1);
  const Saga late = paidTooLate();
  ASSERT_TRUE(service->retry(shop, late.id).ok());
  gateway.refuse(GatewayOperation::Refund, 1'000, /*temporarily=*/false);
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_failed", "refund.failed")).ok());
  gateway.refundElsewhere("pi_of_cs_1", Money{100, late.totals.total.currency});
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_part", "charge.refunded")).ok());
  runTimersFor(Milliseconds{5 * 60'000});
  ASSERT_TRUE(service->resolve(shop, late.id, "by bank transfer", "ops").ok());
  gateway.refuse(GatewayOperation::Refund, 0);
  gateway.setRefundStatus(gateway.refunds().back().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_part_failed", "refund.failed")).ok());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), 100);
}

TEST_F(FoundByReaders, AGivenUpPaymentDoesNotWaitForAnUndoThatIsRefused) {
  fillCart(1);
  const Saga late = paidTooLate();
  ASSERT_TRUE(service->retry(shop, late.id).ok());
  const Saga again = *service->createPaymentSession(shop, late.id);
  gateway.paySession(*again.payment.sessionId);
  gateway.refuse(GatewayOperation::Refund, 1, /*temporarily=*/false);
  ASSERT_EQ(service->cancel(shop, late.id, "no")->status, SagaStatus::Compensating);
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_failed", "refund.failed")).ok());
  ASSERT_TRUE(service->runDueTimers().ok());
  const auto refunds = gateway.refunds();
  EXPECT_TRUE(std::any_of(refunds.begin(), refunds.end(), [&](const RefundFact& refund) {
    return refund.paymentIntentId == late.payment.paymentIntentId && refund.status == "succeeded";
  }));
}

// Stripe refunds nothing that was ever disputed, for one.
TEST_F(FoundByReaders, NobodyWaitsForARefundThatIsRefusedAgainAndAgain) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refuse(GatewayOperation::Refund, 1'000, /*temporarily=*/false);
  ASSERT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  EXPECT_EQ(nextActionFor(stored(saga.id)).type, NextActionType::Wait);
  runTimersFor(kHours);
  EXPECT_EQ(nextActionFor(stored(saga.id)).type, NextActionType::None);
  EXPECT_TRUE(isStuck(saga.id));
}

TEST_F(FoundByReaders, AReplayedAnswerDoesNotUndoWhatTheBankSaid) {
  fillCart(1);
  const Saga late = paidTooLate();
  const RefundFact refund = gateway.refunds().front();
  gateway.setRefundStatus(refund.refundId, "failed");
  gateway.refuse(GatewayOperation::Refund, 1'000);
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_failed", "refund.failed")).ok());
  EXPECT_EQ(stored(late.id).payment.state, PaymentState::Paid);
  gateway.setRefundStatus(refund.refundId, "succeeded");  // as a kept answer would say
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_again", "refund.updated")).ok());
  EXPECT_EQ(stored(late.id).payment.state, PaymentState::Paid);
}

TEST_F(FoundByReaders, ALostDisputeIsToldUntilItIsSettled) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  const Saga paid = stored(saga.id);
  gateway.dispute("pi_of_cs_1", {"dp_1", "lost", "fraudulent", paid.totals.total});
  ASSERT_TRUE(service->applyEvent(shop, about(paid, "evt_lost", "charge.dispute.closed")).ok());
  EXPECT_TRUE(isStuck(saga.id));
  EXPECT_THAT(*stored(saga.id).attention, HasSubstr("is lost"));
  ASSERT_TRUE(service->resolve(shop, saga.id, "written off", "ops").ok());
  EXPECT_FALSE(isStuck(saga.id));
}

TEST_F(FoundByReaders, ALatePaymentIsNotHonouredBesideAnotherPurchaseOfTheCart) {
  tenants.tenant().policies.latePayment = LatePaymentPolicy::Honour;
  fillCart(1);
  const Saga first = withSession();
  gateway.setState(*first.payment.sessionId, PaymentState::Expired);
  ASSERT_EQ(poll(first.id).status, SagaStatus::Compensated);
  ASSERT_EQ(service->start(direct())->status, SagaStatus::Completed);
  gateway.paySession(*first.payment.sessionId);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_late", first)).ok());
  EXPECT_EQ(stored(first.id).status, SagaStatus::Compensated);
  EXPECT_EQ(gateway.refundedAmount(), first.totals.total.amount);
}

TEST_F(FoundByReaders, APaymentThatIsTriedLaterIsMadeWithWhatIsWantedThen) {
  fillCart(1);
  gateway.refuse(GatewayOperation::CreateIntent, 1);
  ASSERT_FALSE(service->start(direct("pm_card_visa")).ok());
  const Saga deferred = onlySaga();
  ASSERT_EQ(deferred.status, SagaStatus::InProgress);
  (void)service->pay(shop, deferred.id, {"pm_card_mastercard", deferred.totals.total, std::nullopt});
  runTimersFor(Milliseconds{5 * 60'000});
  EXPECT_EQ(stored(deferred.id).status, SagaStatus::Completed);
  EXPECT_EQ(stored(deferred.id).paymentMethodId, "pm_card_mastercard");
  EXPECT_EQ(captured(), deferred.totals.total.amount);
}

TEST_F(FoundByReaders, APageInPlaceOfADeferredPaymentChargesNothing) {
  fillCart(1);
  gateway.refuse(GatewayOperation::CreateIntent, 1);
  ASSERT_FALSE(service->start(direct()).ok());
  (void)service->createPaymentSession(shop, onlySaga().id);
  runTimersFor(Milliseconds{2 * 60'000});
  EXPECT_EQ(captured(), 0);
  EXPECT_TRUE(onlySaga().payment.sessionId);
}

TEST_F(FoundByReaders, APageThatTheProviderHasForgottenEndsWithItsTime) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.forget(*saga.payment.sessionId);
  const auto cancelled = service->cancel(shop, saga.id, "no");
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().message;
  EXPECT_EQ(stored(saga.id).status, SagaStatus::Compensating);
  runTimersFor(Milliseconds{3 * 60 * 60'000});
  EXPECT_EQ(stored(saga.id).status, SagaStatus::Compensated);
  EXPECT_EQ(mugs().free(), 10);
}

TEST_F(FoundByReaders, ARetryChargesNoTotalThatTheCustomerHasRefused) {
  fillCart(1);
  StartCheckout start = request();
  start.paymentMethodId = "pm_card_visa";
  start.expectedTotal = Money{1, tenants.tenant().currency};
  ASSERT_EQ(service->start(start).error().code, ErrorCode::TotalChanged);
  const SagaId id = service->list(shop, {UserId{"ann"}, std::nullopt, 1, ""})->sagas.at(0).id;
  const auto retried = service->retry(shop, id);
  ASSERT_TRUE(retried.ok()) << retried.error().message;
  EXPECT_EQ(retried->status, SagaStatus::Pending) << "nothing has been tried yet";
  EXPECT_EQ(captured(), 0);
}

// The card was wanted while a page was open, which could not be closed at once.
class TakenBack : public FoundByReaders {
 protected:
  TakenBack() {
    fillCart(1);
    saga = withSession();
    gateway.loseNext(Loss::BeforeEffect);
    const auto first = service->pay(shop, saga.id, {"pm_first", saga.totals.total, std::nullopt});
    EXPECT_EQ(first.error().code, ErrorCode::PaymentOutcomeUnknown);
    clock.advance(Milliseconds{1'000});
  }
  void expectThatTheFirstIsNotCharged() {
    runTimersFor(Milliseconds{2 * 60'000});
    for (const auto& sent : gateway.sent()) EXPECT_THAT(sent.body, Not(HasSubstr("pm_first")));
  }
  Saga saga;
};

TEST_F(TakenBack, AnotherCardIsCharged) {
  (void)service->pay(shop, saga.id, {"pm_second", saga.totals.total, std::nullopt}).ok();
  expectThatTheFirstIsNotCharged();
  EXPECT_EQ(captured(), saga.totals.total.amount);
  EXPECT_EQ(stored(saga.id).status, SagaStatus::Completed);
}

TEST_F(TakenBack, APageIsOpened) {
  (void)service->createPaymentSession(shop, saga.id).ok();
  expectThatTheFirstIsNotCharged();
  EXPECT_EQ(captured(), 0);
  EXPECT_EQ(stored(saga.id).status, SagaStatus::PaymentPending);
}

TEST_F(FoundByReaders, ARefundThatWasMadeBeforeIsNotTheOneThatIsAskedFor) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  gateway.refundElsewhere("pi_of_cs_1", Money{100, saga.totals.total.currency});  // no webhook has told yet
  clock.advance(Milliseconds{60'000});
  gateway.refuse(GatewayOperation::Refund, 1);
  (void)service->refund(shop, saga.id, 100, "second parcel lost", "operator:ann").ok();
  runTimersFor(Milliseconds{30 * 60'000});
  EXPECT_EQ(gateway.refundedAmount(), 200);
}

TEST_F(FoundByReaders, ARefundThatIsCancelledGaveNothingBack) {
  fillCart(1);
  const Saga late = paidTooLate();
  ASSERT_TRUE(service->retry(shop, late.id).ok());
  ASSERT_TRUE(service->cancel(shop, late.id, "no").ok());
  gateway.setRefundStatus(gateway.refunds().front().refundId, "canceled");
  ASSERT_TRUE(service->applyEvent(shop, about(late, "evt_canceled", "refund.updated")).ok());
  runTimersFor(kHours);
  EXPECT_EQ(gateway.refundedAmount(), late.totals.total.amount) << "of a payment that was given up";

  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  ASSERT_TRUE(service->refund(shop, saga.id, 100, "a scratch", "operator:ann").ok());
  gateway.setRefundStatus(gateway.refunds().back().refundId, "canceled");
  ASSERT_TRUE(service->applyEvent(shop, about(stored(saga.id), "evt_canceled2", "refund.updated")).ok());
  EXPECT_TRUE(isStuck(saga.id)) << "the customer was promised money";
}

TEST_F(FoundByReaders, ARefundOfAClockThatWasAheadDoesNotWaitForThatTime) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  const Milliseconds ahead{5 * 60 * 60'000};
  clock.advance(ahead);
  gateway.loseNext(Loss::BeforeEffect);
  ASSERT_FALSE(service->refund(shop, saga.id, 100, "a scratch", "operator:ann").ok());
  clock.advance(Milliseconds{30'000});
  gateway.loseNext(Loss::BeforeEffect);
  runTimersFor(Milliseconds{30'000});  // it is sent again, and lost again
  clock.advance(-ahead);
  (void)service->resume(shop, saga.id, "operator:ann").ok();
  runTimersFor(Milliseconds{40 * 60'000});
  EXPECT_EQ(gateway.refundedAmount(), 100);
}

}  // namespace
}  // namespace checkout::saga
