// What operators could not do, or were not told.
#include <gmock/gmock.h>

#include "saga/policy.hpp"
#include "support/found_fixture.hpp"

namespace checkout::saga {
namespace {

using testing::HasSubstr;

class FoundByOperators : public Found {
 protected:
  static constexpr char kAnn[] = "operator:ann";

  FoundByOperators() { fillCart(1); }

  std::string whyStuckNow(const SagaId& id) {
    return saga::whyStuck(stored(id), clock.now()).value_or("not stuck");
  }
  Saga completed() {
    const Saga saga = withSession();
    gateway.paySession(*saga.payment.sessionId);
    return poll(saga.id);
  }
  // The key became another account's: the open page is unknown there, and its time goes by.
  Saga withUnknownPage() {
    const Saga saga = withSession();
    page_ = gateway.take(*saga.payment.sessionId);
    runTimersFor(Milliseconds{25 * 60 * 60'000});
    return stored(saga.id);
  }
  PaymentFact page_;
};

TEST_F(FoundByOperators, WhatIsSettledIsWhatWasLookedAt) {
  const Saga saga = completed();
  gateway.dispute(*saga.payment.paymentIntentId, {"dp_1", "needs_response", "fraudulent", saga.totals.total});
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_dispute", "charge.dispute.created")).ok());
  ASSERT_THAT(whyStuckNow(saga.id), HasSubstr("dp_1"));
  const auto other = service->resolve(shop, saga.id, "made again", kAnn, "re_1");
  ASSERT_EQ(other.error().code, ErrorCode::ValidationFailed);
  EXPECT_THAT(other.error().message, HasSubstr("dp_1"));
  EXPECT_THAT(whyStuckNow(saga.id), HasSubstr("dp_1")) << "nothing was settled";
  ASSERT_TRUE(service->resolve(shop, saga.id, "answered at Stripe", kAnn, "dp_1").ok());
  EXPECT_EQ(whyStuckNow(saga.id), "not stuck");
}

TEST_F(FoundByOperators, AnOverduePageIsResolvedAsNotPaid) {
  const Saga saga = withSession();
  gateway.failLooks(true);
  clock.advance(Milliseconds{26 * 60 * 60'000});
  ASSERT_THAT(whyStuckNow(saga.id), HasSubstr("run out"));
  const auto resolved = service->resolve(shop, saga.id, "nobody paid, seen at Stripe", kAnn);
  ASSERT_TRUE(resolved.ok()) << resolved.error().message;
  EXPECT_EQ(resolved->status, SagaStatus::Compensated);
  EXPECT_EQ(resolved->payment.state, PaymentState::Expired);
  EXPECT_EQ(mugs().reserved, 0);
  EXPECT_EQ(whyStuckNow(saga.id), "not stuck");
}

TEST_F(FoundByOperators, AResolvedPageThatWasPaidAllTheSameIsGivenBack) {
  const Saga saga = withSession();
  gateway.failLooks(true);
  clock.advance(Milliseconds{26 * 60 * 60'000});
  ASSERT_TRUE(service->resolve(shop, saga.id, "nobody paid, I think", kAnn).ok());
  gateway.failLooks(false);
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_paid", saga)).ok());
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount);
}

TEST_F(FoundByOperators, AStepThatKeepsFailingIsEnded) {
  gateway.refuseUnsent(GatewayOperation::CreateSession, 1'000);
  const Saga saga = started();
  ASSERT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  clock.advance(Milliseconds{3 * 60'000});
  ASSERT_EQ(whyStuckNow(saga.id), "a step keeps failing");
  const auto resolved = service->resolve(shop, saga.id, "Stripe is down for the day", kAnn);
  ASSERT_TRUE(resolved.ok()) << resolved.error().message;
  EXPECT_EQ(resolved->status, SagaStatus::Compensated);
  EXPECT_EQ(mugs().reserved, 0);
}

TEST_F(FoundByOperators, WhatIsNotStuckIsNotResolved) {
  const Saga saga = withSession();
  EXPECT_EQ(service->resolve(shop, saga.id, "impatient", kAnn).error().code, ErrorCode::InvalidState);
  EXPECT_EQ(stored(saga.id).status, SagaStatus::PaymentPending);
}

TEST_F(FoundByOperators, ARepeatedRefundCommandIsNotASecondRefund) {
  const Saga saga = completed();
  const auto refund = [&](const char* reason, bool again = false) {
    return service->refund(shop, saga.id, 500, reason, kAnn, again);
  };
  ASSERT_TRUE(refund("broken handle").ok());
  const auto repeated = refund("broken handle");
  ASSERT_EQ(repeated.error().code, ErrorCode::ValidationFailed);
  EXPECT_THAT(repeated.error().message, HasSubstr("--again"));
  EXPECT_THAT(repeated.error().message, HasSubstr(gateway.refunds().front().refundId));
  EXPECT_EQ(gateway.refundedAmount(), 500);
  ASSERT_TRUE(refund("broken handle", /*again=*/true).ok());
  ASSERT_TRUE(refund("broken lid").ok());
  EXPECT_EQ(gateway.refundedAmount(), 1'500);
}

TEST_F(FoundByOperators, ARefundThatFailedAtTheBankIsRepeatedWithoutAsking) {
  const Saga saga = completed();
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "broken", kAnn).ok());
  gateway.setRefundStatus(gateway.refunds().front().refundId, "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_failed", "refund.failed")).ok());
  EXPECT_TRUE(service->refund(shop, saga.id, 500, "broken", kAnn).ok());
  EXPECT_EQ(gateway.refundedAmount(), 500);
}

TEST_F(FoundByOperators, APageThatTheProviderDoesNotKnowNeedsSomebody) {
  const Saga saga = withUnknownPage();
  EXPECT_EQ(saga.status, SagaStatus::Compensated) << "its stock is free again";
  EXPECT_THAT(whyStuckNow(saga.id), HasSubstr(*saga.payment.sessionId));
  EXPECT_EQ(service->countStuck()->at(shop), 1);
  ASSERT_TRUE(service->resolve(shop, saga.id, "not paid in the old account", kAnn).ok());
  EXPECT_EQ(whyStuckNow(saga.id), "not stuck");
}

TEST_F(FoundByOperators, APageThatIsKnownAgainAndWasPaidIsGivenBack) {
  const Saga saga = withUnknownPage();
  gateway.put(page_);
  gateway.paySession(*saga.payment.sessionId);
  runTimersFor(kAttentionInterval + Milliseconds{10 * 60'000});
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount);
  EXPECT_EQ(whyStuckNow(saga.id), "not stuck");
}

TEST_F(FoundByOperators, APageThatIsKnownAgainAndWasNotPaidNeedsNobody) {
  const Saga saga = withUnknownPage();
  gateway.put(page_);
  gateway.setState(*saga.payment.sessionId, PaymentState::Expired);
  runTimersFor(kAttentionInterval + Milliseconds{10 * 60'000});
  EXPECT_EQ(whyStuckNow(saga.id), "not stuck");
  EXPECT_EQ(stored(saga.id).status, SagaStatus::Compensated);
}

TEST_F(FoundByOperators, AnUnknownPageIsRememberedAfterANewTry) {
  const Saga saga = withUnknownPage();
  ASSERT_TRUE(service->retry(shop, saga.id).ok());
  const auto second = service->createPaymentSession(shop, saga.id);
  ASSERT_TRUE(second.ok()) << second.error().message;
  gateway.put(page_);
  gateway.paySession(*saga.payment.sessionId);
  gateway.paySession(*second->payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  runTimersFor(kAttentionInterval + Milliseconds{10 * 60'000});
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount) << "one of the two";
  EXPECT_EQ(whyStuckNow(saga.id), "not stuck");
}

// --- a merchant who is faster than the server ---

TEST_F(FoundByOperators, WhatTheMerchantGaveBackBeforeItWasHeardOfIsNotSold) {
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refundElsewhere("pi_of_cs_1", saga.totals.total);
  const Saga ended = poll(saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_EQ(ended.payment.state, PaymentState::Refunded);
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount) << "once";
  EXPECT_EQ(mugs().reserved, 0);
  ASSERT_TRUE(ended.error);
  EXPECT_THAT(ended.error->message, HasSubstr("gave the payment back"));
}

TEST_F(FoundByOperators, WhatWasPartlyGivenBackBeforeItWasHeardOfIsSold) {
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refundElsewhere("pi_of_cs_1", Money{100, saga.totals.total.currency});
  EXPECT_EQ(poll(saga.id).status, SagaStatus::Completed);
  const auto order = *readFor<std::optional<Order>>(
      *db, [&](Transaction& tx) { return tx.orders().find(shop, *stored(saga.id).orderId); });
  ASSERT_TRUE(order);
  ASSERT_EQ(order->refunds.size(), 1u);
  EXPECT_EQ(order->refunds.front().amount.amount, 100);
}

}  // namespace
}  // namespace checkout::saga
