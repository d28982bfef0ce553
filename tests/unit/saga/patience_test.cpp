// How long a checkout tries, waits and rests: temporary failures, money on its way, deadlines, operators.
#include "saga/policy.hpp"
#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

using Loss = test::FakeGateway::Loss;
using Patience = CheckoutTest;

TEST_F(Patience, AStepThatFailsForAMomentIsTriedAgainWithAFreshKey) {
  fillCart(1);
  const Saga saga = started();
  gateway.refuse(GatewayOperation::CreateSession, 2);
  const auto first = service->createPaymentSession(shop, saga.id);
  ASSERT_EQ(first.error().code, ErrorCode::PaymentServiceError);
  EXPECT_EQ(first.error().nextAction->type, NextActionType::Wait);
  EXPECT_EQ(first.error().details["retryAfterMs"], 2'000);
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::InProgress);
  EXPECT_EQ(mugs().reserved, 1);

  clock.advance(Milliseconds{2'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, saga.id)->stepFailures, 2);
  clock.advance(Milliseconds{10'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  const Saga open = *service->status(shop, saga.id);
  EXPECT_EQ(open.status, SagaStatus::PaymentPending);
  EXPECT_EQ(open.stepFailures, 0);
  const auto sent = gateway.sent();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_NE(sent[0].key, sent[1].key);
  EXPECT_NE(sent[1].key, sent[2].key);
}

TEST_F(Patience, AFailedCallKeepsTheIdThatTheProvidersSupportAsksFor) {
  fillCart(1);
  const Saga saga = started();
  gateway.refuse(GatewayOperation::CreateSession, 1);
  EXPECT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  EXPECT_EQ(service->status(shop, saga.id)->payment.requestId, "req_refused");
  EXPECT_EQ(events(saga).back().type, "step_failed");
  EXPECT_EQ(events(saga).back().data["requestId"], "req_refused");

  gateway.refuse(GatewayOperation::CreateSession, 1, /*temporarily=*/false);
  clock.advance(Milliseconds{2'000});
  EXPECT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  EXPECT_EQ(service->status(shop, saga.id)->payment.requestId, "req_refused");
  const auto history = events(saga);
  const auto failed = std::find_if(history.begin(), history.end(),
                                   [](const SagaEvent& event) { return event.type == "call_failed"; });
  ASSERT_NE(failed, history.end());
  EXPECT_EQ(failed->data["requestId"], "req_refused");
}

TEST_F(Patience, AStepThatKeepsFailingIsGivenUpAndCanBeRetried) {
  fillCart(1);
  const Saga saga = started();
  gateway.refuse(GatewayOperation::CreateSession, 4);
  EXPECT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  for (int i = 0; i < 3; ++i) {
    clock.advance(Milliseconds{31'000});
    ASSERT_TRUE(service->runDueTimers().ok());
  }
  const Saga ended = *service->status(shop, saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_EQ(ended.error->code, ErrorCode::PaymentServiceError);
  EXPECT_EQ(mugs().reserved, 0);
  EXPECT_EQ(gateway.count(GatewayOperation::CreateSession), 4);
  ASSERT_TRUE(service->retry(shop, saga.id).ok());
  EXPECT_TRUE(service->createPaymentSession(shop, saga.id).ok());
}

TEST_F(Patience, AWrongKeyIsNoPassingTrouble) {
  fillCart(1);
  const Saga saga = started();
  gateway.refuse(GatewayOperation::CreateSession, 1, /*temporarily=*/false);
  EXPECT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Compensated);
}

TEST_F(Patience, FundsOnTheirWayHoldTheStockUntilTheyArrive) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Processing);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_1", saga)).ok());
  clock.advance(Milliseconds{4 * 24 * 60 * 60'000LL});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::PaymentPending);
  EXPECT_EQ(mugs().reserved, 1);
  EXPECT_FALSE(whyStuck(*service->status(shop, saga.id), clock.now()).has_value());
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(
      service->applyEvent(shop, event("evt_2", saga, "checkout.session.async_payment_succeeded")).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
  EXPECT_EQ(mugs().sold, 1);
}

TEST_F(Patience, FundsThatNeverArriveEndTheCheckout) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Processing);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_1", saga)).ok());
  gateway.setState(*saga.payment.sessionId, PaymentState::Canceled);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_2", saga, "checkout.session.async_payment_failed")).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Compensated);
  EXPECT_EQ(mugs().reserved, 0);
}

TEST_F(Patience, CancellingWhileFundsAreOnTheirWayGivesThemBackWhenTheyArrive) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Processing);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_1", saga)).ok());
  const auto cancelled = service->cancel(shop, saga.id, "changed my mind");
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().message;
  EXPECT_EQ(cancelled->status, SagaStatus::Compensating);
  EXPECT_FALSE(cancelled->compensation.failure.has_value());
  EXPECT_EQ(sagaView(*cancelled)["nextAction"]["type"], "wait");
  EXPECT_EQ(service->cancel(shop, saga.id, "again")->version, cancelled->version);
  EXPECT_EQ(mugs().reserved, 1);

  clock.advance(Milliseconds{24 * 60 * 60'000LL});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_FALSE(whyStuck(*service->status(shop, saga.id), clock.now()).has_value());
  gateway.paySession(*saga.payment.sessionId);
  clock.advance(Milliseconds{10 * 60'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  const Saga ended = *service->status(shop, saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_EQ(gateway.refunded(), 1);
  EXPECT_EQ(mugs().free(), 10);
}

TEST_F(Patience, CancellingWhileFundsAreOnTheirWayEndsQuietlyIfTheyNeverArrive) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Processing);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_1", saga)).ok());
  ASSERT_TRUE(service->cancel(shop, saga.id, "changed my mind").ok());
  gateway.setState(*saga.payment.sessionId, PaymentState::Canceled);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_2", saga, "checkout.session.async_payment_failed")).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Compensated);
  EXPECT_EQ(gateway.refunded(), 0);
  EXPECT_EQ(mugs().free(), 10);
}

TEST_F(Patience, ACheckoutThatNobodyPaysForEndsAfterADay) {
  fillCart(1);
  const Saga saga = started();
  clock.advance(Milliseconds{23 * 60 * 60'000LL});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Pending);
  clock.advance(Milliseconds{61 * 60'000LL});
  ASSERT_TRUE(service->runDueTimers().ok());
  const Saga ended = *service->status(shop, saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Failed);
  EXPECT_EQ(ended.error->code, ErrorCode::SagaTimeout);
  EXPECT_FALSE(service->runDueTimers()->has_value());
}

TEST_F(Patience, AChoiceOfShippingGivesAnUnpaidCheckoutAnotherDayAndItsWorkerNoWork) {
  fillCart(1);
  const Saga saga = started();
  clock.advance(Milliseconds{10 * 60 * 60'000LL});
  ASSERT_TRUE(service->selectShipping(shop, saga.id, "post", "express").ok());
  clock.advance(Milliseconds{14 * 60 * 60'000LL});
  const auto next = service->runDueTimers();
  ASSERT_TRUE(next.ok() && *next);
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Pending);
  EXPECT_GE(**next - clock.now(), Milliseconds{10 * 60 * 60'000LL});
  clock.advance(Milliseconds{10 * 60 * 60'000LL});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Failed);
}

TEST_F(Patience, ACallWhoseKeyIsForgottenIsLookedUpByTheCheckoutInsteadOfSentAgain) {
  fillCart(1);
  StartCheckout direct = request();
  direct.paymentMethodId = "pm_card_visa";
  gateway.loseNext(Loss::AfterEffect);
  ASSERT_EQ(service->start(direct).error().code, ErrorCode::PaymentOutcomeUnknown);
  clock.advance(Milliseconds{25 * 60 * 60'000LL});
  ASSERT_TRUE(service->runDueTimers().ok());
  const auto sagas = service->list(shop, {UserId{"ann"}, std::nullopt, 20, ""})->sagas;
  EXPECT_EQ(sagas[0].status, SagaStatus::Completed);
  EXPECT_EQ(gateway.sent().size(), 1u) << "found, not sent again";
}

TEST_F(Patience, ACallThatNeverArrivedEndsTheCheckoutWhenItsKeyIsForgotten) {
  fillCart(1);
  const Saga saga = started();
  gateway.loseNext(Loss::BeforeEffect);
  ASSERT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  clock.advance(Milliseconds{25 * 60 * 60'000LL});
  for (int look = 0; look < kSearchesThatSettle; ++look) {
    ASSERT_TRUE(service->runDueTimers().ok());
    clock.advance(Milliseconds{61'000});
  }
  const Saga ended = *service->status(shop, saga.id);
  ASSERT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_EQ(ended.error->code, ErrorCode::SagaTimeout);
  EXPECT_EQ(gateway.sent().size(), 1u);
  EXPECT_EQ(mugs().reserved, 0);
}

TEST_F(Patience, ACallThatWasRepeatedJustBeforeItsKeyGotTooOldIsNotGivenUpAtOnce) {
  tenants.tenant().policies.sessionLifetime = Milliseconds{24 * 60 * 60'000LL};  // as long may it be charged
  fillCart(1);
  StartCheckout direct = request();
  direct.paymentMethodId = "pm_card_visa";
  gateway.loseNext(Loss::BeforeEffect);
  ASSERT_EQ(service->start(direct).error().code, ErrorCode::PaymentOutcomeUnknown);
  const auto saga = [&] { return service->list(shop, {UserId{"ann"}, std::nullopt, 20, ""})->sagas[0]; };
  clock.advance(Milliseconds{12 * 60 * 60'000LL - 5'000});
  gateway.loseNext(Loss::AfterEffect);
  gateway.searchLags(true);  // the provider's search does not know it yet
  ASSERT_TRUE(service->runDueTimers().ok());
  clock.advance(Milliseconds{15'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(saga().status, SagaStatus::InProgress) << "not found is not never happened";
  gateway.searchLags(false);
  clock.advance(Milliseconds{60'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(saga().status, SagaStatus::Completed);
  EXPECT_EQ(gateway.payments()[saga().id].size(), 1u);
}

TEST_F(Patience, AnOperatorSeesAStuckUndoAndTriesItAtOnce) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.refuse(GatewayOperation::ExpireSession, 1);
  ASSERT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  const Saga stuck = *service->status(shop, saga.id);
  ASSERT_TRUE(whyStuck(stuck, clock.now()).has_value());
  EXPECT_NE(whyStuck(stuck, clock.now())->find("refused"), std::string::npos);

  const auto freed = service->resume(shop, saga.id, "operator:ann");
  ASSERT_TRUE(freed.ok()) << freed.error().message;
  EXPECT_EQ(freed->status, SagaStatus::Compensated);
  EXPECT_EQ(mugs().reserved, 0);
  EXPECT_EQ(service->resume(shop, saga.id, "operator:ann").error().code, ErrorCode::InvalidState);
}

TEST_F(Patience, AnUndoThatKeepsFailingRestsLongerEachTime) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.refuse(GatewayOperation::ExpireSession, 5);
  ASSERT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  Milliseconds before{0};
  for (int i = 0; i < 4; ++i) {
    const auto next = service->runDueTimers();
    const Milliseconds pause = **next - clock.now();
    EXPECT_GT(pause, before);
    before = pause;
    clock.advance(pause);
    ASSERT_TRUE(service->runDueTimers().ok());
  }
  EXPECT_EQ(service->status(shop, saga.id)->compensation.failures, 5);
}

TEST_F(Patience, AnOperatorEndsAnUndoThatWasSettledOutside) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refuse(GatewayOperation::Refund, 1, /*temporarily=*/false);
  ASSERT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  const auto ended = service->resolve(shop, saga.id, "given back by bank transfer 4711", "operator:ann");
  ASSERT_TRUE(ended.ok()) << ended.error().message;
  EXPECT_EQ(ended->status, SagaStatus::Compensated);
  EXPECT_EQ(ended->payment.state, PaymentState::Refunded);
  EXPECT_EQ(mugs().free(), 10);
  bool audited = false;
  for (const SagaEvent& entry : events(saga))
    audited |= entry.type == "undo_resolved" && entry.actor == "operator:ann" &&
               entry.data["reason"] == "given back by bank transfer 4711";
  EXPECT_TRUE(audited);
  EXPECT_EQ(service->resolve(shop, saga.id, "again", "operator:ann").error().code, ErrorCode::InvalidState);
}

}  // namespace
}  // namespace checkout::saga
