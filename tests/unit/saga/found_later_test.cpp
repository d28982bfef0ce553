// Bugs that the search in tests/model has found, and those of a bad day: outages, clocks, operators, lists.
#include "saga/policy.hpp"
#include "saga/wake_ups.hpp"
#include "support/found_fixture.hpp"

namespace checkout::saga {
namespace {

using Loss = test::FakeGateway::Loss;

// --- found by the search in tests/model ---

TEST_F(Found, ARetryAfterThePurchaseNamesIt) {
  fillCart(1);
  StartCheckout keyed = request();
  keyed.idempotencyKey = "k";
  const Saga ended = *service->start(keyed);
  clock.advance(Milliseconds{25 * 60 * 60'000LL});
  ASSERT_TRUE(service->runDueTimers().ok());
  const Saga bought = *service->start(direct());
  ASSERT_EQ(bought.status, SagaStatus::Completed);
  for (const auto& answer : {service->retry(shop, ended.id), service->start(keyed)}) {
    ASSERT_EQ(answer.error().code, ErrorCode::CartEmpty);
    EXPECT_EQ(answer.error().details["lastCheckout"]["sagaId"], bought.id.value);
    EXPECT_EQ(answer.error().nextAction->type, NextActionType::None);
  }
}

TEST_F(Found, ARefundThatFailsIsNotMadeUpForByAnEarlierOne) {
  fillCart(3);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  const Saga done = poll(saga.id);
  ASSERT_TRUE(service->refund(shop, saga.id, 100, "a", "operator:ann").ok());
  clock.advance(Milliseconds{1'000});
  ASSERT_TRUE(service->refund(shop, saga.id, 100, "b", "operator:ann").ok());
  clock.advance(Milliseconds{1'000});
  gateway.setRefundStatus("re_1", "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(done, "evt_f", "refund.failed")).ok());
  EXPECT_TRUE(whyStuck(*service->status(shop, saga.id), clock.now()).has_value());
  clock.advance(Milliseconds{1'000});
  ASSERT_TRUE(service->refund(shop, saga.id, 100, "again", "operator:ann").ok());
  EXPECT_TRUE(whyStuck(*service->status(shop, saga.id), clock.now()).has_value()) << "only a person knows";
  ASSERT_TRUE(service->resolve(shop, saga.id, "made again", "operator:ann").ok());
  EXPECT_FALSE(whyStuck(*service->status(shop, saga.id), clock.now()).has_value());
}

TEST_F(Found, ARefundThatWasAskedForBeforeAnotherFailedDoesNotMakeUpForIt) {
  fillCart(3);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  const Saga done = poll(saga.id);
  ASSERT_TRUE(service->refund(shop, saga.id, 100, "a", "operator:ann").ok());
  gateway.refuse(GatewayOperation::Refund, 1);
  EXPECT_FALSE(service->refund(shop, saga.id, 200, "b", "operator:ann").ok());  // it is made later
  clock.advance(Milliseconds{1'000});
  gateway.setRefundStatus("re_1", "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(done, "evt_f", "refund.failed")).ok());
  clock.advance(Milliseconds{61'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_NE(whyStuck(*service->status(shop, saga.id), clock.now()).value_or("").find("re_1"),
            std::string::npos);
}

TEST_F(Found, ACancelOfWhatHasEndedOtherwiseCounts) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Expired);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Compensated);
  const auto cancelled = service->cancel(shop, saga.id, "no longer");
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(sagaView(*cancelled)["nextAction"]["type"], "none");
  EXPECT_EQ(service->cancel(shop, saga.id, "no longer")->version, cancelled->version);
  EXPECT_EQ(service->retry(shop, saga.id).error().code, ErrorCode::InvalidState);
}

TEST_F(Found, AnApprovalIsOfOneCheckout) {
  tenants.tenant().policies.approvalThreshold = 100;
  fillCart(1);
  StartCheckout start = direct();
  const Saga first = *service->start(start);
  ASSERT_TRUE(service->cancel(shop, first.id, "no").ok());
  start.approval = Approval{first.id, first.totals.total, first.cart.digest};
  EXPECT_EQ(service->start(start)->status, SagaStatus::Pending) << "another checkout of the same total";
  EXPECT_EQ(captured(), 0);
}

TEST_F(Found, ADisputeStaysListedWhenSomethingElseIsResolved) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  const Saga done = poll(saga.id);
  gateway.refuse(GatewayOperation::Refund, 1);
  EXPECT_FALSE(service->refund(shop, saga.id, 100, "a", "operator:ann").ok());
  gateway.dispute(*done.payment.paymentIntentId, {"dp_1", "needs_response", "fraudulent", saga.totals.total});
  ASSERT_TRUE(service->applyEvent(shop, about(done, "evt_d", "charge.dispute.created")).ok());
  // What is settled is what was shown.
  const auto shown = [&] { return whyStuck(*service->status(shop, saga.id), clock.now()).value_or(""); };
  EXPECT_NE(shown().find("disputes"), std::string::npos);
  ASSERT_TRUE(service->resolve(shop, saga.id, "answered at Stripe", "operator:ann").ok());
  EXPECT_NE(shown().find("a refund of"), std::string::npos) << shown();
  ASSERT_TRUE(service->resolve(shop, saga.id, "paid by bank transfer", "operator:ann").ok());
  EXPECT_EQ(shown(), "");
}

TEST_F(Found, AStepWhoseCallWasUnknownForADayIsNotGivenUpAtItsNextHitch) {
  fillCart(1);
  gateway.loseNext(Loss::BeforeEffect);
  ASSERT_EQ(service->start(direct()).error().code, ErrorCode::PaymentOutcomeUnknown);
  gateway.poison(GatewayOperation::CreateIntent);  // the provider repeats its own failure under that key
  clock.advance(Milliseconds{11'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  clock.advance(Milliseconds{25 * 60 * 60'000LL});
  gateway.refuseUnsent(GatewayOperation::CreateIntent, 1);
  for (int look = 0; look < kSearchesThatSettle; ++look) {
    clock.advance(Milliseconds{61'000});
    ASSERT_TRUE(service->runDueTimers().ok());  // looked for, and not found: tried anew after the last look
  }
  clock.advance(Milliseconds{2'000});
  ASSERT_TRUE(service->runDueTimers().ok());  // which can't be sent
  EXPECT_EQ(onlySaga().status, SagaStatus::InProgress);
  clock.advance(Milliseconds{5'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(onlySaga().status, SagaStatus::Completed);
  EXPECT_EQ(gateway.payments()[onlySaga().id].size(), 1u);
}

TEST_F(Found, AnEventOfALongOutageIsNotGivenUpAtItsFirstHitch) {
  fillCart(1);
  const Saga saga = withSession();
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  clock.advance(Milliseconds{1'000});
  gateway.paySession(*saga.payment.sessionId);
  gateway.happened(event("evt_1", saga));
  clock.advance(Milliseconds{25 * 60 * 60'000LL});  // without a server
  restart();
  gateway.failNextLook();
  EXPECT_FALSE(service->sweepEvents(shop).ok());
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_EQ(service->status(shop, saga.id, /*mayAsk=*/false)->status, SagaStatus::Completed);
}

TEST_F(Found, ARepeatedStartNamesThePurchaseDaysLaterToo) {
  fillCart(1);
  const Saga bought = *service->start(direct());  // and the answer gets lost
  clock.advance(Milliseconds{3 * 24 * 60 * 60'000LL});
  const auto repeated = service->start(direct());
  ASSERT_EQ(repeated.error().code, ErrorCode::CartEmpty);
  EXPECT_EQ(repeated.error().details["lastCheckout"]["sagaId"], bought.id.value);
  EXPECT_EQ(repeated.error().nextAction->type, NextActionType::None);
  EXPECT_NE(repeated.error().message.find(toIso8601(bought.createdAt)), std::string::npos)
      << "an agent tells a new wish from an old one by the time";
}

TEST_F(Found, AnAgentDoesNotWaitForADisputeThatOnlyAPersonCanSettle) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  const std::string intent = "pi_of_" + *saga.payment.sessionId;
  gateway.refuse(GatewayOperation::Refund, 100, /*temporarily=*/false);  // as long as it is disputed
  gateway.dispute(intent, {"dp_1", "needs_response", "fraudulent", saga.totals.total});
  EXPECT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  PaymentEvent disputed = event("evt_disputed", saga, "charge.dispute.created");
  disputed.sessionId.reset();
  disputed.paymentIntentId = intent;
  (void)service->applyEvent(shop, disputed).ok();
  const Saga stuck = *service->status(shop, saga.id, /*mayAsk=*/false);
  ASSERT_EQ(stuck.status, SagaStatus::Compensating);
  ASSERT_TRUE(stuck.attention.has_value());
  EXPECT_EQ(sagaView(stuck)["nextAction"]["type"], "none");
}

// --- a bad day ---

TEST_F(Found, ACheckoutThatCannotBeReadConcernsNobodyElse) {
  fillCart(1);
  const Saga damaged = withSession();
  ASSERT_TRUE(db->write([&](Transaction& tx) {
                  return tx.carts().save({shop, CartId{"bens"}, {{ProductId{"mug"}, 1}}, clock.now()});
                }).ok());
  StartCheckout bens = request();
  bens.userId = UserId{"ben"};
  bens.cartId = CartId{"bens"};
  const Saga other = *service->createPaymentSession(shop, service->start(bens)->id);
  damage(damaged.id);
  gateway.paySession(*other.payment.sessionId);
  clock.advance(Milliseconds{60'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, other.id, /*mayAsk=*/false)->status, SagaStatus::Completed);
  EXPECT_FALSE(service->status(shop, damaged.id).ok());
  EXPECT_EQ(service->countStuck()->at(shop), 1) << "the damaged one";
  const auto next = service->runDueTimers();
  ASSERT_TRUE(next.ok());
  EXPECT_GE(**next, clock.now() + Milliseconds{60'000}) << "and it is not looked at again and again";
}

TEST_F(Found, PollingDoesNotUseUpTheTries) {
  fillCart(1);
  const Saga saga = started();
  gateway.refuse(GatewayOperation::CreateSession, 4);
  EXPECT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  for (int i = 0; i < 20; ++i) {
    clock.advance(Milliseconds{50});
    (void)service->createPaymentSession(shop, saga.id).ok();
    (void)service->status(shop, saga.id).ok();
  }
  EXPECT_EQ(gateway.count(GatewayOperation::CreateSession), 1);
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::InProgress);
}

TEST_F(Found, WhatWasNeverSentUsesUpNoTry) {
  fillCart(1);
  const Saga saga = started();
  gateway.refuseUnsent(GatewayOperation::CreateSession, 40);  // say, an open circuit
  EXPECT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  for (int i = 0; i < 30; ++i) {
    clock.advance(Milliseconds{5'000});
    ASSERT_TRUE(service->runDueTimers().ok());
  }
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::InProgress);
  EXPECT_EQ(service->status(shop, saga.id)->stepFailures, 0);
}

TEST_F(Found, AnOutageIsStuckThoughItIsTriedAgainAndAgain) {
  fillCart(1);
  gateway.loseNext(Loss::BeforeEffect);
  ASSERT_FALSE(service->createPaymentSession(shop, started().id).ok());
  for (int i = 0; i < 20; ++i) {
    clock.advance(Milliseconds{30'000});
    gateway.loseNext(Loss::BeforeEffect);
    ASSERT_TRUE(service->runDueTimers().ok());
  }
  EXPECT_TRUE(whyStuck(onlySaga(), clock.now()).has_value());
  EXPECT_LT(events(onlySaga()).size(), 30u) << "the history must not grow with every look";
}

TEST_F(Found, ARefundThatFailsLaterAndADisputeNeedSomebodysAttention) {
  fillCart(3);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  const Saga done = poll(saga.id);
  gateway.refundsBecome("pending");
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "broken", "operator:ann").ok());
  EXPECT_FALSE(whyStuck(*service->status(shop, saga.id), clock.now()).has_value());
  gateway.setRefundStatus("re_1", "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(done, "evt_f", "refund.failed")).ok());
  EXPECT_NE(whyStuck(*service->status(shop, saga.id), clock.now()).value_or("").find("re_1"),
            std::string::npos);
  const auto unsettled =
      readFor<UnsettledSagas>(*db, [&](Transaction& tx) { return tx.sagas().unsettled(shop, 10); });
  EXPECT_EQ(unsettled->sagas.size(), 1u) << "it is in the operators' list";

  gateway.dispute(*done.payment.paymentIntentId, {"dp_1", "needs_response", "fraudulent", saga.totals.total});
  ASSERT_TRUE(service->applyEvent(shop, about(done, "evt_d", "charge.dispute.created")).ok());
  EXPECT_NE(whyStuck(*service->status(shop, saga.id), clock.now()).value_or("").find("disputes"),
            std::string::npos);
  ASSERT_TRUE(service->resolve(shop, saga.id, "answered at Stripe", "operator:ann").ok());
  EXPECT_NE(whyStuck(*service->status(shop, saga.id), clock.now()).value_or("").find("re_1"),
            std::string::npos)
      << "the other one is still open";
  ASSERT_TRUE(service->resolve(shop, saga.id, "paid in cash", "operator:ann").ok());
  EXPECT_FALSE(whyStuck(*service->status(shop, saga.id), clock.now()).has_value());
}

TEST_F(Found, AClockThatIsSetBackStopsNoTimers) {
  fillCart(1);
  const Saga saga = withSession();
  ASSERT_TRUE(service->runDueTimers().ok());
  clock.advance(-Milliseconds{5 * 60 * 60'000LL});
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
}

TEST_F(Found, OpenPagesAreAskedForLessAndLessOftenWhereWebhooksArrive) {
  Saga saga;
  saga.status = SagaStatus::PaymentPending;
  saga.payment.state = PaymentState::Open;
  saga.movedAt = clock.now();
  int asked = 0;
  TimePoint now = clock.now();
  while (now < saga.movedAt + Milliseconds{60 * 60'000}) {
    now = *paymentCheckAt(saga, now, /*webhooksArrive=*/true);
    ++asked;
  }
  EXPECT_LE(asked, 25);
}

TEST_F(Found, AnEventThatNoEndpointWasToldOfIsFoundByTheFullSweep) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  PaymentEvent never = event("evt_never", saga);
  gateway.happened(never);
  ASSERT_TRUE(service->sweepEvents(shop, SweepDepth::All).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
}

TEST_F(Found, AListedEventWithoutAnAccountIsTheConnectedAccounts) {
  tenants.tenant().stripe.account = "acct_1";
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.happened(event("evt_1", saga));  // the list does not name the account
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
}

}  // namespace
}  // namespace checkout::saga
