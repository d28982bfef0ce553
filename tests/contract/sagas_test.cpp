#include <set>

#include "contract/store_fixture.hpp"
#include "store/event_chain.hpp"

namespace checkout::store {
namespace {

class SagaContract : public StoreContract {
 protected:
  std::optional<Saga> find(const Saga& saga) {
    return read([&](Transaction& tx) { return tx.sagas().find(saga.tenantId, saga.id); });
  }
  std::optional<Saga> findLive(const TenantId& tenantId = kShop, const CartId& cartId = kCart) {
    return read([&](Transaction& tx) { return tx.sagas().findLive(tenantId, cartId); });
  }
  std::vector<SagaEvent> events(const Saga& saga) {
    return read([&](Transaction& tx) { return tx.sagas().events(saga.tenantId, saga.id); });
  }
  // The transition of `saga` to its next version.
  std::string advance(Saga& saga, SagaStatus status, const Lease& lease) {
    Saga next = saga;
    next.status = status;
    ++next.version;
    const std::string end =
        writeCode([&](Transaction& tx) { return tx.sagas().update(next, makeEvent(next, "moved"), lease); });
    if (end == "OK") saga = next;
    return end;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, SagaContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(SagaContract, AnInsertedSagaIsFoundAsItWas) {
  const Saga saga = makeSaga("saga_1");
  EXPECT_FALSE(find(saga));
  addSaga(saga);
  ASSERT_TRUE(find(saga));
  EXPECT_EQ(sagaToDocument(*find(saga)), sagaToDocument(saga));
}

TEST_P(SagaContract, AnIdIsInsertedOnceAndStartsWithVersionOne) {
  Saga saga = makeSaga("saga_1");
  addSaga(saga);
  EXPECT_EQ(writeCode([&](Transaction& tx) { return tx.sagas().insert(saga, makeEvent(saga)); }),
            "INVALID_STATE");
  EXPECT_EQ(events(saga).size(), 1u);
  Saga second = makeSaga("saga_2");
  second.version = 2;
  EXPECT_EQ(writeCode([&](Transaction& tx) { return tx.sagas().insert(second, makeEvent(second)); }),
            "INTERNAL_ERROR");
  EXPECT_FALSE(find(second));
}

TEST_P(SagaContract, EachTransitionAddsOneLinkToTheChainOfEvents) {
  Saga saga = makeSaga("saga_1");
  addSaga(saga);
  const Lease held = lease(saga);
  EXPECT_EQ(advance(saga, SagaStatus::InProgress, held), "OK");
  EXPECT_EQ(advance(saga, SagaStatus::PaymentPending, held), "OK");
  EXPECT_EQ(find(saga)->status, SagaStatus::PaymentPending);
  EXPECT_EQ(find(saga)->version, 3);

  const auto history = events(saga);
  ASSERT_EQ(history.size(), 3u);
  std::string previous;
  for (std::size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ(history[i].sequence, static_cast<std::int64_t>(i + 1));
    EXPECT_EQ(history[i].previousHash, previous);
    EXPECT_EQ(history[i].hash, eventHash(kShop, saga.id, history[i]));
    EXPECT_EQ(history[i].at, at(static_cast<std::int64_t>(i + 1)));
    previous = history[i].hash;
  }
  EXPECT_EQ(history[0].type, "started");
  EXPECT_EQ(history[1].type, "moved");
  EXPECT_EQ(history[1].actor, "agent");
  EXPECT_EQ(history[2].to, SagaStatus::PaymentPending);
  EXPECT_EQ(history[2].data, makeEvent(saga).data);
}

TEST_P(SagaContract, AnEventWithAnotherNumberThanTheSagasVersionIsRefused) {
  Saga saga = makeSaga("saga_1");
  addSaga(saga);
  const Lease held = lease(saga);
  Saga next = saga;
  next.version = 2;
  SagaEvent event = makeEvent(next);
  event.sequence = 3;
  EXPECT_EQ(writeCode([&](Transaction& tx) { return tx.sagas().update(next, event, held); }),
            "INTERNAL_ERROR");
  EXPECT_EQ(find(saga)->version, 1);
  event.sequence = 0;
  EXPECT_EQ(writeCode([&](Transaction& tx) { return tx.sagas().update(next, event, held); }), "OK");
  EXPECT_EQ(events(saga).back().sequence, 2);
}

TEST_P(SagaContract, AStaleVersionChangesNothing) {
  Saga saga = makeSaga("saga_1");
  addSaga(saga);
  const Lease held = lease(saga);
  Saga stale = saga;
  EXPECT_EQ(advance(saga, SagaStatus::InProgress, held), "OK");
  EXPECT_EQ(advance(stale, SagaStatus::Failed, held), "INVALID_STATE");
  Saga ahead = saga;
  ++ahead.version;
  EXPECT_EQ(advance(ahead, SagaStatus::Failed, held), "INVALID_STATE");
  EXPECT_EQ(find(saga)->status, SagaStatus::InProgress);
  EXPECT_EQ(events(saga).size(), 2u);
}

TEST_P(SagaContract, AnUnknownSagaCannotBeUpdatedOrLeased) {
  Saga saga = makeSaga("saga_1");
  EXPECT_EQ(advance(saga, SagaStatus::InProgress, {kShop, saga.id, "worker", 1, at(0)}),
            "CHECKOUT_NOT_FOUND");
  EXPECT_EQ(writeCode([&](Transaction& tx) -> Result<void> {
              CHECKOUT_TRY(tx.sagas().acquireLease(kShop, saga.id, "worker", at(0), Milliseconds{1}));
              return {};
            }),
            "CHECKOUT_NOT_FOUND");
}

TEST_P(SagaContract, ALeaseExcludesOthersUntilItEndsOrIsReleased) {
  const Saga saga = makeSaga("saga_1");
  addSaga(saga);
  const auto acquire = [&](const char* owner, std::int64_t now) {
    return write([&](Transaction& tx) {
      return tx.sagas().acquireLease(kShop, saga.id, owner, at(now), Milliseconds{1000});
    });
  };
  const auto first = acquire("a", 0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->owner, "a");
  EXPECT_EQ(first->until, at(1000));
  EXPECT_FALSE(acquire("b", 999));
  const auto again = acquire("a", 500);
  ASSERT_TRUE(again);
  EXPECT_GT(again->fence, first->fence);
  EXPECT_FALSE(acquire("b", 1499));
  const auto taken = acquire("b", 1500);
  ASSERT_TRUE(taken);
  EXPECT_GT(taken->fence, again->fence);
  write([&](Transaction& tx) { return tx.sagas().releaseLease(*again); });
  EXPECT_FALSE(acquire("a", 1501)) << "releasing a lost lease must not free the new one";
  write([&](Transaction& tx) { return tx.sagas().releaseLease(*taken); });
  write([&](Transaction& tx) { return tx.sagas().releaseLease(*taken); });
  const auto last = acquire("a", 1502);
  ASSERT_TRUE(last);
  EXPECT_GT(last->fence, taken->fence);
}

TEST_P(SagaContract, AWriteWithAnOldFenceChangesNothing) {
  Saga saga = makeSaga("saga_1");
  addSaga(saga);
  const Lease old = lease(saga, "a");
  const Lease renewed = lease(saga, "a");
  EXPECT_EQ(advance(saga, SagaStatus::InProgress, old), "INVALID_STATE");
  Lease foreign = renewed;
  foreign.owner = "b";
  EXPECT_EQ(advance(saga, SagaStatus::InProgress, foreign), "INVALID_STATE");
  Lease ofAnother = renewed;
  ofAnother.sagaId = SagaId{"saga_2"};
  EXPECT_EQ(advance(saga, SagaStatus::InProgress, ofAnother), "INTERNAL_ERROR");
  EXPECT_EQ(events(saga).size(), 1u);
  EXPECT_EQ(advance(saga, SagaStatus::InProgress, renewed), "OK");
  write([&](Transaction& tx) { return tx.sagas().releaseLease(renewed); });
  EXPECT_EQ(advance(saga, SagaStatus::Failed, renewed), "INVALID_STATE") << "a released lease gives no right";
}

TEST_P(SagaContract, TheLiveSagaOfACartIsTheOneThatHasNotEnded) {
  Saga saga = makeSaga("saga_1");
  addSaga(saga);
  const Lease held = lease(saga);
  for (const SagaStatus live :
       {SagaStatus::InProgress, SagaStatus::PaymentPending, SagaStatus::Compensating}) {
    EXPECT_EQ(advance(saga, live, held), "OK");
    ASSERT_TRUE(findLive());
    EXPECT_EQ(findLive()->id, saga.id);
  }
  for (const SagaStatus ended : {SagaStatus::Compensated, SagaStatus::Failed, SagaStatus::Completed}) {
    EXPECT_EQ(advance(saga, ended, held), "OK");
    EXPECT_FALSE(findLive());
  }
  addSaga(makeSaga("saga_2"));
  addSaga(makeSaga("saga_0"));
  EXPECT_EQ(findLive()->id.value, "saga_0") << "the newest one";
  EXPECT_FALSE(findLive(kOtherShop));
  EXPECT_FALSE(findLive(kShop, CartId{"cart_2"}));
}

TEST_P(SagaContract, TheLastPurchaseOfACartIsFoundWhoeverMadeIt) {
  const auto found = [&](const TenantId& tenantId = kShop, const CartId& cartId = kCart) {
    const auto saga = read([&](Transaction& tx) { return tx.sagas().findLastPurchase(tenantId, cartId); });
    return saga ? saga->id.value : "none";
  };
  Saga first = makeSaga("saga_1"), second = makeSaga("saga_2"), unpaid = makeSaga("saga_3");
  second.userId = UserId{"somebody_else"};
  second.createdAt += Milliseconds{1'000};
  unpaid.createdAt += Milliseconds{2'000};
  for (const Saga& saga : {first, second, unpaid}) addSaga(saga);
  EXPECT_EQ(found(), "none");
  for (Saga* saga : {&second, &first}) {
    const Lease held = lease(*saga);
    EXPECT_EQ(advance(*saga, SagaStatus::InProgress, held), "OK");
    EXPECT_EQ(advance(*saga, SagaStatus::Completed, held), "OK");
  }
  EXPECT_EQ(found(), "saga_2");
  EXPECT_EQ(found(kOtherShop), "none");
  EXPECT_EQ(found(kShop, CartId{"cart_2"}), "none");
}

TEST_P(SagaContract, APaymentBelongsToOneSaga) {
  const Saga first = makeSaga("saga_1"), second = makeSaga("saga_2");
  addSaga(first);
  addSaga(second);
  const auto link = [&](const Saga& saga) {
    return writeCode([&](Transaction& tx) { return tx.sagas().linkPayment(kShop, "cs_1", saga.id); });
  };
  const auto linked = [&](const TenantId& tenantId) {
    return read([&](Transaction& tx) { return tx.sagas().findByPayment(tenantId, "cs_1"); });
  };
  EXPECT_FALSE(linked(kShop));
  EXPECT_EQ(link(first), "OK");
  EXPECT_EQ(link(first), "OK");
  EXPECT_EQ(link(second), "INVALID_STATE");
  EXPECT_EQ(linked(kShop), first.id);
  EXPECT_FALSE(linked(kOtherShop));
}

TEST_P(SagaContract, AnIdempotencyKeyStandsForOneCheckoutAndItsArguments) {
  const Saga saga = makeSaga("saga_1"), other = makeSaga("saga_1", kOtherShop), second = makeSaga("saga_2");
  addSaga(saga);
  addSaga(other);
  addSaga(second);
  const auto put = [&](const IdempotencyRecord& record, const TenantId& tenantId = kShop) {
    return writeCode([&](Transaction& tx) { return tx.sagas().putIdempotency(tenantId, record); });
  };
  const auto stored = [&](const TenantId& tenantId) {
    return read([&](Transaction& tx) { return tx.sagas().findIdempotency(tenantId, "key"); });
  };
  EXPECT_FALSE(stored(kShop));
  EXPECT_EQ(put({"key", "digest", saga.id}), "OK");
  EXPECT_EQ(put({"key", "digest", saga.id}), "OK");
  EXPECT_EQ(put({"key", "another", saga.id}), "IDEMPOTENCY_CONFLICT");
  EXPECT_EQ(put({"key", "digest", second.id}), "IDEMPOTENCY_CONFLICT");
  EXPECT_FALSE(stored(kOtherShop));
  EXPECT_EQ(put({"key", "another", other.id}, kOtherShop), "OK");
  ASSERT_TRUE(stored(kShop));
  EXPECT_EQ(stored(kShop)->argumentDigest, "digest");
  EXPECT_EQ(stored(kShop)->sagaId, saga.id);
  EXPECT_EQ(stored(kShop)->key, "key");
}

TEST_P(SagaContract, AnotherTenantsSagaIsLikeAnUnknownOne) {
  Saga saga = makeSaga("saga_1");
  addSaga(saga);
  Saga foreign = saga;
  foreign.tenantId = kOtherShop;
  EXPECT_FALSE(find(foreign));
  EXPECT_TRUE(events(foreign).empty());
  Lease held = lease(saga);
  held.tenantId = kOtherShop;
  EXPECT_EQ(advance(foreign, SagaStatus::Failed, held), "CHECKOUT_NOT_FOUND");
  write([&](Transaction& tx) { return tx.sagas().releaseLease(held); });
  held.tenantId = kShop;
  EXPECT_EQ(advance(saga, SagaStatus::InProgress, held), "OK") << "the lease of the real saga was touched";
}

class SagaListContract : public SagaContract {
 protected:
  SagaPage page(const std::string& cursor, int limit, std::optional<SagaStatus> status = std::nullopt) {
    return read([&](Transaction& tx) { return tx.sagas().list(kShop, {kAda, status, limit, cursor}); });
  }
  static std::vector<std::string> ids(const SagaPage& page) {
    std::vector<std::string> values;
    for (const Saga& saga : page.sagas) values.push_back(saga.id.value);
    return values;
  }
  std::string codeFor(const SagaPageQuery& query, const TenantId& tenantId = kShop) {
    return codeOf(
        readFor<SagaPage>(store(), [&](Transaction& tx) { return tx.sagas().list(tenantId, query); }));
  }
  using Ids = std::vector<std::string>;
};
INSTANTIATE_TEST_SUITE_P(Engines, SagaListContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(SagaListContract, TheNewestComesFirstAlsoWithinOneMillisecond) {
  for (const char* id : {"m", "z", "a", "k"}) addSaga(makeSaga(id));
  EXPECT_EQ(ids(page("", 10)), (Ids{"k", "a", "z", "m"}));
  EXPECT_EQ(page("", 10).nextCursor, "");
  EXPECT_EQ(page("", 4).nextCursor, "");
}

TEST_P(SagaListContract, PagesNeitherRepeatNorMissASagaWhileNewOnesArrive) {
  for (int i = 0; i < 10; ++i) addSaga(makeSaga("old_" + std::to_string(i)));
  Ids seen;
  std::string cursor;
  int arrived = 0;
  do {
    const SagaPage next = page(cursor, 3);
    for (const std::string& id : ids(next)) seen.push_back(id);
    cursor = next.nextCursor;
    addSaga(makeSaga("new_" + std::to_string(arrived++)));
  } while (!cursor.empty());
  EXPECT_EQ(seen,
            (Ids{"old_9", "old_8", "old_7", "old_6", "old_5", "old_4", "old_3", "old_2", "old_1", "old_0"}));
}

TEST_P(SagaListContract, AStatusSelectsAndOthersSagasAreLeftOut) {
  for (const char* id : {"a", "b", "c"}) addSaga(makeSaga(id));
  addSaga(makeSaga("d", kOtherShop));
  addSaga(makeSaga("e", kShop, UserId{"bob"}));
  Saga failed = makeSaga("b");
  const Lease held = lease(failed);
  EXPECT_EQ(advance(failed, SagaStatus::Failed, held), "OK");
  EXPECT_EQ(ids(page("", 10)), (Ids{"c", "b", "a"}));
  EXPECT_EQ(ids(page("", 10, SagaStatus::Failed)), Ids{"b"});
  const SagaPage first = page("", 1, SagaStatus::Pending);
  EXPECT_EQ(ids(first), Ids{"c"});
  EXPECT_EQ(ids(page(first.nextCursor, 1, SagaStatus::Pending)), Ids{"a"});
}

TEST_P(SagaListContract, ACursorThatThisListDidNotMakeIsRefused) {
  for (const char* id : {"a", "b", "c"}) addSaga(makeSaga(id));
  const std::string cursor = page("", 1).nextCursor;
  ASSERT_FALSE(cursor.empty());
  EXPECT_EQ(codeFor({kAda, std::nullopt, 1, cursor}), "OK");
  for (const std::string& wrong :
       {std::string("x"), std::string("3"), std::string("-"), cursor + "0", " " + cursor, "9" + cursor,
        cursor.substr(1), std::string("99999999999999999999-0123456789abcdef"), std::string("' OR 1=1 --")})
    EXPECT_EQ(codeFor({kAda, std::nullopt, 1, wrong}), "VALIDATION_FAILED") << wrong;
  EXPECT_EQ(codeFor({kAda, SagaStatus::Pending, 1, cursor}), "VALIDATION_FAILED");
  EXPECT_EQ(codeFor({UserId{"bob"}, std::nullopt, 1, cursor}), "VALIDATION_FAILED");
  EXPECT_EQ(codeFor({kAda, std::nullopt, 1, cursor}, kOtherShop), "VALIDATION_FAILED");
}

TEST_P(SagaListContract, APageHasAtLeastOneEntry) {
  for (const int limit : {0, -1}) EXPECT_EQ(codeFor({kAda, std::nullopt, limit, ""}), "VALIDATION_FAILED");
}

}  // namespace
}  // namespace checkout::store
