#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

using Flow = CheckoutTest;

TEST_F(Flow, PaidSessionCompletesTheOrderOnce) {
  fillCart(2, 1);
  Saga saga = withSession();
  EXPECT_EQ(saga.status, SagaStatus::PaymentPending);
  EXPECT_TRUE(saga.payment.url.has_value());
  EXPECT_EQ(mugs().reserved, 2);
  EXPECT_EQ(order(saga)->status, OrderStatus::AwaitingPayment);
  const SagaEvent asked = events(saga).back();
  EXPECT_EQ(asked.type, "payment_requested");
  EXPECT_EQ(asked.data["sessionId"], *saga.payment.sessionId);
  EXPECT_EQ(asked.data["amount"], toJson(saga.totals.total));

  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->applyEvent(shop, event("evt_1", saga)).ok());
  saga = *service->status(shop, saga.id);
  EXPECT_EQ(saga.status, SagaStatus::Completed);
  EXPECT_EQ(saga.payment.confirmedBy, ConfirmedBy::Webhook);
  EXPECT_EQ(saga.completedSteps.size(), 7u);
  EXPECT_FALSE(saga.payment.url.has_value());
  EXPECT_EQ(mugs().sold, 2);
  EXPECT_EQ(mugs().reserved, 0);
  EXPECT_EQ(order(saga)->status, OrderStatus::Confirmed);
  const auto cart = readFor<std::optional<Cart>>(
      *db, [&](Transaction& tx) { return tx.carts().find(shop, CartId{"cart"}); });
  EXPECT_TRUE((*cart)->items.empty());
  const auto mail = readFor<std::vector<OutboxMessage>>(
      *db, [&](Transaction& tx) { return tx.outbox().due(clock.now(), 10); });
  ASSERT_EQ(mail->size(), 1u);
  EXPECT_EQ(mail->front().email.to, "ann@example.com");
  EXPECT_NE(mail->front().email.text.find(saga.orderId->value), std::string::npos);
}

TEST_F(Flow, PollingCompletesWithoutAWebhook) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  const Saga done = poll(saga.id);
  EXPECT_EQ(done.status, SagaStatus::Completed);
  EXPECT_EQ(done.payment.confirmedBy, ConfirmedBy::Poll);
}

TEST_F(Flow, TheWorkerCompletesWithoutAnybodyAsking) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  clock.advance(Milliseconds{31'000});
  ASSERT_TRUE(service->runDueTimers().ok());
  auto stored =
      readFor<std::optional<Saga>>(*db, [&](Transaction& tx) { return tx.sagas().find(shop, saga.id); });
  EXPECT_EQ((*stored)->status, SagaStatus::Completed);
  EXPECT_EQ(*service->runDueTimers(), std::nullopt) << "nothing is left to wait for";
}

TEST_F(Flow, EventsAndVersionsHaveNoGaps) {
  fillCart(1);
  Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  saga = poll(saga.id);
  const auto history = events(saga);
  ASSERT_EQ(static_cast<std::int64_t>(history.size()), saga.version);
  for (std::size_t i = 0; i < history.size(); ++i)
    EXPECT_EQ(history[i].sequence, static_cast<std::int64_t>(i + 1));
  EXPECT_EQ(history.front().type, "started");
  EXPECT_EQ(history.back().type, "completed");
}

TEST_F(Flow, StartIsIdempotentByKeyAndByCart) {
  fillCart(1);
  StartCheckout keyed = request();
  keyed.idempotencyKey = "k1";
  const Saga first = *service->start(keyed);
  EXPECT_EQ(service->start(keyed)->id, first.id);
  EXPECT_EQ(service->start(request())->id, first.id) << "the live checkout of the same cart";
  keyed.email = "other@example.com";
  EXPECT_EQ(service->start(keyed).error().code, ErrorCode::IdempotencyConflict);
}

TEST_F(Flow, AChangedCartReplacesAnUnpaidCheckout) {
  fillCart(1);
  const Saga first = started();
  fillCart(2);
  const Saga second = started();
  EXPECT_NE(second.id, first.id);
  EXPECT_EQ(second.totals.subtotal.amount, 3000);
  EXPECT_EQ(service->status(shop, first.id)->status, SagaStatus::Compensated);
}

TEST_F(Flow, AChangedCartIsRefusedWhileItsPaymentIsOpen) {
  fillCart(1);
  const Saga first = withSession();
  fillCart(2);
  const auto second = service->start(request());
  EXPECT_EQ(second.error().code, ErrorCode::InvalidState);
  EXPECT_EQ(second.error().details["sagaId"], first.id.value);
}

TEST_F(Flow, StartRefusesWhatCannotBePaidOrShippedAndKeepsNothing) {
  EXPECT_EQ(service->start(request()).error().code, ErrorCode::CartNotFound);
  fillCart(0);
  EXPECT_EQ(service->start(request()).error().code, ErrorCode::CartEmpty);
  fillCart(1);
  StartCheckout nowhere = request();
  nowhere.shippingAddress.reset();
  const auto refused = service->start(nowhere);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidAddress);
  EXPECT_EQ(refused.error().nextAction->type, NextActionType::CollectShippingAddress);
  nowhere.shippingAddress = Address{"A", "S", "", "Paris", "", "", "FR", ""};
  EXPECT_EQ(service->start(nowhere).error().code, ErrorCode::InvalidAddress);
  fillCart(11);
  EXPECT_EQ(service->start(request()).error().code, ErrorCode::InventoryUnavailable);
  const auto page = service->list(shop, {UserId{"ann"}, std::nullopt, 20, ""});
  EXPECT_TRUE(page->sagas.empty());
}

TEST_F(Flow, StockGoneBetweenStartAndPaymentFailsWithoutACharge) {
  fillCart(10);
  const Saga saga = started();
  StartCheckout faster = request();
  faster.userId = UserId{"bob"};
  faster.cartId = CartId{"bobs"};
  const Cart cart{shop, faster.cartId, {{ProductId{"mug"}, 10}}, clock.now()};
  ASSERT_TRUE(db->write([&](Transaction& tx) { return tx.carts().save(cart); }).ok());
  const auto other = service->start(faster);
  ASSERT_TRUE(other.ok() && service->createPaymentSession(shop, other->id).ok());
  EXPECT_EQ(service->createPaymentSession(shop, saga.id).error().code, ErrorCode::InventoryUnavailable);
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Failed);
  EXPECT_EQ(gateway.sent().size(), 1u) << "only the other customer's session";
  EXPECT_EQ(mugs().reserved, 10);
}

TEST_F(Flow, AskingForASessionTwiceGivesTheOpenOne) {
  fillCart(1);
  const Saga first = withSession();
  const auto again = service->createPaymentSession(shop, first.id);
  EXPECT_EQ(again->payment.sessionId, first.payment.sessionId);
  EXPECT_EQ(gateway.count(GatewayOperation::CreateSession), 1);
}

TEST_F(Flow, ChangingShippingReplacesTheOpenSession) {
  fillCart(1);
  const Saga first = withSession();
  const auto second = service->selectShipping(shop, first.id, "post", "express");
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(second->status, SagaStatus::PaymentPending);
  EXPECT_NE(second->payment.sessionId, first.payment.sessionId);
  EXPECT_EQ(second->totals.shipping.amount, 1490);
  EXPECT_EQ(order(*second)->totals.total, second->totals.total);
  EXPECT_EQ(gateway.retrieveSession(tenants.tenant(), *first.payment.sessionId).value()->state,
            PaymentState::Expired);
  EXPECT_EQ(service->selectShipping(shop, first.id, "post", "teleport").error().code,
            ErrorCode::ShippingOptionInvalid);
}

TEST_F(Flow, ChangingShippingOfAPaidSessionSettlesItInstead) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  EXPECT_EQ(service->selectShipping(shop, saga.id, "post", "express").error().code, ErrorCode::InvalidState);
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
  EXPECT_EQ(mugs().sold, 1);
}

TEST_F(Flow, DirectPaymentCompletesAtOnce) {
  fillCart(0, 2);
  StartCheckout direct = request();
  direct.paymentMethodId = "pm_card_visa";
  const auto saga = service->start(direct);
  ASSERT_TRUE(saga.ok()) << saga.error().message;
  EXPECT_EQ(saga->status, SagaStatus::Completed);
  EXPECT_EQ(saga->payment.confirmedBy, ConfirmedBy::Confirm);
  EXPECT_EQ(service->start(direct).error().code, ErrorCode::CartEmpty) << "the cart was bought";
}

TEST_F(Flow, ADeclinedDirectPaymentStaysPayableByConfirmation) {
  fillCart(1);
  StartCheckout direct = request();
  direct.paymentMethodId = "pm_card_chargeDeclined";
  gateway.declineNextIntent();
  const auto declined = service->start(direct);
  ASSERT_EQ(declined.error().code, ErrorCode::PaymentDeclined);
  const SagaId id{declined.error().details["sagaId"].get<std::string>()};
  EXPECT_EQ(service->status(shop, id)->status, SagaStatus::PaymentPending);

  const ConfirmRequest confirm{declined.error().details["paymentIntentId"].get<std::string>(),
                               {{"payment_method", "pm_card_visa"}}};
  const auto confirmed = service->confirmIntent(shop, confirm);
  ASSERT_TRUE(confirmed.ok()) << confirmed.error().message;
  EXPECT_EQ(service->status(shop, id)->status, SagaStatus::Completed);
  EXPECT_TRUE(service->confirmIntent(shop, confirm).ok()) << "confirming again changes nothing";
  EXPECT_EQ(gateway.count(GatewayOperation::ConfirmIntent), 1);
}

TEST_F(Flow, ADeclinedDirectPaymentCanMoveToAPage) {
  fillCart(1);
  StartCheckout direct = request();
  direct.paymentMethodId = "pm_card_chargeDeclined";
  gateway.declineNextIntent();
  const SagaId id{service->start(direct).error().details["sagaId"].get<std::string>()};
  const auto page = service->createPaymentSession(shop, id);
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_TRUE(page->payment.sessionId.has_value());
  EXPECT_EQ(gateway.count(GatewayOperation::CancelIntent), 1) << "only one payable object at a time";
}

TEST_F(Flow, ForeignAndUnknownIdsAreAnsweredAlike) {
  fillCart(1);
  const Saga saga = started();
  const auto unknown = service->status(shop, SagaId{"saga_0"});
  EXPECT_EQ(unknown.error().code, ErrorCode::CheckoutNotFound);
  EXPECT_EQ(service->status(TenantId{"else"}, saga.id).error().code, ErrorCode::TenantNotFound);
  EXPECT_EQ(service->confirmIntent(shop, {"pi_unknown", Json::object()}).error().code,
            ErrorCode::CheckoutNotFound);
}

}  // namespace
}  // namespace checkout::saga
