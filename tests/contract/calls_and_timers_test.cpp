#include "contract/store_fixture.hpp"

namespace checkout::store {
namespace {

class CallContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    addSaga(makeSaga("saga_1"));
    addSaga(makeSaga("saga_1", kOtherShop));
  }
  static CallRecord call(const std::string& key, const std::string& digest = "digest") {
    CallRecord record;
    record.tenantId = kShop;
    record.sagaId = SagaId{"saga_1"};
    record.attempt = 2;
    record.call = {GatewayOperation::CreateSession, "/v1/checkout/sessions", "a=1&b=%00", digest, key};
    record.createdAt = record.updatedAt = at(0);
    return record;
  }
  std::string begin(const CallRecord& record) {
    return writeCode([&](Transaction& tx) { return tx.calls().begin(record); });
  }
  std::string finish(const std::string& key, CallRecord::State state, const std::string& result,
                     const TenantId& tenantId = kShop) {
    return writeCode([&](Transaction& tx) { return tx.calls().finish(tenantId, key, state, result, at(9)); });
  }
  std::optional<CallRecord> find(const std::string& key, const TenantId& tenantId = kShop) {
    return read([&](Transaction& tx) { return tx.calls().find(tenantId, key); });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, CallContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(CallContract, ABegunCallIsFoundAsItWasPlanned) {
  EXPECT_FALSE(find("key"));
  EXPECT_EQ(begin(call("key")), "OK");
  const auto found = find("key");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tenantId, kShop);
  EXPECT_EQ(found->sagaId.value, "saga_1");
  EXPECT_EQ(found->step, StepName::ProcessPayment);
  EXPECT_EQ(found->attempt, 2);
  EXPECT_EQ(found->call.operation, GatewayOperation::CreateSession);
  EXPECT_EQ(found->call.path, "/v1/checkout/sessions");
  EXPECT_EQ(found->call.body, "a=1&b=%00");
  EXPECT_EQ(found->call.bodyDigest, "digest");
  EXPECT_EQ(found->call.idempotencyKey, "key");
  EXPECT_EQ(found->state, CallRecord::State::Started);
  EXPECT_EQ(found->createdAt, at(0));
}

TEST_P(CallContract, AKeyStandsForOneBody) {
  EXPECT_EQ(begin(call("key")), "OK");
  EXPECT_EQ(finish("key", CallRecord::State::Unknown, "timeout"), "OK");
  EXPECT_EQ(begin(call("key")), "OK");
  EXPECT_EQ(find("key")->state, CallRecord::State::Unknown) << "beginning again must not forget the outcome";
  EXPECT_EQ(begin(call("key", "another")), "IDEMPOTENCY_CONFLICT");
  EXPECT_EQ(find("key")->call.bodyDigest, "digest");
}

TEST_P(CallContract, AnOutcomeMayBecomeKnownLaterButASuccessStays) {
  EXPECT_EQ(begin(call("key")), "OK");
  EXPECT_EQ(finish("key", CallRecord::State::Unknown, "timeout"), "OK");
  EXPECT_EQ(finish("key", CallRecord::State::Succeeded, "cs_1"), "OK");
  EXPECT_EQ(finish("key", CallRecord::State::Succeeded, "cs_1"), "OK");
  EXPECT_EQ(finish("key", CallRecord::State::Unknown, "timeout"), "INVALID_STATE");
  EXPECT_EQ(find("key")->state, CallRecord::State::Succeeded);
  EXPECT_EQ(find("key")->result, "cs_1");
  EXPECT_EQ(find("key")->updatedAt, at(9));
  EXPECT_EQ(finish("nothing", CallRecord::State::Failed, "x"), "INTERNAL_ERROR");
}

TEST_P(CallContract, TheCallsOfASagaComeOldestFirst) {
  for (const char* key : {"z", "a", "m"}) EXPECT_EQ(begin(call(key)), "OK");
  const auto calls = read([](Transaction& tx) { return tx.calls().ofSaga(kShop, SagaId{"saga_1"}); });
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].call.idempotencyKey, "z");
  EXPECT_EQ(calls[1].call.idempotencyKey, "a");
  EXPECT_EQ(calls[2].call.idempotencyKey, "m");
  EXPECT_TRUE(read([](Transaction& tx) { return tx.calls().ofSaga(kShop, SagaId{"saga_2"}); }).empty());
}

TEST_P(CallContract, AnotherTenantHasItsOwnKeys) {
  EXPECT_EQ(begin(call("key")), "OK");
  EXPECT_FALSE(find("key", kOtherShop));
  EXPECT_EQ(finish("key", CallRecord::State::Failed, "x", kOtherShop), "INTERNAL_ERROR");
  EXPECT_EQ(find("key")->state, CallRecord::State::Started);
  EXPECT_TRUE(read([](Transaction& tx) { return tx.calls().ofSaga(kOtherShop, SagaId{"saga_1"}); }).empty());
  CallRecord other = call("key", "another");
  other.tenantId = kOtherShop;
  EXPECT_EQ(begin(other), "OK");
}

class TimerContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    for (const char* id : {"saga_1", "saga_2"}) addSaga(makeSaga(id));
    addSaga(makeSaga("saga_1", kOtherShop));
  }
  void set(const std::string& saga, TimerKind kind, std::int64_t due, const TenantId& tenantId = kShop) {
    write([&](Transaction& tx) { return tx.timers().set({tenantId, SagaId{saga}, kind, at(due)}); });
  }
  void clear(const std::string& saga, TimerKind kind, const TenantId& tenantId = kShop) {
    write([&](Transaction& tx) { return tx.timers().clear(tenantId, SagaId{saga}, kind); });
  }
  // "tenant/saga kind", earliest first
  std::vector<std::string> due(std::int64_t now, int limit = 100) {
    std::vector<std::string> names;
    for (const Timer& timer : read([&](Transaction& tx) { return tx.timers().due(at(now), limit); }))
      names.push_back(timer.tenantId.value + "/" + timer.sagaId.value + " " +
                      std::string(toString(timer.kind)));
    return names;
  }
  std::optional<TimePoint> next() {
    return read([](Transaction& tx) { return tx.timers().next(); });
  }
  using Names = std::vector<std::string>;
};
INSTANTIATE_TEST_SUITE_P(Engines, TimerContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(TimerContract, DueTimersOfEveryTenantComeEarliestFirst) {
  EXPECT_FALSE(next());
  set("saga_1", TimerKind::Resume, 30);
  set("saga_2", TimerKind::PaymentCheck, 10);
  set("saga_1", TimerKind::PaymentCheck, 20, kOtherShop);
  EXPECT_EQ(due(9), Names{});
  EXPECT_EQ(due(20), (Names{"shop/saga_2 payment_check", "other_shop/saga_1 payment_check"}));
  EXPECT_EQ(due(99, 1), Names{"shop/saga_2 payment_check"});
  EXPECT_EQ(due(99).size(), 3u);
  EXPECT_EQ(next(), at(10));
}

TEST_P(TimerContract, SettingATimerAgainReplacesIt) {
  set("saga_1", TimerKind::Resume, 10);
  set("saga_1", TimerKind::PaymentCheck, 15);
  set("saga_1", TimerKind::Resume, 40);
  EXPECT_EQ(due(20), Names{"shop/saga_1 payment_check"});
  EXPECT_EQ(due(40).size(), 2u);
}

TEST_P(TimerContract, AClearedTimerIsGoneAndNoOtherOne) {
  set("saga_1", TimerKind::Resume, 10);
  set("saga_1", TimerKind::PaymentCheck, 11);
  set("saga_1", TimerKind::Resume, 12, kOtherShop);
  clear("saga_2", TimerKind::Resume);
  clear("saga_1", TimerKind::Resume);
  clear("saga_1", TimerKind::Resume);
  EXPECT_EQ(due(99), (Names{"shop/saga_1 payment_check", "other_shop/saga_1 resume"}));
  EXPECT_EQ(next(), at(11));
}

TEST(TimerNames, AreReadBackAsTheyAreWritten) {
  for (const TimerKind kind : {TimerKind::PaymentCheck, TimerKind::Resume})
    EXPECT_EQ(timerKindFromString(toString(kind)), kind);
  EXPECT_FALSE(timerKindFromString("alarm"));
}

TEST(CallStateNames, AreReadBackAsTheyAreWritten) {
  using State = CallRecord::State;
  for (const State state : {State::Started, State::Succeeded, State::Failed, State::Unknown})
    EXPECT_EQ(callStateFromString(toString(state)), state);
  EXPECT_FALSE(callStateFromString("lost"));
}

}  // namespace
}  // namespace checkout::store
