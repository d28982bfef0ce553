// Bugs that strangers to the code have found: at the provider's dashboard, as agents that do what a message says,
// as operators on a bad day.
#include "saga/wake_ups.hpp"
#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

using Loss = test::FakeGateway::Loss;

class Found : public CheckoutTest {
 protected:
  StartCheckout direct(const std::string& method = "pm_card_visa") const {
    StartCheckout start = request();
    start.paymentMethodId = method;
    return start;
  }
  void addToCart(const char* product, int quantity) {
    auto cart = *readFor<std::optional<Cart>>(
        *db, [&](Transaction& tx) { return tx.carts().find(shop, CartId{"cart"}); });
    if (!cart) cart = Cart{shop, CartId{"cart"}, {}, clock.now()};
    cart->items.push_back({ProductId{product}, quantity});
    ASSERT_TRUE(db->write([&](Transaction& tx) { return tx.carts().save(*cart); }).ok());
  }
  Saga onlySaga() {
    const auto sagas = service->list(shop, {UserId{"ann"}, std::nullopt, 20, ""})->sagas;
    EXPECT_EQ(sagas.size(), 1u);
    return sagas.front();
  }
  PaymentEvent about(const Saga& saga, const std::string& id, const std::string& type) {
    PaymentEvent event = this->event(id, saga, type);
    event.sessionId.reset();
    event.paymentIntentId = saga.payment.paymentIntentId;
    return event;
  }
  std::int64_t captured() {
    std::int64_t sum = 0;
    for (const auto& [saga, payments] : gateway.payments())
      for (const Money& money : payments) sum += money.amount;
    return sum;
  }
};

// --- money -------------------------------------------------------------------------------------------------

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
  const auto paid = service->pay(shop, onlySaga().id, {"pm_card_visa", total, Approval{onlySaga().id, total}});
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
  start.approval = Approval{waiting.id, waiting.totals.total};
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

TEST_F(Found, WhatARetryFrozeIsWhatTheNextStartIsComparedWith) {
  fillCart(1);
  const Saga a = withSession();
  gateway.setState(*a.payment.sessionId, PaymentState::Expired);
  ASSERT_EQ(poll(a.id).status, SagaStatus::Compensated);
  fillCart(0, 3);
  ASSERT_TRUE(service->retry(shop, a.id).ok());  // of the cart as it is now
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
  ASSERT_TRUE(service->retry(shop, first.id).ok());
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

// --- agents that do what they are told, and forget ------------------------------------------------------------

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

TEST_F(Found, TaxThatDependsOnTheCountryNeedsOne) {
  tenants.tenant().taxRates = {{"DE", 1900}};
  fillCart(0, 1);
  StartCheckout start = request();
  start.shippingAddress.reset();
  EXPECT_EQ(service->start(start).error().code, ErrorCode::InvalidAddress);
  start.billingAddress = Address{"Ann", "", "", "", "", "", "DE", ""};
  const auto taxed = service->start(start);
  ASSERT_TRUE(taxed.ok()) << taxed.error().message;
  EXPECT_GT(taxed->totals.tax.amount, 0);
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

// --- found by the search in tests/model -----------------------------------------------------------------------

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
  EXPECT_FALSE(whyStuck(*service->status(shop, saga.id), clock.now()).has_value());
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
  start.approval = Approval{first.id, first.totals.total};
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
  ASSERT_TRUE(service->resolve(shop, saga.id, "paid by bank transfer", "operator:ann").ok());
  EXPECT_NE(whyStuck(*service->status(shop, saga.id), clock.now()).value_or("").find("disputes"), std::string::npos);
}

// --- a bad day ------------------------------------------------------------------------------------------------

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
  EXPECT_NE(whyStuck(*service->status(shop, saga.id), clock.now()).value_or("").find("re_1"), std::string::npos);
  const auto unsettled = readFor<UnsettledSagas>(
      *db, [&](Transaction& tx) { return tx.sagas().unsettled(shop, 10); });
  EXPECT_EQ(unsettled->sagas.size(), 1u) << "it is in the operators' list";

  gateway.dispute(*done.payment.paymentIntentId,
                  {"dp_1", "needs_response", "fraudulent", saga.totals.total});
  ASSERT_TRUE(service->applyEvent(shop, about(done, "evt_d", "charge.dispute.created")).ok());
  EXPECT_NE(whyStuck(*service->status(shop, saga.id), clock.now()).value_or("").find("disputes"),
            std::string::npos);
  ASSERT_TRUE(service->resolve(shop, saga.id, "answered at Stripe", "operator:ann").ok());
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
