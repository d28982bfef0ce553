// Bugs that agents have found that knew nothing but the tools, and did what each message said.
#include <algorithm>

#include <gmock/gmock.h>

#include "saga/next_action.hpp"
#include "support/found_fixture.hpp"

namespace checkout::saga {
namespace {

using testing::HasSubstr;

TEST_F(Found, AfterADeclineAnotherMethodNeedsAnotherApproval) {
  tenants.tenant().policies.approvalThreshold = 100;
  fillCart(1);
  StartCheckout start = direct();
  const Saga waiting = *service->start(start);
  const Approval approval{waiting.id, waiting.totals.total, waiting.cart.digest};
  gateway.declineNextIntent();
  const auto declined = service->pay(shop, waiting.id, {"pm_declined", waiting.totals.total, approval});
  ASSERT_EQ(declined.error().code, ErrorCode::PaymentDeclined);
  const std::string intent = declined.error().details["paymentIntentId"].get<std::string>();

  const auto confirmed = service->confirmIntent(shop, {intent, {{"payment_method", "pm_card_mastercard"}}});
  EXPECT_EQ(confirmed.error().code, ErrorCode::InvalidState);
  EXPECT_THAT(confirmed.error().nextAction->message, HasSubstr("checkout_pay"));
  const auto unasked =
      service->pay(shop, waiting.id, {"pm_card_mastercard", waiting.totals.total, std::nullopt});
  EXPECT_EQ(unasked->status, SagaStatus::PaymentPending);
  EXPECT_EQ(captured(), 0);
  const auto asked = service->pay(shop, waiting.id, {"pm_card_mastercard", waiting.totals.total, approval});
  ASSERT_TRUE(asked.ok()) << asked.error().message;
  EXPECT_EQ(asked->status, SagaStatus::Completed);
  EXPECT_EQ(captured(), waiting.totals.total.amount);
}

TEST_F(Found, DigitalGoodsAreNotChargedToAStoredMethodWithoutAnEmail) {
  fillCart(1, 1);
  StartCheckout start = request();
  start.email.clear();
  const Saga saga = *service->start(start);
  const auto paid = service->pay(shop, saga.id, {"pm_card_visa", saga.totals.total, std::nullopt});
  EXPECT_EQ(paid.error().code, ErrorCode::InvalidAddress);
  EXPECT_THAT(paid.error().nextAction->message, HasSubstr("e-mail"));
  EXPECT_EQ(captured(), 0);
}

TEST_F(Found, TaxThatIsReckonedOnThePageNeedsThePage) {
  tenants.tenant().taxRates.clear();
  tenants.tenant().stripe.automaticTax = true;
  fillCart(1);
  EXPECT_EQ(service->start(direct()).error().nextAction->type, NextActionType::PresentPaymentUrl);
  const Saga saga = started();
  EXPECT_FALSE(service->pay(shop, saga.id, {"pm_card_visa", saga.totals.total, std::nullopt}).ok());
  EXPECT_EQ(captured(), 0);
}

TEST_F(Found, ACartIsPaidForOnceWhoeverAsks) {
  fillCart(1);
  const Saga first = withSession();
  StartCheckout guest = request();
  guest.userId = UserId{"guest-2"};
  const auto second = service->start(guest);
  EXPECT_EQ(second.error().code, ErrorCode::InvalidState);
  EXPECT_EQ(second.error().details.dump().find(first.id.value), std::string::npos)
      << "it is another customer's";
  EXPECT_THAT(second.error().nextAction->message, HasSubstr("userId that the first call"));
}

TEST_F(Found, AKeyIsOfOneCustomer) {
  fillCart(1);
  StartCheckout ann = direct();
  ann.idempotencyKey = "order-1";
  ASSERT_EQ(service->start(ann)->status, SagaStatus::Completed);
  StartCheckout bob = direct();
  bob.userId = UserId{"bob"};
  bob.idempotencyKey = "order-1";
  fillCart(2);
  const auto own = service->start(bob);
  ASSERT_TRUE(own.ok()) << own.error().message;
  EXPECT_EQ(own->userId, bob.userId);
  EXPECT_EQ(own->status, SagaStatus::Completed);
}

TEST_F(Found, AfterShippingIsChosenComesThePayment) {
  fillCart(1);
  const Saga saga = started();
  EXPECT_EQ(nextActionFor(saga).type, NextActionType::ChooseShipping);
  const auto chosen = service->selectShipping(shop, saga.id, "post", "express");
  EXPECT_EQ(nextActionFor(*chosen).type, NextActionType::PresentPaymentUrl);
}

TEST_F(Found, ACheckoutThatIsBeingPaidForSaysHowToBuyAnotherCart) {
  fillCart(1);
  const Saga first = withSession();
  addToCart("ebook", 1);
  const auto other = service->start(request());
  EXPECT_EQ(other.error().code, ErrorCode::InvalidState);
  ASSERT_TRUE(other.error().nextAction);
  EXPECT_THAT(other.error().nextAction->message, HasSubstr("checkout_cancel with sagaId " + first.id.value));
  ASSERT_TRUE(service->cancel(shop, first.id, "other contents").ok());
  EXPECT_TRUE(service->start(request()).ok());
}

TEST_F(Found, ACancelledCheckoutIsNotOfferedAtAnotherTotal) {
  fillCart(1);
  const Saga saga = started();
  ASSERT_TRUE(service->cancel(shop, saga.id, "no").ok());
  const auto paid =
      service->pay(shop, saga.id, {"pm_card_visa", Money{1, saga.totals.total.currency}, std::nullopt});
  EXPECT_EQ(paid.error().code, ErrorCode::InvalidState);
}

TEST_F(Found, ATotalThatTheCustomerHasNotAgreedToIsNotCharged) {
  fillCart(1);
  StartCheckout wanted = direct();
  wanted.expectedTotal = Money{1, Currency{"usd"}};
  wanted.idempotencyKey = "purchase-1";
  const auto refused = service->start(wanted);
  ASSERT_EQ(refused.error().code, ErrorCode::TotalChanged);
  EXPECT_EQ(captured(), 0);
  EXPECT_EQ(refused.error().details["sagaId"], onlySaga().id.value);
  wanted.expectedTotal = onlySaga().totals.total;
  const auto paid = service->start(wanted);
  ASSERT_TRUE(paid.ok()) << paid.error().message;
  EXPECT_EQ(paid->status, SagaStatus::Completed);
  EXPECT_EQ(captured(), paid->totals.total.amount);
}

TEST_F(Found, ADeclinedMethodIsNotRetried) {
  fillCart(1);
  gateway.declineNextIntent();
  ASSERT_FALSE(service->start(direct()).ok());
  const auto retried = service->retry(shop, onlySaga().id);
  EXPECT_EQ(retried.error().code, ErrorCode::InvalidState);
  EXPECT_THAT(retried.error().nextAction->message, HasSubstr("checkout_pay"));
}

TEST_F(Found, ACancellationThatTheProviderHoldsUpIsUnderWay) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.refuse(GatewayOperation::ExpireSession, 5);
  const auto cancelled = service->cancel(shop, saga.id, "no");
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().message;
  EXPECT_EQ(cancelled->status, SagaStatus::Compensating);
  EXPECT_EQ(nextActionFor(*cancelled).type, NextActionType::Wait);
}

TEST_F(Found, WhatOnlyTheMerchantCanMendIsNotTriedInALoop) {
  Saga saga;
  saga.status = SagaStatus::Compensated;
  saga.error = Error(ErrorCode::PaymentServiceError, "wrong key", {{kMerchantMustAct, true}});
  EXPECT_EQ(nextActionFor(saga).type, NextActionType::None);
}

// --- totals that nobody has agreed to ---

TEST_F(Found, ATotalThatWasRefusedOnceIsNotChargedByACallThatNamesNone) {
  fillCart(1);
  StartCheckout start = direct();
  start.idempotencyKey = "key";
  start.expectedTotal = Money{1, tenants.tenant().currency};
  ASSERT_EQ(service->start(start).error().code, ErrorCode::TotalChanged);
  start.expectedTotal.reset();
  EXPECT_EQ(service->start(start).error().code, ErrorCode::TotalChanged);
  clock.advance(Milliseconds{25 * 60 * 60'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  const Saga ended = onlySaga();
  ASSERT_TRUE(isTerminal(ended.status));
  EXPECT_FALSE(service->retry(shop, ended.id).ok());
  EXPECT_EQ(captured(), 0);
  EXPECT_EQ(service->pay(shop, ended.id, {"pm_card_visa", ended.totals.total, std::nullopt})->status,
            SagaStatus::Completed);
}

TEST_F(Found, ATotalThatWasRefusedIsNotAgreedToByChangingTheCustomersName) {
  fillCart(1);
  ASSERT_TRUE(service->start(request()).ok());
  fillCart(3);
  StartCheckout start = direct();
  ASSERT_EQ(service->start(start).error().code, ErrorCode::TotalChanged);
  start.customerName = "Ann B. Other";
  EXPECT_EQ(service->start(start).error().code, ErrorCode::TotalChanged);
  EXPECT_EQ(captured(), 0);
}

TEST_F(Found, AnotherShippingOfACheckoutWithAStoredMethodNeedsItsTotalNamed) {
  fillCart(1);
  tenants.tenant().policies.approvalThreshold = 1;
  const Saga asked = *service->start(direct());
  ASSERT_EQ(asked.status, SagaStatus::Pending);
  const auto options = *service->shippingOptions(shop, asked.id);
  const auto select = [&](bool other) {
    const auto found = std::find_if(options.begin(), options.end(), [&](const ShippingSelection& option) {
      return (option.price != asked.shipping->price) == other;
    });
    return *service->selectShipping(shop, asked.id, found->carrierId, found->serviceId);
  };
  tenants.tenant().policies.approvalThreshold = asked.totals.total.amount;
  const Saga dearer = select(true);
  ASSERT_GT(dearer.totals.total.amount, asked.totals.total.amount);
  ASSERT_EQ(service->start(direct())->status, SagaStatus::Pending) << "the customer is asked, and refuses";
  const Saga changed = select(false);
  EXPECT_EQ(service->start(direct()).error().code, ErrorCode::TotalChanged);
  EXPECT_EQ(captured(), 0);
  EXPECT_EQ(service->pay(shop, asked.id, {"pm_card_visa", changed.totals.total, std::nullopt})->status,
            SagaStatus::Completed);
}

TEST_F(Found, WhoeverStartsAgainWhileACancelledDebitIsOnItsWayIsToldToWait) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.setState(*saga.payment.sessionId, PaymentState::Processing);
  ASSERT_EQ(poll(saga.id).payment.state, PaymentState::Processing);
  ASSERT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  StartCheckout other = request();
  other.email = "other@example.com";
  const Error error = service->start(other).error();
  EXPECT_EQ(error.code, ErrorCode::InvalidState);
  ASSERT_TRUE(error.nextAction.has_value());
  EXPECT_EQ(error.nextAction->type, NextActionType::Wait);
  EXPECT_THAT(error.message, testing::HasSubstr("can't be stopped"));
}

TEST_F(Found, AnOrderWhoseMoneyIsThereIsNotCalledUnpaid) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refuse(GatewayOperation::Refund, 100);
  ASSERT_EQ(service->cancel(shop, saga.id, "no")->status, SagaStatus::Compensating);
  const Saga held = stored(saga.id);
  ASSERT_EQ(held.payment.state, PaymentState::Paid);
  const auto order = *readFor<std::optional<Order>>(
      *db, [&](Transaction& tx) { return tx.orders().find(shop, *held.orderId); });
  EXPECT_EQ(orderView(*order, held)["payment"]["paid"], true);
}

TEST_F(Found, AnotherCardForAPaymentThatIsTriedAgainIsAskedForToo) {
  tenants.tenant().policies.approvalThreshold = 100;
  fillCart(1);
  const Saga waiting = *service->start(direct());
  const Approval approval{waiting.id, waiting.totals.total, waiting.cart.digest};
  gateway.refuse(GatewayOperation::CreateIntent, 1);
  EXPECT_FALSE(service->pay(shop, waiting.id, {"pm_card_visa", waiting.totals.total, approval}).ok());
  ASSERT_EQ(stored(waiting.id).status, SagaStatus::InProgress);
  const PayCheckout other{"pm_other", waiting.totals.total, std::nullopt};
  const Saga unasked = *service->pay(shop, waiting.id, other);
  EXPECT_TRUE(isPayableDirectly(unasked, "pm_other")) << "the customer is asked";
  EXPECT_FALSE(isPayableDirectly(unasked, "pm_card_visa")) << "that was approved";
  (void)service->pay(shop, waiting.id, {"pm_other", waiting.totals.total, approval}).ok();
  clock.advance(Milliseconds{11'000});  // the provider had asked for a pause
  ASSERT_TRUE(service->runDueTimers().ok());
  ASSERT_EQ(stored(waiting.id).status, SagaStatus::Completed);
  EXPECT_EQ(Json::parse(gateway.sent().back().body)["method"], "pm_other");
  EXPECT_EQ(captured(), waiting.totals.total.amount);
}

// Found by the search in tests/model.
TEST_F(Found, ATotalThatWasRefusedWhileAPageWasOpenIsNotChargedAfterIt) {
  fillCart(1);
  const Saga saga = withSession();
  const Money less{saga.totals.total.amount - 1, saga.totals.total.currency};
  EXPECT_EQ(service->pay(shop, saga.id, {"pm_other", less, std::nullopt}).error().code,
            ErrorCode::TotalChanged);
  EXPECT_EQ(stored(saga.id).status, SagaStatus::PaymentPending) << "its page stays open";
  gateway.setState(*saga.payment.sessionId, PaymentState::Expired);
  ASSERT_EQ(poll(saga.id).status, SagaStatus::Compensated);
  ASSERT_EQ(service->retry(shop, saga.id)->status, SagaStatus::Pending);
  EXPECT_EQ(service->start(direct()).error().code, ErrorCode::TotalChanged);
  EXPECT_EQ(captured(), 0);
}

}  // namespace
}  // namespace checkout::saga
