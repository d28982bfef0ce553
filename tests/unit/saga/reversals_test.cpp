// Money that goes back: by an operator, at the provider's dashboard, by the customer's bank.
#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

using Loss = test::FakeGateway::Loss;

class Reversed : public CheckoutTest {
 protected:
  // A paid order of three mugs.
  Saga completed() {
    fillCart(3);
    const Saga saga = withSession();
    gateway.paySession(*saga.payment.sessionId);
    const Saga done = poll(saga.id);
    EXPECT_EQ(done.status, SagaStatus::Completed);
    return done;
  }
  std::vector<RefundEntry> refunds(const Saga& saga) {
    return *readFor<std::vector<RefundEntry>>(
        *db, [&](Transaction& tx) { return tx.ledger().refundsOf(shop, saga.id); });
  }
  std::vector<DisputeEntry> disputes(const Saga& saga) {
    return *readFor<std::vector<DisputeEntry>>(
        *db, [&](Transaction& tx) { return tx.ledger().disputesOf(shop, saga.id); });
  }
  PaymentEvent about(const Saga& saga, const std::string& id, const std::string& type) {
    PaymentEvent event = this->event(id, saga, type);
    event.sessionId.reset();
    event.paymentIntentId = saga.payment.paymentIntentId;
    return event;
  }
  const std::string ann = "operator:ann";
};

TEST_F(Reversed, AnOperatorGivesAPartBackAndThenTheRest) {
  const Saga saga = completed();
  const std::int64_t total = saga.totals.total.amount;
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "one was broken", ann).ok());
  EXPECT_EQ(order(saga)->status, OrderStatus::Confirmed);
  ASSERT_EQ(order(saga)->refunds.size(), 1u);
  EXPECT_EQ(order(saga)->refunds[0].amount.amount, 500);

  const auto tooMuch = service->refund(shop, saga.id, total, "all of it", ann);
  ASSERT_EQ(tooMuch.error().code, ErrorCode::ValidationFailed);
  EXPECT_EQ(tooMuch.error().details["refundable"]["amount"], total - 500);
  EXPECT_EQ(service->refund(shop, saga.id, 0, "nothing", ann).error().code, ErrorCode::ValidationFailed);

  const auto rest = service->refund(shop, saga.id, std::nullopt, "the others too", ann);
  ASSERT_TRUE(rest.ok()) << rest.error().message;
  EXPECT_EQ(rest->status, SagaStatus::Completed) << "the end is the end; what went back is in the ledger";
  EXPECT_EQ(rest->payment.state, PaymentState::Refunded);
  EXPECT_EQ(order(saga)->status, OrderStatus::Refunded);
  EXPECT_EQ(gateway.refundedAmount(), total);
  EXPECT_EQ(service->refund(shop, saga.id, std::nullopt, "again", ann).error().code,
            ErrorCode::ValidationFailed);
  EXPECT_EQ(mugs().sold, 3) << "what happens to the goods is the merchant's business";
}

TEST_F(Reversed, ARefundIsAudited) {
  const Saga saga = completed();
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "one was broken", ann).ok());
  const auto history = events(saga);
  const auto& asked = history[history.size() - 3];
  EXPECT_EQ(asked.type, "refund_requested");
  EXPECT_EQ(asked.actor, ann);
  EXPECT_EQ(asked.data["reason"], "one was broken");
  EXPECT_EQ(history.back().type, "refunded");
  EXPECT_EQ(history.back().data["refundId"], "re_1");
}

TEST_F(Reversed, ARefundWhoseAnswerGetsLostIsMadeOnce) {
  const Saga saga = completed();
  gateway.loseNext(Loss::AfterEffect);
  EXPECT_EQ(service->refund(shop, saga.id, 500, "broken", ann).error().code,
            ErrorCode::PaymentOutcomeUnknown);
  EXPECT_EQ(service->refund(shop, saga.id, 500, "broken", ann).error().code, ErrorCode::InvalidState)
      << "the first is still being made";
  restart();
  clock.advance(Milliseconds{11'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(gateway.refundedAmount(), 500);
  EXPECT_TRUE(service->status(shop, saga.id)->refundsOwed.empty());
  EXPECT_EQ(refunds(saga).size(), 1u);
}

TEST_F(Reversed, ARefundThatIsRefusedForGoodIsReportedAndForgotten) {
  const Saga saga = completed();
  gateway.refuse(GatewayOperation::Refund, 1, /*temporarily=*/false);
  EXPECT_FALSE(service->refund(shop, saga.id, 500, "broken", ann).ok());
  EXPECT_TRUE(service->status(shop, saga.id)->refundsOwed.empty());
  EXPECT_EQ(events(saga).back().type, "refund_failed");
  EXPECT_TRUE(service->refund(shop, saga.id, 500, "broken", ann).ok());
}

TEST_F(Reversed, ARefundThatFailsForAMomentIsMadeLater) {
  const Saga saga = completed();
  gateway.refuse(GatewayOperation::Refund, 1);
  EXPECT_FALSE(service->refund(shop, saga.id, 500, "broken", ann).ok());
  clock.advance(Milliseconds{61'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(gateway.refundedAmount(), 500);
  EXPECT_TRUE(service->status(shop, saga.id)->refundsOwed.empty());
}

TEST_F(Reversed, ARefundWithAStatusThatIsNotKnownYetIsNotMadeAgain) {
  const Saga saga = completed();
  gateway.refundsBecome("on_hold");
  ASSERT_TRUE(service->refund(shop, saga.id, 500, "broken", ann).ok());
  clock.advance(Milliseconds{24 * 60 * 60'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(gateway.refunded(), 1);
  EXPECT_TRUE(service->status(shop, saga.id)->refundsOwed.empty());
}

TEST_F(Reversed, OnlyACompletedCheckoutIsRefundedByHand) {
  fillCart(1);
  EXPECT_EQ(service->refund(shop, withSession().id, std::nullopt, "why not", ann).error().code,
            ErrorCode::InvalidState);
}

TEST_F(Reversed, ARefundAtTheDashboardIsHeardOf) {
  const Saga saga = completed();
  gateway.refundElsewhere(*saga.payment.paymentIntentId, Money{700, saga.totals.total.currency});
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_r", "charge.refunded")).ok());
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_s", "refund.updated")).ok())
      << "says the same again";
  ASSERT_EQ(refunds(saga).size(), 1u);
  EXPECT_EQ(refunds(saga)[0].amount.amount, 700);
  EXPECT_EQ(order(saga)->refunds.size(), 1u);
  EXPECT_EQ(service->status(shop, saga.id)->updatedAt, saga.updatedAt + Milliseconds{0})
      << "at the same moment as the event";
  EXPECT_EQ(service->refund(shop, saga.id, saga.totals.total.amount, "all", ann).error().code,
            ErrorCode::ValidationFailed);
}

TEST_F(Reversed, ARefundThatTheBankSendsBackNoLongerCounts) {
  const Saga saga = completed();
  gateway.refundsBecome("pending");
  ASSERT_TRUE(service->refund(shop, saga.id, std::nullopt, "all", ann).ok());
  EXPECT_EQ(order(saga)->status, OrderStatus::Refunded);
  gateway.setRefundStatus("re_1", "failed");
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_f", "refund.failed")).ok());
  EXPECT_EQ(order(saga)->status, OrderStatus::Confirmed);
  EXPECT_TRUE(order(saga)->refunds.empty());
  EXPECT_EQ(refunds(saga)[0].status, "failed");
  EXPECT_TRUE(service->refund(shop, saga.id, std::nullopt, "again", ann).ok());
}

TEST_F(Reversed, ACancelledCheckoutWhoseRefundComesBackOwesItAgain) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refundsBecome("pending");
  const Saga ended = *service->cancel(shop, saga.id, "too late");
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  gateway.setRefundStatus("re_1", "failed");
  gateway.refundsBecome("succeeded");
  ASSERT_TRUE(service->applyEvent(shop, about(ended, "evt_f", "refund.failed")).ok());
  const Saga owing = *service->status(shop, saga.id);
  EXPECT_TRUE(owing.compensation.failure.has_value());
  EXPECT_TRUE(whyStuck(owing, clock.now()).has_value());

  clock.advance(Milliseconds{61'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(service->status(shop, saga.id)->payment.state, PaymentState::Refunded);
  EXPECT_EQ(refunds(saga).size(), 2u);
  EXPECT_FALSE(whyStuck(*service->status(shop, saga.id), clock.now()).has_value());
}

TEST_F(Reversed, AnUndoFindsThatTheMerchantHasGivenTheMoneyBackAlready) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refundElsewhere("pi_of_cs_1", saga.totals.total);
  gateway.refuse(GatewayOperation::Refund, 1, /*temporarily=*/false);
  const auto ended = service->cancel(shop, saga.id, "too late");
  ASSERT_TRUE(ended.ok()) << ended.error().message;
  EXPECT_EQ(ended->status, SagaStatus::Compensated);
  EXPECT_EQ(gateway.refunded(), 1);
}

TEST_F(Reversed, ADisputeIsALedgerEntryOfItsOwn) {
  const Saga saga = completed();
  DisputeFact dispute{"dp_1", "needs_response", "fraudulent", saga.totals.total};
  gateway.dispute(*saga.payment.paymentIntentId, dispute);
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_d", "charge.dispute.created")).ok());
  dispute.status = "lost";
  gateway.dispute(*saga.payment.paymentIntentId, dispute);
  ASSERT_TRUE(service->applyEvent(shop, about(saga, "evt_e", "charge.dispute.closed")).ok());
  ASSERT_EQ(disputes(saga).size(), 1u);
  EXPECT_EQ(disputes(saga)[0].status, "lost");
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
  EXPECT_EQ(events(saga).back().data["disputes"][0]["status"], "lost");
}

TEST_F(Reversed, MoneyOnAPageThatWasReplacedGoesBackOnce) {
  fillCart(1);
  const Saga first = withSession();
  ASSERT_TRUE(service->selectShipping(shop, first.id, "post", "express").ok());
  const Saga second = *service->status(shop, first.id);
  ASSERT_NE(first.payment.sessionId, second.payment.sessionId);
  gateway.paySession(*second.payment.sessionId);
  EXPECT_EQ(poll(first.id).status, SagaStatus::Completed);

  gateway.paySession(*first.payment.sessionId);  // should be impossible; somebody reopened it
  ASSERT_TRUE(service->applyEvent(shop, event("evt_1", first)).ok());
  ASSERT_TRUE(service->applyEvent(shop, event("evt_2", first)).ok());
  EXPECT_EQ(gateway.refunded(), 1);
  EXPECT_EQ(gateway.refundedAmount(), first.totals.total.amount);
  const Saga done = *service->status(shop, first.id);
  EXPECT_EQ(done.status, SagaStatus::Completed);
  EXPECT_EQ(done.payment.state, PaymentState::Paid);
  EXPECT_EQ(order(done)->status, OrderStatus::Confirmed);
}

}  // namespace
}  // namespace checkout::saga
