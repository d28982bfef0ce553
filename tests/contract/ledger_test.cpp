#include <algorithm>

#include "contract/store_fixture.hpp"

namespace checkout::store {
namespace {

RefundEntry makeRefund(const std::string& id, std::int64_t millis = 0, const TenantId& tenantId = kShop) {
  return {tenantId, id, SagaId{"saga_1"}, "pi_1", {700, {"usd"}}, "succeeded", at(millis), at(millis)};
}
DisputeEntry makeDispute(const std::string& id, std::int64_t millis = 0, const TenantId& tenantId = kShop) {
  return {tenantId,         id,           SagaId{"saga_1"}, "pi_1",    {700, {"usd"}},
          "needs_response", "fraudulent", at(millis),       at(millis)};
}

class LedgerContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    addSaga(makeSaga("saga_1"));
    addSaga(makeSaga("saga_2"));
    addSaga(makeSaga("saga_1", kOtherShop));
  }
  bool put(const RefundEntry& entry) {
    return write([&](Transaction& tx) { return tx.ledger().putRefund(entry); });
  }
  bool put(const DisputeEntry& entry) {
    return write([&](Transaction& tx) { return tx.ledger().putDispute(entry); });
  }
  std::vector<RefundEntry> refunds(const std::string& saga = "saga_1", const TenantId& tenantId = kShop) {
    return read([&](Transaction& tx) { return tx.ledger().refundsOf(tenantId, SagaId{saga}); });
  }
  std::vector<DisputeEntry> disputes(const std::string& saga = "saga_1", const TenantId& tenantId = kShop) {
    return read([&](Transaction& tx) { return tx.ledger().disputesOf(tenantId, SagaId{saga}); });
  }
  std::optional<TimePoint> readUntil(const TenantId& tenantId) {
    return read([&](Transaction& tx) { return tx.ledger().eventsReadUntil(tenantId); });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, LedgerContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(LedgerContract, ARefundIsFoundAsItWasPut) {
  RefundEntry entry = makeRefund("re_1", 5);
  entry.amount = {9'000'000'000'000, {"jpy"}};
  entry.status = "pending";
  entry.updatedAt = at(7);
  EXPECT_TRUE(put(entry));
  reopen();
  ASSERT_EQ(refunds().size(), 1u);
  const RefundEntry found = refunds()[0];
  EXPECT_EQ(found.tenantId, kShop);
  EXPECT_EQ(found.refundId, "re_1");
  EXPECT_EQ(found.sagaId, SagaId{"saga_1"});
  EXPECT_EQ(found.paymentIntentId, "pi_1");
  EXPECT_EQ(found.amount, entry.amount);
  EXPECT_EQ(found.status, "pending");
  EXPECT_EQ(found.createdAt, at(5));
  EXPECT_EQ(found.updatedAt, at(7));
}

TEST_P(LedgerContract, ADisputeIsFoundAsItWasPut) {
  DisputeEntry entry = makeDispute("du_1", 5);
  entry.status = "warning_under_review";
  entry.reason = "product_not_received";
  EXPECT_TRUE(put(entry));
  reopen();
  ASSERT_EQ(disputes().size(), 1u);
  const DisputeEntry found = disputes()[0];
  EXPECT_EQ(found.tenantId, kShop);
  EXPECT_EQ(found.disputeId, "du_1");
  EXPECT_EQ(found.sagaId, SagaId{"saga_1"});
  EXPECT_EQ(found.paymentIntentId, "pi_1");
  EXPECT_EQ(found.amount, (Money{700, {"usd"}}));
  EXPECT_EQ(found.status, "warning_under_review");
  EXPECT_EQ(found.reason, "product_not_received");
  EXPECT_EQ(found.createdAt, at(5));
}

TEST_P(LedgerContract, PuttingTheSameAgainIsNoNews) {
  EXPECT_TRUE(put(makeRefund("re_1", 1)));
  EXPECT_FALSE(put(makeRefund("re_1", 2)));
  EXPECT_EQ(refunds()[0].updatedAt, at(1));
  EXPECT_TRUE(put(makeDispute("du_1", 1)));
  EXPECT_FALSE(put(makeDispute("du_1", 2)));
  EXPECT_EQ(disputes()[0].updatedAt, at(1));
}

TEST_P(LedgerContract, AnotherStatusOrAmountIsNewsOfTheSameEntry) {
  put(makeRefund("re_1", 1));
  RefundEntry refund = makeRefund("re_1", 2);
  refund.status = "failed";
  EXPECT_TRUE(put(refund));
  EXPECT_EQ(refunds()[0].status, "failed");
  refund.amount.amount = 600;
  EXPECT_TRUE(put(refund));
  EXPECT_FALSE(put(refund));
  ASSERT_EQ(refunds().size(), 1u);
  EXPECT_EQ(refunds()[0].amount.amount, 600);
  EXPECT_EQ(refunds()[0].createdAt, at(1));
  EXPECT_EQ(refunds()[0].updatedAt, at(2));

  put(makeDispute("du_1", 1));
  DisputeEntry dispute = makeDispute("du_1", 2);
  dispute.status = "lost";
  EXPECT_TRUE(put(dispute));
  dispute.amount.amount = 600;
  EXPECT_TRUE(put(dispute));
  EXPECT_FALSE(put(dispute));
  ASSERT_EQ(disputes().size(), 1u);
  EXPECT_EQ(disputes()[0].status, "lost");
  EXPECT_EQ(disputes()[0].amount.amount, 600);
  EXPECT_EQ(disputes()[0].createdAt, at(1));
}

TEST_P(LedgerContract, EntriesOfASagaComeOldestFirst) {
  for (const auto& [id, millis] :
       std::vector<std::pair<std::string, int>>{{"c", 3}, {"a", 2}, {"b", 2}, {"d", 1}}) {
    put(makeRefund("re_" + id, millis));
    put(makeDispute("du_" + id, millis));
  }
  RefundEntry other = makeRefund("re_x");
  other.sagaId = SagaId{"saga_2"};
  put(other);
  std::vector<std::string> ids;
  for (const RefundEntry& entry : refunds()) ids.push_back(entry.refundId);
  EXPECT_EQ(ids, (std::vector<std::string>{"re_d", "re_a", "re_b", "re_c"}));
  ids.clear();
  for (const DisputeEntry& entry : disputes()) ids.push_back(entry.disputeId);
  EXPECT_EQ(ids, (std::vector<std::string>{"du_d", "du_a", "du_b", "du_c"}));
  EXPECT_EQ(refunds("saga_2").size(), 1u);
  EXPECT_TRUE(refunds("saga_9").empty());
}

TEST_P(LedgerContract, TheSameIdIsAnotherEntryInAnotherTenant) {
  EXPECT_TRUE(put(makeRefund("re_1")));
  EXPECT_TRUE(put(makeDispute("du_1")));
  EXPECT_TRUE(refunds("saga_1", kOtherShop).empty());
  EXPECT_TRUE(disputes("saga_1", kOtherShop).empty());
  RefundEntry refund = makeRefund("re_1", 0, kOtherShop);
  refund.status = "failed";
  EXPECT_TRUE(put(refund));
  EXPECT_TRUE(put(makeDispute("du_1", 0, kOtherShop)));
  EXPECT_EQ(refunds()[0].status, "succeeded");
}

TEST_P(LedgerContract, AnEntryBelongsToASagaAndHasNoNegativeAmount) {
  RefundEntry refund = makeRefund("re_1");
  refund.sagaId = SagaId{"unknown"};
  EXPECT_EQ(writeCode([&](Transaction& tx) -> Result<void> {
              CHECKOUT_TRY(tx.ledger().putRefund(refund));
              return {};
            }),
            "INTERNAL_ERROR");
  DisputeEntry dispute = makeDispute("du_1");
  dispute.amount.amount = -1;
  EXPECT_EQ(writeCode([&](Transaction& tx) -> Result<void> {
              CHECKOUT_TRY(tx.ledger().putDispute(dispute));
              return {};
            }),
            "INTERNAL_ERROR");
  EXPECT_TRUE(refunds().empty());
  EXPECT_TRUE(disputes().empty());
}

TEST_P(LedgerContract, EachTenantKnowsHowFarItsEventsWereRead) {
  EXPECT_FALSE(readUntil(kShop));
  write([](Transaction& tx) { return tx.ledger().setEventsReadUntil(kShop, at(5)); });
  EXPECT_EQ(readUntil(kShop), at(5));
  EXPECT_FALSE(readUntil(kOtherShop));
  write([](Transaction& tx) { return tx.ledger().setEventsReadUntil(kShop, at(9)); });
  reopen();
  EXPECT_EQ(readUntil(kShop), at(9));
}

TEST_P(LedgerContract, EachTenantKnowsTheAccountOfItsPayments) {
  const auto account = [&](const TenantId& tenant) {
    return read([&](Transaction& tx) { return tx.ledger().paymentAccount(tenant); });
  };
  EXPECT_FALSE(account(kShop));
  write([](Transaction& tx) { return tx.ledger().setPaymentAccount(kShop, "acct_1"); });
  write([](Transaction& tx) { return tx.ledger().setPaymentAccount(kShop, "acct_2"); });
  reopen();
  EXPECT_EQ(account(kShop), "acct_2");
  EXPECT_FALSE(account(kOtherShop));
}

// For operators: which tenants there are, and what is not at rest.
class UnsettledContract : public StoreContract {
 protected:
  void add(const std::string& id, SagaStatus status, std::int64_t changed, const TenantId& tenantId = kShop) {
    Saga saga = makeSaga(id, tenantId, kAda, CartId{"cart_" + id});
    saga.status = status;
    saga.updatedAt = at(changed);
    addSaga(saga);
  }
  void setTimer(const std::string& id, TimerKind kind, const TenantId& tenantId = kShop) {
    write([&](Transaction& tx) { return tx.timers().set({tenantId, SagaId{id}, kind, at(0)}); });
  }
  std::vector<std::string> unsettled(const TenantId& tenantId = kShop, int limit = 100) {
    std::vector<std::string> ids;
    for (const Saga& saga :
         read([&](Transaction& tx) { return tx.sagas().unsettled(tenantId, limit); }).sagas)
      ids.push_back(saga.id.value);
    return ids;
  }
  std::vector<std::string> tenants() {
    std::vector<std::string> ids;
    for (const TenantId& id : read([](Transaction& tx) { return tx.sagas().tenants(); }))
      ids.push_back(id.value);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  using Ids = std::vector<std::string>;
};
INSTANTIATE_TEST_SUITE_P(Engines, UnsettledContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(UnsettledContract, EveryTenantWithASagaIsNamedOnce) {
  EXPECT_EQ(tenants(), Ids{});
  add("a", SagaStatus::Completed, 1);
  add("b", SagaStatus::Pending, 1);
  add("a", SagaStatus::Failed, 1, kOtherShop);
  add("a", SagaStatus::Failed, 1, TenantId{"Ünïcode"});
  EXPECT_EQ(tenants(), (Ids{"other_shop", "shop", "Ünïcode"}));
}

TEST_P(UnsettledContract, WhatHasATimerComesOldestChangeFirst) {
  add("late", SagaStatus::PaymentPending, 4);
  add("first", SagaStatus::Compensating, 1);
  add("second", SagaStatus::Completed, 2);
  add("third", SagaStatus::InProgress, 3);
  add("done", SagaStatus::Completed, 0);
  add("failed", SagaStatus::Failed, 0);
  setTimer("late", TimerKind::PaymentCheck);
  for (const char* id : {"first", "second", "third"}) setTimer(id, TimerKind::Resume);
  EXPECT_EQ(unsettled(), (Ids{"first", "second", "third", "late"}));
  EXPECT_EQ(unsettled(kShop, 2), (Ids{"first", "second"}));
  EXPECT_EQ(unsettled(kOtherShop), Ids{});
}

TEST_P(UnsettledContract, ASagaWithTwoTimersIsNamedOnceAndUntilTheLastIsCleared) {
  add("twice", SagaStatus::Completed, 1);
  setTimer("twice", TimerKind::Resume);
  setTimer("twice", TimerKind::PaymentCheck);
  EXPECT_EQ(unsettled(), Ids{"twice"});
  write([](Transaction& tx) { return tx.timers().clear(kShop, SagaId{"twice"}, TimerKind::Resume); });
  EXPECT_EQ(unsettled(), Ids{"twice"});
  write([](Transaction& tx) { return tx.timers().clear(kShop, SagaId{"twice"}, TimerKind::PaymentCheck); });
  EXPECT_EQ(unsettled(), Ids{});
}

TEST_P(UnsettledContract, AnotherTenantsTimerMakesNoSagaUnsettled) {
  add("same", SagaStatus::Completed, 1);
  add("same", SagaStatus::Completed, 1, kOtherShop);
  setTimer("same", TimerKind::Resume, kOtherShop);
  EXPECT_EQ(unsettled(), Ids{});
  EXPECT_EQ(unsettled(kOtherShop), Ids{"same"});
}

}  // namespace
}  // namespace checkout::store
