#include <set>
#include <thread>

#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

using Trouble = CheckoutTest;
using Loss = test::FakeGateway::Loss;

TEST_F(Trouble, ALostAnswerIsLookedUpWithTheSameKeyAndBody) {
  fillCart(1);
  const Saga saga = started();
  gateway.loseNext(Loss::AfterEffect);
  const auto unknown = service->createPaymentSession(shop, saga.id);
  ASSERT_EQ(unknown.error().code, ErrorCode::PaymentOutcomeUnknown);
  EXPECT_EQ(unknown.error().nextAction->type, NextActionType::Wait);
  EXPECT_EQ(service->list(shop, {UserId{"ann"}, std::nullopt, 20, ""})->sagas[0].status,
            SagaStatus::InProgress);

  const Json view = sagaView(*service->status(shop, saga.id));
  EXPECT_EQ(view["error"]["code"], "PAYMENT_OUTCOME_UNKNOWN");
  EXPECT_EQ(view["nextAction"]["type"], "wait");

  clock.advance(Milliseconds{60'000});
  restart();
  const auto resumed = service->createPaymentSession(shop, saga.id);
  ASSERT_TRUE(resumed.ok()) << resumed.error().message;
  EXPECT_EQ(resumed->status, SagaStatus::PaymentPending);
  const auto sent = gateway.sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].key, sent[1].key);
  EXPECT_EQ(sent[0].body, sent[1].body);
  EXPECT_EQ(resumed->payment.sessionId, "cs_1") << "one session, not two";
}

TEST_F(Trouble, TheWorkerResumesACheckoutThatNobodyAsksFor) {
  fillCart(1);
  const Saga saga = started();
  gateway.loseNext(Loss::BeforeEffect);
  ASSERT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  restart();
  clock.advance(Milliseconds{11'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::PaymentPending);
}

TEST_F(Trouble, CancellingExpiresTheSessionAndReleasesTheStock) {
  fillCart(2);
  const Saga saga = withSession();
  const auto cancelled = service->cancel(shop, saga.id, "changed my mind");
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().message;
  EXPECT_EQ(cancelled->status, SagaStatus::Compensated);
  EXPECT_EQ(cancelled->compensation.reason, "changed my mind");
  EXPECT_EQ(cancelled->compensation.steps,
            (std::vector{StepName::ProcessPayment, StepName::CreateOrder, StepName::ReserveInventory}));
  EXPECT_EQ(mugs().reserved, 0);
  EXPECT_EQ(order(saga)->status, OrderStatus::Cancelled);
  EXPECT_EQ(service->cancel(shop, saga.id, "again")->version, cancelled->version) << "harmless to repeat";
  EXPECT_EQ(gateway.refunded(), 0);
}

TEST_F(Trouble, CancellingAPaymentThatWasFasterReturnsTheMoney) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  const auto cancelled = service->cancel(shop, saga.id, "too late");
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().message;
  EXPECT_EQ(cancelled->status, SagaStatus::Compensated);
  EXPECT_EQ(cancelled->compensation.refundId, "re_1");
  EXPECT_EQ(gateway.refunded(), 1);
  EXPECT_EQ(mugs().free(), 10);
  EXPECT_EQ(order(saga)->status, OrderStatus::Refunded);
}

TEST_F(Trouble, ALostRefundAnswerRefundsOnce) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.loseNext(Loss::AfterEffect);  // the expiry's answer
  EXPECT_EQ(service->cancel(shop, saga.id, "late").error().code, ErrorCode::PaymentOutcomeUnknown);
  clock.advance(Milliseconds{11'000});
  gateway.loseNext(Loss::None);
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Compensated);
  EXPECT_EQ(gateway.refunded(), 1);
}

TEST_F(Trouble, AnUndoThatFailsIsKeptAndTriedAgainWithAKeyOfItsOwn) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.refuse(GatewayOperation::ExpireSession, 2);
  EXPECT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  Saga stuck = *service->status(shop, saga.id);
  EXPECT_EQ(stuck.status, SagaStatus::Compensating);
  ASSERT_TRUE(stuck.compensation.failure.has_value());
  EXPECT_EQ(mugs().reserved, 1) << "nothing is released while the page may still take money";

  for (const Milliseconds pause : {Milliseconds{61'000}, Milliseconds{121'000}}) {
    clock.advance(pause);
    ASSERT_TRUE(service->runDueTimers().ok());
  }
  const Saga ended = *service->status(shop, saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_FALSE(ended.compensation.failure.has_value());
  EXPECT_EQ(mugs().reserved, 0);
  EXPECT_EQ(gateway.count(GatewayOperation::ExpireSession), 3);
  std::set<std::string> keys;
  for (const auto& call : gateway.sent()) EXPECT_TRUE(keys.insert(call.key).second);
}

TEST_F(Trouble, ALateRefundWithoutAnAnswerIsTakenUpAgain) {
  fillCart(1);
  const Saga saga = withSession();
  ASSERT_TRUE(service->cancel(shop, saga.id, "no").ok());
  gateway.paySession(*saga.payment.sessionId);
  gateway.loseNext(Loss::AfterEffect);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_late", saga)).ok()) << "the event is stored";
  EXPECT_EQ(service->status(shop, saga.id)->payment.state, PaymentState::Paid);
  restart();
  clock.advance(Milliseconds{11'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, saga.id)->payment.state, PaymentState::Refunded);
  EXPECT_EQ(gateway.refunded(), 1);
}

TEST_F(Trouble, AnOpenPaymentIsAskedForAtTheCheckIntervalOnly) {
  fillCart(1);
  StartCheckout direct = request();
  direct.paymentMethodId = "pm_card_chargeDeclined";
  gateway.declineNextIntent();
  const auto declined = service->start(direct);
  const std::string intent = declined.error().details["paymentIntentId"].get<std::string>();
  gateway.refuse(GatewayOperation::ConfirmIntent, 1);
  EXPECT_FALSE(service->confirmIntent(shop, {intent, {{"payment_method", "pm_x"}}}).ok());
  clock.advance(Milliseconds{11'000});  // the timer of the call is due, and has nothing left to do
  const auto next = service->runDueTimers();
  ASSERT_TRUE(next.ok() && *next);
  EXPECT_GT(**next - clock.now(), Milliseconds{10'000});
}

TEST_F(Trouble, ADirectPaymentThatDiedBeforeItsCallIsMadeWhenTheCallIsRepeated) {
  fillCart(1);
  StartCheckout direct = request();
  direct.paymentMethodId = "pm_card_visa";
  direct.idempotencyKey = "k";
  gateway.loseNext(Loss::BeforeEffect);
  EXPECT_EQ(service->start(direct).error().code, ErrorCode::PaymentOutcomeUnknown);
  EXPECT_EQ(service->start(direct)->status, SagaStatus::InProgress) << "being looked up, not paid again";
  clock.advance(Milliseconds{11'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->start(direct)->status, SagaStatus::Completed);
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 2);
}

TEST_F(Trouble, ARefusalAfterALostAnswerDoesNotMakeThePaymentUndone) {
  fillCart(1);
  StartCheckout direct = request();
  direct.paymentMethodId = "pm_card_visa";
  gateway.loseNext(Loss::AfterEffect);  // the customer has paid, and nobody knows
  ASSERT_EQ(service->start(direct).error().code, ErrorCode::PaymentOutcomeUnknown);
  gateway.refuse(GatewayOperation::CreateIntent, 1);  // say, no connection or a rate limit
  clock.advance(Milliseconds{11'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  const auto page = service->list(shop, {UserId{"ann"}, std::nullopt, 20, ""});
  EXPECT_EQ(page->sagas.front().status, SagaStatus::InProgress) << "still unknown, not failed";
  EXPECT_EQ(mugs().reserved, 1);

  clock.advance(Milliseconds{11'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, page->sagas.front().id)->status, SagaStatus::Completed);
}

TEST_F(Trouble, AWrongAmountIsReturnedAndNothingIsDelivered) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.setAmount(*saga.payment.sessionId, Money{1, Currency{"usd"}});
  gateway.paySession(*saga.payment.sessionId);
  const Saga ended = poll(saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_EQ(ended.error->code, ErrorCode::OrderServiceError);
  EXPECT_EQ(gateway.refunded(), 1);
  EXPECT_EQ(mugs().free(), 10);
}

TEST_F(Trouble, AnExpiredSessionEndsTheCheckoutAndCanBeRetried) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Expired);
  const Saga ended = poll(saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_EQ(ended.error->code, ErrorCode::SagaTimeout);
  EXPECT_EQ(mugs().free(), 10);

  const auto again = service->retry(shop, saga.id);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->status, SagaStatus::Pending);
  EXPECT_EQ(again->attempt, 2);
  const auto session = service->createPaymentSession(shop, saga.id);
  ASSERT_TRUE(session.ok());
  EXPECT_NE(session->payment.sessionId, saga.payment.sessionId);
  std::set<std::string> keys;
  for (const auto& call : gateway.sent()) EXPECT_TRUE(keys.insert(call.key).second) << "a key was used twice";
}

TEST_F(Trouble, APaymentThatTheProviderHasForgottenEndsWhenItsTimeIsOver) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.forget(*saga.payment.sessionId);
  EXPECT_EQ(poll(saga.id).status, SagaStatus::PaymentPending);
  clock.advance(std::chrono::minutes(31));
  const Saga ended = poll(saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_EQ(ended.error->code, ErrorCode::SagaTimeout);
  EXPECT_EQ(mugs().free(), 10);
}

TEST_F(Trouble, OnlyEndedCheckoutsWithARetryableErrorCanBeRetried) {
  fillCart(1);
  const Saga saga = withSession();
  EXPECT_EQ(service->retry(shop, saga.id)->version, saga.version) << "it is under way";
  ASSERT_TRUE(service->cancel(shop, saga.id, "no").ok());
  EXPECT_EQ(service->retry(shop, saga.id).error().code, ErrorCode::InvalidState);
}

TEST_F(Trouble, LateMoneyIsReturnedByDefault) {
  fillCart(1);
  const Saga saga = withSession();
  ASSERT_TRUE(service->cancel(shop, saga.id, "no").ok());
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_late", saga)).ok());
  const Saga ended = *service->status(shop, saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_EQ(ended.payment.state, PaymentState::Refunded);
  EXPECT_EQ(gateway.refunded(), 1);
}

TEST_F(Trouble, LateMoneyIsHonouredWhereTheTenantSaysSo) {
  tenants.tenant().policies.latePayment = LatePaymentPolicy::Honour;
  fillCart(1);
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Expired);
  EXPECT_EQ(poll(saga.id).status, SagaStatus::Compensated);
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_late", saga)).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
  EXPECT_EQ(mugs().sold, 1);
  EXPECT_EQ(gateway.refunded(), 0);
}

TEST_F(Trouble, LateMoneyForWhatTheCustomerHasCancelledIsReturnedWhateverThePolicy) {
  tenants.tenant().policies.latePayment = LatePaymentPolicy::Honour;
  fillCart(1);
  const Saga saga = withSession();
  ASSERT_TRUE(service->cancel(shop, saga.id, "no").ok());
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_late", saga)).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Compensated);
  EXPECT_EQ(gateway.refunded(), 1);
}

TEST_F(Trouble, EventsTakeEffectOnceWhateverTheirOrder) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(service->applyEvent(shop, event("evt_1", saga)).ok());
  ASSERT_TRUE(service->applyEvent(shop, event("evt_0", saga, "checkout.session.expired")).ok());
  const Saga done = *service->status(shop, saga.id);
  EXPECT_EQ(done.status, SagaStatus::Completed);
  EXPECT_EQ(mugs().sold, 1);
}

TEST_F(Trouble, AnEventOfAnUnknownCheckoutIsParkedAndAnOtherTypeIsIgnored) {
  PaymentEvent stranger;
  stranger.id = "evt_x";
  stranger.type = "checkout.session.completed";
  stranger.objectId = "cs_9";
  stranger.sessionId = "cs_9";
  ASSERT_TRUE(service->applyEvent(shop, stranger).ok());
  PaymentEvent other;
  other.id = "evt_y";
  other.type = "customer.created";
  other.objectId = "cus_1";
  ASSERT_TRUE(service->applyEvent(shop, other).ok());
  const auto state = [&](const char* id) {
    return (*readFor<std::optional<InboxEvent>>(*db,
                                                [&](Transaction& tx) { return tx.inbox().find(shop, id); }))
        ->state;
  };
  EXPECT_EQ(state("evt_x"), InboxEvent::State::Parked);
  EXPECT_EQ(state("evt_y"), InboxEvent::State::Ignored);
}

TEST_F(Trouble, AFactThatNamesAnotherCheckoutIsNotTrusted) {
  fillCart(1);
  const Saga saga = withSession();
  tenants.tenant().stripe.livemode = true;  // the session was made in test mode
  gateway.paySession(*saga.payment.sessionId);
  EXPECT_FALSE(service->applyEvent(shop, event("evt_1", saga)).ok());
  EXPECT_EQ(mugs().sold, 0);
}

TEST_F(Trouble, CancelStatusAndWebhookAtTheSameMomentHaveOneOutcome) {
  for (int round = 0; round < 8; ++round) {
    fillCart(1);
    const Saga saga = withSession();
    gateway.paySession(*saga.payment.sessionId);
    const int refundsBefore = gateway.refunded();
    const std::int64_t soldBefore = mugs().sold;
    std::thread cancel([&] { (void)service->cancel(shop, saga.id, "race").ok(); });
    std::thread webhook(
        [&] { (void)service->applyEvent(shop, event("evt_" + std::to_string(round), saga)).ok(); });
    std::thread session([&] { (void)service->createPaymentSession(shop, saga.id).ok(); });
    cancel.join();
    webhook.join();
    session.join();
    const Saga ended = *service->status(shop, saga.id);
    ASSERT_TRUE(isTerminal(ended.status)) << toString(ended.status);
    const bool completed = ended.status == SagaStatus::Completed;
    EXPECT_EQ(mugs().sold - soldBefore, completed ? 1 : 0);
    EXPECT_EQ(gateway.refunded() - refundsBefore, completed ? 0 : 1);
    EXPECT_EQ(mugs().reserved, 0);
  }
}

}  // namespace
}  // namespace checkout::saga
