#include <gtest/gtest.h>

#include <checkout/order.hpp>
#include <checkout/saga.hpp>

namespace checkout {
namespace {

Saga fullSaga() {
  const Currency usd{"usd"};
  Saga saga;
  saga.tenantId = TenantId{"shop"};
  saga.id = SagaId{"saga_1"};
  saga.userId = UserId{"u"};
  saga.cartId = CartId{"c"};
  saga.status = SagaStatus::Compensating;
  saga.currentStep = StepName::ProcessPayment;
  saga.completedSteps = {StepName::ValidateCart, StepName::ReserveInventory};
  saga.attempt = 2;
  saga.version = 7;
  saga.email = "a@example.com";
  saga.customerName = "Ann";
  saga.shippingAddress = Address{"Ann", "Street 1", "", "Berlin", "", "10115", "DE", ""};
  saga.paymentMethodId = "pm_1";
  saga.cart = {{{ProductId{"mug"},
                 "Mug",
                 "A mug",
                 "https://x/y.png",
                 ProductKind::Physical,
                 400,
                 2,
                 {1500, usd},
                 {3000, usd}}},
               "v1",
               "digest"};
  saga.totals = {{3000, usd}, {490, usd}, {0, usd}, {0, usd}, {3490, usd}};
  saga.shipping = ShippingSelection{"post", "Post", "parcel", "Parcel", {490, usd}, 2, 4};
  saga.shippingChosen = true;
  saga.payment.attempt = 3;
  saga.payment.state = PaymentState::Declined;
  saga.payment.sessionId = "cs_1";
  saga.payment.paymentIntentId = "pi_1";
  saga.payment.url = "https://pay";
  saga.payment.expiresAt = fromUnixMillis(1'790'000'000'123);
  saga.payment.choices = {true, true, {*saga.shipping}};
  saga.payment.page = PageTotals{saga.totals, 1};
  saga.payment.asked = saga.totals;
  saga.payment.amountPaid = Money{3490, usd};
  saga.payment.confirmedBy = ConfirmedBy::Poll;
  saga.payment.lastError =
      Error(ErrorCode::PaymentDeclined, "declined", {{"declineCode", "generic_decline"}});
  saga.call = PendingCall{
      GatewayOperation::CreateSession, "key", saga.createdAt, 2, false, std::nullopt, saga.updatedAt, 1};
  saga.payment.requestId = "req_1";
  saga.orderId = OrderId{"order_1"};
  saga.error = Error(ErrorCode::SagaTimeout, "late");
  saga.compensation.steps = {StepName::CreateOrder};
  saga.compensation.refundId = "re_1";
  saga.compensation.reason = "why";
  saga.compensation.cancelled = true;
  saga.compensation.failure = Error(ErrorCode::PaymentServiceError, "refused");
  saga.replacing = Replacement{std::nullopt, "pm_1"};
  saga.retryAt = saga.movedAt = fromUnixMillis(1'790'000'000'002);
  saga.attention = "a dispute";
  saga.attentionAbout = "dp_1 lost";
  saga.attentionSettled = {"re_1"};
  saga.isUnagreed = true;
  saga.payment.cartDigest = "digest";
  saga.payment.reversalsUnread = true;
  saga.refundMade = RefundMade{"re_2", "why"};
  saga.unknownPayments = {{"cs_0", true}};
  saga.foreignPayments = {"pi_9"};
  saga.settledBecause = "by hand";
  saga.payment.settledElsewhere = Money{3, Currency{"usd"}};
  saga.strayPayments = {{"pi_3", Money{7, Currency{"usd"}}}};
  saga.refundsOwed = {
      {"pi_2", Money{5, Currency{"usd"}}, "why", "operator:ann", true, 2, saga.retryAt, saga.createdAt}};
  saga.createdAt = fromUnixMillis(1'790'000'000'000);
  saga.updatedAt = fromUnixMillis(1'790'000'000'001);
  return saga;
}

TEST(SagaDocument, KeepsEveryMember) {
  const Json document = sagaToDocument(fullSaga());
  const auto read = sagaFromDocument(Json::parse(document.dump()));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(sagaToDocument(*read), document);
  EXPECT_EQ(read->payment.lastError->details["declineCode"], "generic_decline");
  EXPECT_EQ(read->shippingAddress, fullSaga().shippingAddress);
  EXPECT_EQ(read->call->lastSentAt, fullSaga().call->lastSentAt);
  EXPECT_EQ(read->foreignPayments, fullSaga().foreignPayments);
  EXPECT_TRUE(read->isUnagreed && read->payment.reversalsUnread && read->refundMade);
}

TEST(SagaDocument, ToleratesUnknownMembersOfANewerRelease) {
  Json document = sagaToDocument(fullSaga());
  document["invented"] = {{"later", true}};
  EXPECT_TRUE(sagaFromDocument(document).ok());
}

TEST(SagaDocument, EveryMissingRequiredMemberIsReportedAndNeverDefaulted) {
  const Json document = sagaToDocument(fullSaga());
  for (const char* member : {"tenantId", "sagaId", "status", "completedSteps", "version", "cart", "totals",
                             "payment", "createdAt"}) {
    Json broken = document;
    broken.erase(member);
    const auto read = sagaFromDocument(broken);
    ASSERT_FALSE(read.ok()) << member;
    EXPECT_NE(read.error().message.find(member), std::string::npos) << read.error().message;
  }
}

TEST(SagaDocument, RefusesUnknownNamesAndWrongTypes) {
  Json document = sagaToDocument(fullSaga());
  document["status"] = "sleeping";
  EXPECT_FALSE(sagaFromDocument(document).ok());
  document = sagaToDocument(fullSaga());
  document["version"] = "7";
  EXPECT_FALSE(sagaFromDocument(document).ok());
}

TEST(OrderDocument, KeepsEveryMember) {
  const Currency usd{"usd"};
  const Saga saga = fullSaga();
  const Order order{saga.tenantId,
                    OrderId{"order_1"},
                    saga.id,
                    saga.userId,
                    OrderStatus::Refunded,
                    saga.cart.items,
                    saga.totals,
                    saga.shipping,
                    saga.shippingAddress,
                    saga.email,
                    saga.customerName,
                    "pi_1",
                    {{"re_1", {100, usd}, saga.createdAt}},
                    saga.createdAt,
                    saga.updatedAt};
  const Json document = orderToDocument(order);
  const auto read = orderFromDocument(Json::parse(document.dump()));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(orderToDocument(*read), document);
}

}  // namespace
}  // namespace checkout
