// Cards that are saved for a user: whose they are is known before anything is charged, and each user of a
// shop has one customer at the provider.
#include <gmock/gmock.h>

#include "saga/payer.hpp"
#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

using testing::HasSubstr;
using testing::Not;

class SavedCards : public CheckoutTest {
 protected:
  SavedCards() {
    tenants.tenant().stripe.savedPaymentMethods = true;
    fillCart(1);
    Saga saga;
    saga.tenantId = shop;
    saga.userId = UserId{"ann"};
    annsDigest = userDigest(saga);
  }
  void saveForAnn(const std::string& method = "pm_saved") {
    gateway.addCustomer("cus_ann", shop, annsDigest);
    gateway.saveMethod(method, "cus_ann");
  }
  Result<Saga> payWith(const std::string& method) {
    StartCheckout start = request();
    start.paymentMethodId = method;
    return service->start(start);
  }
  Result<Saga> payAgain(const std::string& method) {
    const Saga saga = onlySaga();
    return service->pay(shop, saga.id, {method, saga.totals.total, std::nullopt});
  }
  Saga onlySaga() { return service->list(shop, {UserId{"ann"}, std::nullopt, 100, ""})->sagas.at(0); }
  std::optional<CustomerRecord> customer() {
    return *readFor<std::optional<CustomerRecord>>(
        *db, [&](Transaction& tx) { return tx.customers().find(shop, UserId{"ann"}); });
  }
  Json bodyOf(GatewayOperation operation) {
    for (const auto& sent : gateway.sent())
      if (sent.operation == operation) return Json::parse(sent.body);
    return nullptr;
  }
  void expectRefusal(const Result<Saga>& answer, const std::string& words) {
    ASSERT_FALSE(answer.ok());
    const Error& error = answer.error();
    EXPECT_EQ(error.code, ErrorCode::ValidationFailed);
    EXPECT_THAT(error.message, HasSubstr(words));
    EXPECT_THAT(error.message, HasSubstr("paymentMethodId"));
    EXPECT_THAT(error.message + error.details.dump(), Not(HasSubstr("cus_")));
    ASSERT_TRUE(error.nextAction.has_value());
    EXPECT_EQ(error.nextAction->type, NextActionType::Retry);
    const Saga saga = onlySaga();
    EXPECT_EQ(saga.status, SagaStatus::PaymentPending) << "it goes on";
    EXPECT_EQ(saga.payment.state, PaymentState::Declined);
    EXPECT_TRUE(gateway.payments().empty());
    EXPECT_EQ(mugs().reserved, 1);
  }
  PayerOutcome fails(bool temporarily, bool unsent = false) {
    return {{}, Error(ErrorCode::PaymentServiceError, "no answer"), temporarily, unsent};
  }
  void passTime(Milliseconds time) {
    clock.advance(time);
    ASSERT_TRUE(service->runDueTimers().ok());
  }

  std::string annsDigest;
};

TEST_F(SavedCards, AreChargedToTheirCustomer) {
  saveForAnn();
  const auto paid = payWith("pm_saved");
  ASSERT_TRUE(paid.ok()) << paid.error().message;
  EXPECT_EQ(paid->status, SagaStatus::Completed);
  EXPECT_EQ(bodyOf(GatewayOperation::CreateIntent)["customer"], "cus_ann");
  ASSERT_TRUE(customer().has_value()) << "found by its metadata";
  EXPECT_EQ(customer()->customerId, "cus_ann");
}

TEST_F(SavedCards, FreshOnesAreChargedAsEver) {
  const auto paid = payWith("pm_fresh");
  ASSERT_TRUE(paid.ok()) << paid.error().message;
  EXPECT_EQ(bodyOf(GatewayOperation::CreateIntent)["customer"], "");
  EXPECT_TRUE(gateway.customers().empty()) << "nobody is made for it";
}

TEST_F(SavedCards, OfAnotherUserAreRefusedBeforeAnythingIsCharged) {
  gateway.addCustomer("cus_bob", shop, "digest of bob");
  gateway.saveMethod("pm_bobs", "cus_bob");
  expectRefusal(payWith("pm_bobs"), "not of the user of this checkout");
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 0);
}

TEST_F(SavedCards, OfAnotherShopOrOfNobodyWeKnowAreRefused) {
  gateway.addCustomer("cus_elsewhere", TenantId{"other"}, annsDigest);
  gateway.saveMethod("pm_elsewhere", "cus_elsewhere");
  expectRefusal(payWith("pm_elsewhere"), "not of the user of this checkout");
  gateway.saveMethod("pm_merchants", "cus_made_by_the_merchant");
  const auto second = payAgain("pm_merchants");
  expectRefusal(second, "not of the user of this checkout");
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 0);
}

TEST_F(SavedCards, AreRefusedWhereTheShopKeepsNone) {
  tenants.tenant().stripe.savedPaymentMethods = false;
  saveForAnn();
  expectRefusal(payWith("pm_saved"), "keeps no saved cards");
  EXPECT_EQ(gateway.payerQuestions(), 0);
}

TEST_F(SavedCards, OneThatDoesNotExistIsRefusedAndAnotherOnePays) {
  gateway.unknowMethod("pm_mistyped");
  expectRefusal(payWith("pm_mistyped"), "knows no payment method");
  saveForAnn();
  EXPECT_EQ(payAgain("pm_saved")->status, SagaStatus::Completed);
}

TEST_F(SavedCards, UsedOnesAreRefusedAndAnotherOnePays) {
  gateway.saveMethod("pm_used", "");
  expectRefusal(payWith("pm_used"), "can't be used again");
  EXPECT_EQ(onlySaga().attempt, 1);
  const auto paid = payAgain("pm_fresh");
  ASSERT_TRUE(paid.ok()) << paid.error().message;
  EXPECT_EQ(paid->status, SagaStatus::Completed);
  EXPECT_EQ(gateway.payments().size(), 1u);
}

TEST_F(SavedCards, AMethodThatIsUsedAfterALostAnswerIsLookedUpFirst) {
  gateway.loseNext(test::FakeGateway::Loss::BeforeEffect);
  const auto lost = payWith("pm_once");
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, ErrorCode::PaymentOutcomeUnknown);
  gateway.saveMethod("pm_once", "");  // as it would be if the lost call had charged it
  passTime(Milliseconds{10'000});
  EXPECT_TRUE(onlySaga().call.has_value()) << "not taken for a refusal";
  for (int i = 0; i < 20; ++i) passTime(Milliseconds{61'000});
  EXPECT_EQ(onlySaga().status, SagaStatus::PaymentPending);
  EXPECT_EQ(onlySaga().payment.state, PaymentState::Declined);
  EXPECT_TRUE(gateway.payments().empty());
}

TEST_F(SavedCards, AfterARefusalAPageCanBeOpened) {
  gateway.saveMethod("pm_used", "");
  ASSERT_FALSE(payWith("pm_used").ok());
  const auto opened = service->createPaymentSession(shop, onlySaga().id);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  ASSERT_TRUE(opened->payment.url.has_value());
  gateway.paySession(*opened->payment.sessionId);
  EXPECT_EQ(poll(opened->id).status, SagaStatus::Completed);
}

TEST_F(SavedCards, AfterARefusalItCanBeCancelledAndRunsOut) {
  gateway.saveMethod("pm_used", "");
  ASSERT_FALSE(payWith("pm_used").ok());
  const auto cancelled = service->cancel(shop, onlySaga().id, "no");
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().message;
  EXPECT_EQ(cancelled->status, SagaStatus::Compensated);
  EXPECT_EQ(mugs().reserved, 0);

  ASSERT_FALSE(payWith("pm_used").ok());
  for (int i = 0; i < 100; ++i) passTime(Milliseconds{31'000});
  for (const Saga& saga : service->list(shop, {UserId{"ann"}, std::nullopt, 100, ""})->sagas)
    EXPECT_TRUE(isTerminal(saga.status)) << toString(saga.status);
  EXPECT_EQ(mugs().reserved, 0);
}

TEST_F(SavedCards, DetachedBetweenTheLookUpAndTheChargeIsARefusal) {
  saveForAnn();
  gateway.beforeNextExecute([this] { gateway.saveMethod("pm_saved", ""); });
  expectRefusal(payWith("pm_saved"), "can't be used again");
}

TEST_F(SavedCards, NothingIsChargedWhileItIsNotKnownWhoseTheyAre) {
  saveForAnn();
  gateway.failPayers({fails(true), fails(true, true)});
  const auto answer = payWith("pm_saved");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().nextAction->type, NextActionType::Wait);
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 0);
  EXPECT_EQ(onlySaga().status, SagaStatus::InProgress);
  passTime(Milliseconds{2'000});
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 0);
  passTime(Milliseconds{10'000});
  EXPECT_EQ(onlySaga().status, SagaStatus::Completed) << "it is tried again by itself";
  EXPECT_EQ(gateway.payments().size(), 1u);
}

TEST_F(SavedCards, ALookUpThatIsRefusedEndsTheCheckoutUncharged) {
  saveForAnn();
  Error forbidden(ErrorCode::PaymentServiceError, "lacks a permission", {{kMerchantMustAct, true}});
  gateway.failPayers({PayerOutcome{{}, forbidden, false, false}});
  const auto answer = payWith("pm_saved");
  ASSERT_FALSE(answer.ok());
  EXPECT_TRUE(merchantMustAct(answer.error()));
  EXPECT_TRUE(isTerminal(onlySaga().status));
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 0);
  EXPECT_EQ(mugs().reserved, 0);
}

TEST_F(SavedCards, ACancelBetweenTwoTriesEndsThem) {
  saveForAnn();
  gateway.failPayers({fails(true)});
  ASSERT_FALSE(payWith("pm_saved").ok());
  ASSERT_TRUE(service->cancel(shop, onlySaga().id, "no").ok());
  passTime(Milliseconds{60'000});
  EXPECT_TRUE(isTerminal(onlySaga().status));
  EXPECT_EQ(gateway.count(GatewayOperation::CreateIntent), 0);
}

TEST_F(SavedCards, APageNamesTheOneCustomerOfItsUser) {
  const Saga first = withSession();
  EXPECT_EQ(bodyOf(GatewayOperation::CreateSession)["customer"], "cus_1");
  ASSERT_TRUE(customer().has_value());
  EXPECT_EQ(customer()->customerId, "cus_1");
  EXPECT_EQ(first.payment.customerId, "cus_1");
  ASSERT_TRUE(service->cancel(shop, first.id, "no").ok());
  (void)withSession();
  EXPECT_EQ(gateway.customers().size(), 1u);
  EXPECT_EQ(gateway.payerQuestions(), 1) << "the second page knows it from the store";
}

TEST_F(SavedCards, WithTheSwitchOffAPageNamesNobody) {
  tenants.tenant().stripe.savedPaymentMethods = false;
  (void)withSession();
  EXPECT_EQ(bodyOf(GatewayOperation::CreateSession)["customer"], "");
  EXPECT_EQ(gateway.payerQuestions(), 0);
}

TEST_F(SavedCards, APageDoesNotWaitForItsCustomer) {
  gateway.failPayers({fails(true)}, true);
  const Saga first = withSession();
  EXPECT_EQ(first.status, SagaStatus::PaymentPending);
  EXPECT_EQ(bodyOf(GatewayOperation::CreateSession)["customer"], "");
  EXPECT_EQ(gateway.customers().size(), 1u) << "made, and the answer was lost";
  ASSERT_TRUE(service->cancel(shop, first.id, "no").ok());
  EXPECT_EQ(withSession().payment.customerId, "cus_1");
  EXPECT_EQ(gateway.customers().size(), 1u) << "found again";
}

TEST_F(SavedCards, WhatTheCustomerIsMarkedWithCountsMoreThanWhatTheStoreRemembers) {
  saveForAnn();
  ASSERT_EQ(payWith("pm_saved")->status, SagaStatus::Completed);
  gateway.addCustomer("cus_ann", shop, "bob's digest");
  fillCart(1);
  StartCheckout start = request();
  start.paymentMethodId = "pm_saved";
  const auto refused = service->start(start);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("not of the user"));
  EXPECT_EQ(gateway.payments().size(), 1u);
}

TEST_F(SavedCards, ACustomerWhoWasDeletedIsReplaced) {
  const Saga first = withSession();
  ASSERT_TRUE(service->cancel(shop, first.id, "no").ok());
  gateway.deleteCustomer("cus_1");
  const Saga second = started();
  ASSERT_FALSE(service->createPaymentSession(shop, second.id).ok());
  EXPECT_TRUE(customer()->isGone);
  passTime(Milliseconds{2'000});
  auto saga = service->status(shop, second.id);
  ASSERT_TRUE(saga.ok());
  EXPECT_EQ(saga->status, SagaStatus::PaymentPending);
  EXPECT_EQ(customer()->customerId, "cus_2");
  EXPECT_FALSE(customer()->isGone);
}

TEST_F(SavedCards, AUserIsMarkedByADigestOfTenantAndName) {
  Saga saga;
  saga.tenantId = shop;
  saga.userId = UserId{"ann"};
  const std::string ann = userDigest(saga);
  saga.tenantId = TenantId{"other"};
  EXPECT_NE(userDigest(saga), ann) << "the other shop's Ann is another customer";
  for (const std::string& odd : {std::string(600, 'a'), std::string("o'neill \\\" OR email:'x'")}) {
    saga.userId = UserId{odd};
    EXPECT_THAT(userDigest(saga), testing::MatchesRegex("[0-9a-f]{64}"));
  }
}

TEST_F(SavedCards, ASavedCardThatAConfirmationNamesIsForCheckoutPay) {
  saveForAnn();
  gateway.declineNextIntent();
  ASSERT_FALSE(payWith("pm_fresh").ok());
  const Saga declined = onlySaga();
  const auto confirmed =
      service->confirmIntent(shop, {*declined.payment.paymentIntentId, {{"payment_method", "pm_saved"}}});
  ASSERT_FALSE(confirmed.ok());
  EXPECT_THAT(confirmed.error().message, HasSubstr("is a saved one"));
  EXPECT_THAT(confirmed.error().message, Not(HasSubstr("not of the user")));
  EXPECT_THAT(confirmed.error().nextAction->message, HasSubstr("checkout_pay"));
  const auto paid = payAgain("pm_saved");
  ASSERT_TRUE(paid.ok()) << paid.error().message;
  EXPECT_EQ(gateway.payments().size(), 1u);
}

}  // namespace
}  // namespace checkout::saga
