// Bugs that strangers to the code have found: at the provider's dashboard, as agents that do what a message
// says, as operators on a bad day.
#include "support/found_fixture.hpp"

namespace checkout::saga {
namespace {

using Loss = test::FakeGateway::Loss;

// --- money ---

TEST_F(Found, APartialRefundAtTheDashboardDuringAnUndoIsTakenIntoAccount) {
  fillCart(2);
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Processing);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_1", saga)).ok());
  ASSERT_TRUE(service->cancel(shop, saga.id, "no").ok());
  gateway.paySession(*saga.payment.sessionId);
  gateway.refundElsewhere("pi_of_cs_1", Money{100, saga.totals.total.currency});
  const Saga ended = poll(saga.id);
  EXPECT_EQ(ended.status, SagaStatus::Compensated);
  EXPECT_EQ(ended.payment.state, PaymentState::Refunded);
  EXPECT_EQ(gateway.refundedAmount(), saga.totals.total.amount) << "all of it, and no more";
  EXPECT_EQ(order(ended)->refunds.size(), 2u);
}

TEST_F(Found, ARetryAboveTheThresholdChargesNothingWithoutAnApproval) {
  tenants.tenant().policies.approvalThreshold = 10'000;
  fillCart(1);
  StartCheckout start = direct();
  gateway.refuse(GatewayOperation::CreateIntent, 1, /*temporarily=*/false);
  ASSERT_FALSE(service->start(start).ok());
  fillCart(9);  // the cart has grown far beyond the threshold
  const auto retried = service->retry(shop, onlySaga().id);
  EXPECT_EQ(retried.error().code, ErrorCode::TotalChanged);
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 1) << "nothing was charged";
  const Money total = onlySaga().totals.total;
  ASSERT_GT(total.amount, 10'000);
  const auto asked = service->pay(shop, onlySaga().id, {"pm_card_visa", total, std::nullopt});
  EXPECT_EQ(asked->status, SagaStatus::Pending) << "the customer has to be asked";
  EXPECT_EQ(captured(), 0);
  const auto paid = service->pay(
      shop, onlySaga().id, {"pm_card_visa", total, Approval{onlySaga().id, total, onlySaga().cart.digest}});
  ASSERT_TRUE(paid.ok()) << paid.error().message;
  EXPECT_EQ(paid->status, SagaStatus::Completed);
}

TEST_F(Found, AnApprovalIsOfOneTotal) {
  tenants.tenant().policies.approvalThreshold = 100;
  fillCart(1);
  StartCheckout start = direct();
  const Saga waiting = *service->start(start);
  ASSERT_EQ(waiting.status, SagaStatus::Pending);
  // While the customer reads the question, somebody chooses another service.
  ASSERT_TRUE(service->selectShipping(shop, waiting.id, "post", "express").ok());
  start.approval = Approval{waiting.id, waiting.totals.total, waiting.cart.digest};
  EXPECT_EQ(service->start(start)->status, SagaStatus::Pending);
  EXPECT_EQ(captured(), 0);
}

TEST_F(Found, ARetryThatWasDeclinedByTheCustomerIsAskedForAgain) {
  tenants.tenant().policies.approvalThreshold = 100;
  fillCart(1);
  StartCheckout start = direct();
  ASSERT_EQ(service->start(start)->status, SagaStatus::Pending);
  clock.advance(Milliseconds{25 * 60 * 60'000LL});
  ASSERT_TRUE(service->runDueTimers().ok());
  ASSERT_EQ(onlySaga().status, SagaStatus::Failed);
  EXPECT_EQ(service->retry(shop, onlySaga().id)->status, SagaStatus::Pending);
  EXPECT_EQ(captured(), 0);
}

TEST_F(Found, DigitalGoodsAreNotSoldUntaxedBecauseNoCountryIsKnown) {
  fillCart(0, 1);
  StartCheckout start = request();
  start.shippingAddress.reset();
  const auto refused = service->start(start);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidAddress);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("billingAddress with country"));
  start.billingAddress = Address{};
  start.billingAddress->country = "DE";
  EXPECT_EQ(service->start(start)->totals.tax.amount, 171);  // 19 % of 9.00
  tenants.tenant().taxRates = {{"*", 1000}};                 // the same everywhere
  fillCart(0, 2);
  start.billingAddress.reset();
  EXPECT_EQ(service->start(start)->totals.tax.amount, 180);
}

TEST_F(Found, WhatARetryFrozeIsWhatTheNextStartIsComparedWith) {
  fillCart(1);
  const Saga a = withSession();
  gateway.setState(*a.payment.sessionId, PaymentState::Expired);
  ASSERT_EQ(poll(a.id).status, SagaStatus::Compensated);
  fillCart(0, 3);
  ASSERT_EQ(service->retry(shop, a.id).error().code, ErrorCode::TotalChanged);  // of the cart as it is now
  fillCart(1);
  const auto again = service->start(request());
  ASSERT_TRUE(again.ok()) << again.error().message;
  ASSERT_EQ(again->cart.items.size(), 1u);
  EXPECT_EQ(again->cart.items[0].productId.value, "mug") << "not the other purchase";
}

TEST_F(Found, TheContentsOfTheOpenPageAreNoOtherContents) {
  fillCart(1);
  const Saga first = withSession();
  gateway.setState(*first.payment.sessionId, PaymentState::Expired);
  ASSERT_EQ(poll(first.id).status, SagaStatus::Compensated);
  fillCart(2);
  ASSERT_EQ(service->retry(shop, first.id).error().code, ErrorCode::TotalChanged);
  ASSERT_TRUE(service->createPaymentSession(shop, first.id).ok());
  const auto repeated = service->start(request());
  ASSERT_TRUE(repeated.ok()) << repeated.error().message;
  EXPECT_EQ(repeated->id, first.id);
}

TEST_F(Found, ACancelAfterACrashDuringTheChargeGivesTheMoneyBack) {
  fillCart(1);
  gateway.loseNext(Loss::AfterEffect);
  ASSERT_EQ(service->start(direct()).error().code, ErrorCode::PaymentOutcomeUnknown);
  restart();
  (void)service->cancel(shop, onlySaga().id, "never mind").ok();
  clock.advance(Milliseconds{61'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(onlySaga().status, SagaStatus::Compensated);
  EXPECT_EQ(captured(), gateway.refundedAmount());
  EXPECT_GT(captured(), 0);
}

TEST_F(Found, AnOperatorsRefundWhoseAnswerWasLostForADayIsNotMadeTwice) {
  fillCart(3);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  const Saga done = poll(saga.id);
  gateway.loseNext(Loss::AfterEffect);
  ASSERT_EQ(service->refund(shop, saga.id, 500, "broken", "operator:ann").error().code,
            ErrorCode::PaymentOutcomeUnknown);
  ASSERT_TRUE(service->applyEvent(shop, about(done, "evt_r", "charge.refunded")).ok());
  clock.advance(Milliseconds{24 * 60 * 60'000LL});  // an outage; the key may be forgotten
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(gateway.refundedAmount(), 500);
  EXPECT_TRUE(service->status(shop, saga.id)->refundsOwed.empty());
}

TEST_F(Found, AStrayPaymentWhoseRefundIsRefusedStaysOwedAndIsStuck) {
  fillCart(1);
  const Saga first = withSession();
  ASSERT_TRUE(service->selectShipping(shop, first.id, "post", "express").ok());
  gateway.paySession(*first.payment.sessionId);
  gateway.refuse(GatewayOperation::Refund, 1, /*temporarily=*/false);  // say, balance_insufficient
  ASSERT_TRUE(service->applyEvent(shop, event("evt_1", first)).ok());
  const Saga owing = *service->status(shop, first.id);
  ASSERT_EQ(owing.refundsOwed.size(), 1u);
  ASSERT_TRUE(whyStuck(owing, clock.now()).has_value());
  clock.advance(Milliseconds{61'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_TRUE(service->status(shop, first.id)->refundsOwed.empty());
  EXPECT_EQ(gateway.refundedAmount(), first.totals.total.amount);
}

// --- agents that do what they are told, and forget ---

TEST_F(Found, AStoredCardIsChargedForTheShippingThatWasChosen) {
  fillCart(1);
  const Saga saga = started();
  const Saga chosen = *service->selectShipping(shop, saga.id, "post", "express");
  const auto paid = service->start(direct());
  ASSERT_TRUE(paid.ok()) << paid.error().message;
  EXPECT_EQ(paid->id, saga.id);
  EXPECT_EQ(paid->shipping->serviceId, "express");
  EXPECT_EQ(captured(), chosen.totals.total.amount);
}

TEST_F(Found, PayingChargesTheTotalThatWasAgreedOrNothing) {
  fillCart(1);
  const Saga saga = started();
  ASSERT_TRUE(service->selectShipping(shop, saga.id, "post", "express").ok());
  const auto refused = service->pay(shop, saga.id, {"pm_card_visa", saga.totals.total, std::nullopt});
  ASSERT_EQ(refused.error().code, ErrorCode::TotalChanged);
  const Money now = onlySaga().totals.total;
  EXPECT_EQ(refused.error().details["total"]["amount"], now.amount);
  EXPECT_EQ(captured(), 0);
  EXPECT_EQ(service->pay(shop, saga.id, {"pm_card_visa", now, std::nullopt})->status, SagaStatus::Completed);
  EXPECT_EQ(service->pay(shop, saga.id, {"pm_card_visa", now, std::nullopt})->status, SagaStatus::Completed);
  EXPECT_EQ(captured(), now.amount) << "once";
}

TEST_F(Found, PayingWithAStoredCardClosesTheOpenPageFirst) {
  fillCart(1);
  const Saga saga = withSession();
  const auto paid = service->pay(shop, saga.id, {"pm_card_visa", saga.totals.total, std::nullopt});
  ASSERT_TRUE(paid.ok()) << paid.error().message;
  EXPECT_EQ(paid->status, SagaStatus::Completed);
  EXPECT_EQ(gateway.stateOf(*saga.payment.sessionId), PaymentState::Expired);
}

TEST_F(Found, ANewAddressWithAStoredCardShowsItsTotalBeforeItCharges) {
  fillCart(1);
  (void)started();
  StartCheckout changed = direct();
  changed.shippingAddress = Address{"Ann", "Street 1", "", "Reno", "NV", "89501", "US", ""};
  const auto start = service->start(changed);
  ASSERT_EQ(start.error().code, ErrorCode::TotalChanged) << "there is no tax there";
  EXPECT_EQ(captured(), 0);
}

TEST_F(Found, AKeyIsForOnePurchase) {
  fillCart(1);
  StartCheckout start = request();
  start.idempotencyKey = "k";
  const Saga saga = *service->start(start);
  EXPECT_EQ(service->start(start)->id, saga.id);
  fillCart(2);
  const auto changed = service->start(start);
  ASSERT_EQ(changed.error().code, ErrorCode::IdempotencyConflict);
  EXPECT_EQ(changed.error().details["checkout"]["sagaId"], saga.id.value);
  fillCart(1);

  const Saga open = *service->createPaymentSession(shop, saga.id);
  gateway.paySession(*open.payment.sessionId);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Completed);
  EXPECT_EQ(service->start(start)->id, saga.id) << "the answer was lost: the cart is empty, it is the same";
  addToCart("mug", 1);
  const auto finished = service->start(start);
  ASSERT_EQ(finished.error().code, ErrorCode::IdempotencyConflict);
  EXPECT_EQ(finished.error().nextAction->type, NextActionType::None);
  EXPECT_NE(finished.error().message.find("new one for a new purchase"), std::string::npos);
}

TEST_F(Found, AWantedCancelLeavesNothingToDo) {
  fillCart(1);
  StartCheckout start = request();
  start.idempotencyKey = "k";
  const Saga saga = *service->start(start);
  ASSERT_TRUE(service->cancel(shop, saga.id, "no").ok());
  const Json view = sagaView(*service->start(start));
  EXPECT_EQ(view["nextAction"]["type"], "none");
}

TEST_F(Found, ARepeatedStartAfterThePurchaseNamesIt) {
  fillCart(1);
  const auto bought = service->start(direct());  // and the answer gets lost
  ASSERT_EQ(bought->status, SagaStatus::Completed);
  const auto repeated = service->start(direct());
  ASSERT_EQ(repeated.error().code, ErrorCode::CartEmpty);
  EXPECT_EQ(repeated.error().details["lastCheckout"]["sagaId"], bought->id.value);
  EXPECT_EQ(repeated.error().details["lastCheckout"]["orderId"], bought->orderId->value);
  EXPECT_EQ(repeated.error().nextAction->type, NextActionType::None);
  EXPECT_NE(repeated.error().message.find("Do not buy"), std::string::npos);
}

TEST_F(Found, ARepeatedStartFindsItsCheckoutThoughItHoldsTheLastPieces) {
  fillCart(10);
  const Saga saga = withSession();
  ASSERT_EQ(mugs().free(), 0);
  const auto repeated = service->start(request());
  ASSERT_TRUE(repeated.ok()) << repeated.error().message;
  EXPECT_EQ(repeated->id, saga.id);
}

TEST_F(Found, WhatCannotBeDeliveredIsNotSold) {
  fillCart(0, 1);
  StartCheckout start = direct();
  start.email.clear();
  EXPECT_EQ(service->start(start).error().code, ErrorCode::InvalidAddress) << "an e-book without an e-mail";
  fillCart(1);
  start = direct();
  start.shippingAddress->name.clear();
  start.customerName.clear();
  EXPECT_EQ(service->start(start).error().code, ErrorCode::InvalidAddress) << "a parcel for nobody";
  start = direct();
  start.shippingAddress->postalCode.clear();
  EXPECT_EQ(service->start(start).error().code, ErrorCode::InvalidAddress);
  EXPECT_EQ(captured(), 0);
}

TEST_F(Found, ASecondDeclineIsShown) {
  fillCart(1);
  gateway.declineNextIntent();
  const auto first = service->start(direct("pm_card_chargeDeclined"));
  ASSERT_EQ(first.error().code, ErrorCode::PaymentDeclined);
  const std::string intent = first.error().details["paymentIntentId"].get<std::string>();
  gateway.setLastError(intent, Error(ErrorCode::PaymentDeclined, "Your card has insufficient funds."));
  const Saga saga = poll(onlySaga().id);
  EXPECT_EQ(saga.payment.lastError->message, "Your card has insufficient funds.");
}

}  // namespace
}  // namespace checkout::saga
