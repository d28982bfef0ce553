#include <atomic>
#include <latch>
#include <thread>

#include "contract/store_fixture.hpp"

namespace checkout::store {
namespace {

using TransactionContract = StoreContract;
INSTANTIATE_TEST_SUITE_P(Engines, TransactionContract, ::testing::ValuesIn(engines()), engineName);

Cart cartOf(const std::string& id, int quantity) {
  return Cart{kShop, CartId{id}, {{ProductId{"mug"}, quantity}}, at(0)};
}

TEST_P(TransactionContract, WhatABodyDidBeforeItsErrorIsTakenBack) {
  const auto code = writeCode([&](Transaction& tx) -> Result<void> {
    CHECKOUT_TRY(tx.carts().save(cartOf("a", 1)));
    return Error(ErrorCode::CartEmpty, "no");
  });
  EXPECT_EQ(code, "CART_EMPTY");
  EXPECT_FALSE(read([](Transaction& tx) { return tx.carts().find(kShop, CartId{"a"}); }));
}

TEST_P(TransactionContract, ABodyThatThrowsIsTakenBackAndTheStoreGoesOn) {
  EXPECT_EQ(writeCode([&](Transaction& tx) -> Result<void> {
              CHECKOUT_TRY(tx.carts().save(cartOf("a", 1)));
              throw std::runtime_error("boom");
            }),
            "INTERNAL_ERROR");
  EXPECT_EQ(writeCode([&](Transaction& tx) -> Result<void> {
              CHECKOUT_TRY(tx.carts().save(cartOf("b", 1)));
              throw 7;
            }),
            "INTERNAL_ERROR");
  write([&](Transaction& tx) { return tx.carts().save(cartOf("c", 1)); });
  EXPECT_FALSE(read([](Transaction& tx) { return tx.carts().find(kShop, CartId{"a"}); }));
  EXPECT_FALSE(read([](Transaction& tx) { return tx.carts().find(kShop, CartId{"b"}); }));
  EXPECT_TRUE(read([](Transaction& tx) { return tx.carts().find(kShop, CartId{"c"}); }));
}

TEST_P(TransactionContract, ABodySeesItsOwnChanges) {
  const auto found = write([&](Transaction& tx) -> Result<std::optional<Cart>> {
    CHECKOUT_TRY(tx.carts().save(cartOf("a", 5)));
    return tx.carts().find(kShop, CartId{"a"});
  });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->items.at(0).quantity, 5);
}

TEST_P(TransactionContract, ReadingCannotChangeAnything) {
  const auto tried = store().read([&](Transaction& tx) { return tx.carts().save(cartOf("a", 1)); });
  EXPECT_EQ(codeOf(tried), "INTERNAL_ERROR");
  EXPECT_FALSE(read([](Transaction& tx) { return tx.carts().find(kShop, CartId{"a"}); }));
}

TEST_P(TransactionContract, AReadThatFailsOrThrowsReportsItAndTheNextOneWorks) {
  EXPECT_EQ(
      codeOf(store().read([](Transaction&) -> Result<void> { return Error(ErrorCode::CartEmpty, "no"); })),
      "CART_EMPTY");
  EXPECT_EQ(codeOf(store().read([](Transaction&) -> Result<void> { throw std::runtime_error("boom"); })),
            "INTERNAL_ERROR");
  EXPECT_EQ(codeOf(store().ping()), "OK");
}

TEST_P(TransactionContract, AReadSeesOneSnapshotWhateverIsCommittedMeanwhile) {
  write([&](Transaction& tx) { return tx.carts().save(cartOf("a", 1)); });
  const auto [before, after] = read([&](Transaction& tx) -> Result<std::pair<int, int>> {
    CHECKOUT_ASSIGN(first, tx.carts().find(kShop, CartId{"a"}));
    std::thread([&] {
      EXPECT_EQ(codeOf(store().write([&](Transaction& other) { return other.carts().save(cartOf("a", 2)); })),
                "OK");
    }).join();
    CHECKOUT_ASSIGN(second, tx.carts().find(kShop, CartId{"a"}));
    return std::pair{first->items.at(0).quantity, second->items.at(0).quantity};
  });
  EXPECT_EQ(before, 1);
  EXPECT_EQ(after, 1);
  EXPECT_EQ(read([](Transaction& tx) { return tx.carts().find(kShop, CartId{"a"}); })->items.at(0).quantity,
            2);
}

TEST_P(TransactionContract, AWriteInsideAWriteIsAnErrorAndNoDeadlock) {
  std::string inner;
  write([&](Transaction&) -> Result<void> {
    inner = codeOf(store().write([](Transaction&) -> Result<void> { return {}; }));
    return {};
  });
  EXPECT_EQ(inner, "INTERNAL_ERROR");
}

TEST_P(TransactionContract, OfManyConcurrentWritesOnlyTheFailingOnesAreLost) {
  constexpr int kThreads = 64, kRounds = 8;
  std::latch start(kThreads);
  std::atomic<int> wrongAnswers = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int round = 0; round < kRounds; ++round) {
        const bool fails = (t + round) % 3 == 0;
        const std::string id = std::to_string(t) + "_" + std::to_string(round);
        const auto done = store().write([&](Transaction& tx) -> Result<void> {
          CHECKOUT_TRY(tx.carts().save(cartOf(id, 1 + t)));
          if (fails && t % 2 == 0) throw std::runtime_error("boom");
          if (fails) return Error(ErrorCode::CartEmpty, "no");
          return {};
        });
        const std::string wanted = !fails ? "OK" : t % 2 == 0 ? "INTERNAL_ERROR" : "CART_EMPTY";
        if (codeOf(done) != wanted) ++wrongAnswers;
        // What was acknowledged can be read at once, by anyone.
        const auto seen = readFor<std::optional<Cart>>(
            store(), [&](Transaction& tx) { return tx.carts().find(kShop, CartId{id}); });
        if (!seen.ok() || seen->has_value() == fails) ++wrongAnswers;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrongAnswers, 0);

  reopen();
  for (int t = 0; t < kThreads; ++t)
    for (int round = 0; round < kRounds; ++round) {
      const CartId id{std::to_string(t) + "_" + std::to_string(round)};
      const auto cart = read([&](Transaction& tx) { return tx.carts().find(kShop, id); });
      EXPECT_EQ(cart.has_value(), (t + round) % 3 != 0) << id.value;
      if (cart) {
        EXPECT_EQ(cart->items.at(0).quantity, 1 + t);
      }
    }
}

TEST_P(TransactionContract, EverythingIsThereAfterReopening) {
  const Saga saga = makeSaga("saga_1");
  addSaga(saga);
  write([&](Transaction& tx) -> Result<void> {
    CHECKOUT_TRY(tx.carts().save(cartOf("a", 3)));
    CHECKOUT_TRY(tx.stock().declare(kShop, ProductId{"mug"}, 9));
    CHECKOUT_TRY(tx.stock().hold(kShop, saga.id, ProductId{"mug"}, 4));
    CHECKOUT_TRY(tx.timers().set({kShop, saga.id, TimerKind::Resume, at(5)}));
    CHECKOUT_TRY(tx.orders().save(makeOrder("order_1", saga)));
    CHECKOUT_TRY(tx.sagas().linkPayment(kShop, "cs_1", saga.id));
    CHECKOUT_TRY(tx.inbox().insert({kShop, "evt_1", "t", "cs_9", "{}", InboxEvent::State::Parked, at(0)}));
    return tx.outbox().put({kShop, saga.id, {"mail_1", "from", "to", "subject", "text"}, 0, at(0)});
  });
  reopen();
  read([&](Transaction& tx) -> Result<void> {
    EXPECT_EQ((*tx.carts().find(kShop, CartId{"a"}))->items.at(0).quantity, 3);
    EXPECT_EQ((*tx.stock().find(kShop, ProductId{"mug"}))->reserved, 4);
    EXPECT_EQ(tx.timers().due(at(5), 10)->size(), 1u);
    EXPECT_TRUE(tx.orders().find(kShop, OrderId{"order_1"})->has_value());
    EXPECT_EQ((*tx.sagas().findByPayment(kShop, "cs_1")), saga.id);
    EXPECT_EQ(tx.sagas().events(kShop, saga.id)->size(), 1u);
    EXPECT_EQ(tx.inbox().parkedFor(kShop, "cs_9")->size(), 1u);
    EXPECT_EQ(tx.outbox().due(at(0), 10)->size(), 1u);
    return {};
  });
}

}  // namespace
}  // namespace checkout::store
