#include <atomic>
#include <latch>
#include <limits>
#include <thread>

#include "contract/store_fixture.hpp"

namespace checkout::store {
namespace {

class CartContract : public StoreContract {
 protected:
  std::optional<Cart> find(const TenantId& tenantId = kShop) {
    return read([&](Transaction& tx) { return tx.carts().find(tenantId, kCart); });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, CartContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(CartContract, AnUnknownCartIsNotFound) {
  EXPECT_FALSE(find());
}

TEST_P(CartContract, SavingReplacesTheItemsAndKeepsTheirOrder) {
  write([&](Transaction& tx) {
    return tx.carts().save(
        {kShop, kCart, {{ProductId{"z"}, 1}, {ProductId{"a"}, 2}, {ProductId{"m"}, 99}}, at(1)});
  });
  write([&](Transaction& tx) {
    return tx.carts().save({kShop, kCart, {{ProductId{"y"}, 3}, {ProductId{"b"}, 4}}, at(2)});
  });
  const auto cart = find();
  ASSERT_TRUE(cart);
  ASSERT_EQ(cart->items.size(), 2u);
  EXPECT_EQ(cart->items[0].productId.value, "y");
  EXPECT_EQ(cart->items[0].quantity, 3);
  EXPECT_EQ(cart->items[1].productId.value, "b");
  EXPECT_EQ(cart->updatedAt, at(2));
  EXPECT_EQ(cart->id, kCart);
  EXPECT_EQ(cart->tenantId, kShop);
}

TEST_P(CartContract, AnEmptyCartIsKeptAsSuch) {
  write([&](Transaction& tx) { return tx.carts().save({kShop, kCart, {}, at(1)}); });
  ASSERT_TRUE(find());
  EXPECT_TRUE(find()->items.empty());
}

TEST_P(CartContract, AQuantityOutsideItsBoundsIsRefused) {
  for (const int quantity : {0, -1, 100, 1'000'000'000})
    EXPECT_EQ(writeCode([&](Transaction& tx) {
                return tx.carts().save({kShop, kCart, {{ProductId{"a"}, quantity}}, at(1)});
              }),
              "VALIDATION_FAILED");
  EXPECT_FALSE(find());
}

TEST_P(CartContract, TheSameIdIsAnotherCartInAnotherTenant) {
  write([&](Transaction& tx) { return tx.carts().save({kShop, kCart, {{ProductId{"a"}, 1}}, at(1)}); });
  EXPECT_FALSE(find(kOtherShop));
  write([&](Transaction& tx) { return tx.carts().save({kOtherShop, kCart, {}, at(1)}); });
  EXPECT_EQ(find()->items.size(), 1u);
}

class StockContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    for (const TenantId& tenantId : {kShop, kOtherShop})
      for (const char* id : {"saga_1", "saga_2"}) addSaga(makeSaga(id, tenantId));
  }
  void declare(std::int64_t initial, const TenantId& tenantId = kShop) {
    write([&](Transaction& tx) { return tx.stock().declare(tenantId, kMug, initial); });
  }
  std::string hold(const char* saga, int quantity) {
    return writeCode([&](Transaction& tx) { return tx.stock().hold(kShop, SagaId{saga}, kMug, quantity); });
  }
  void all(Result<void> (StockStore::*change)(const TenantId&, const SagaId&), const char* saga,
           const TenantId& tenantId = kShop) {
    write([&](Transaction& tx) { return (tx.stock().*change)(tenantId, SagaId{saga}); });
  }
  // initial, reserved, sold
  std::vector<std::int64_t> mugs(const TenantId& tenantId = kShop) {
    const StockLevel level = stockOf("mug", tenantId);
    return {level.initial, level.reserved, level.sold};
  }
  using Levels = std::vector<std::int64_t>;
  const ProductId kMug{"mug"};
};
INSTANTIATE_TEST_SUITE_P(Engines, StockContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(StockContract, TheConfiguredNumberIsWhatIsOnTheShelfWhenItIsFirstSeen) {
  declare(5);
  EXPECT_EQ(mugs(), (Levels{5, 0, 0}));
  EXPECT_EQ(hold("saga_1", 3), "OK");
  EXPECT_EQ(hold("saga_2", 1), "OK");
  all(&StockStore::sellAll, "saga_2");
  declare(5);
  EXPECT_EQ(mugs(), (Levels{5, 3, 1})) << "an unchanged number says nothing new, whatever was sold";
}

TEST_P(StockContract, AnotherNumberIsWhatIsOnTheShelfNowWhateverWasSoldBefore) {
  declare(5);
  EXPECT_EQ(hold("saga_1", 2), "OK");
  EXPECT_EQ(hold("saga_2", 3), "OK");
  all(&StockStore::sellAll, "saga_2");
  declare(4);
  EXPECT_EQ(mugs(), (Levels{7, 2, 3}));
  EXPECT_EQ(stockOf("mug").onShelf(), 4);
  EXPECT_EQ(stockOf("mug").free(), 2) << "two of the four belong to an open payment";
  declare(1);
  EXPECT_EQ(mugs(), (Levels{5, 2, 3})) << "what is held stays held";
  EXPECT_EQ(writeCode([&](Transaction& tx) { return tx.stock().declare(kShop, kMug, -1); }),
            "VALIDATION_FAILED");
}

TEST_P(StockContract, ANumberThatIsTakenAwayLimitsNothingAnyMore) {
  declare(2);
  EXPECT_EQ(hold("saga_1", 2), "OK");
  write([&](Transaction& tx) { return tx.stock().undeclare(kShop, kMug); });
  EXPECT_FALSE(read([&](Transaction& tx) { return tx.stock().find(kShop, kMug); }));
  EXPECT_EQ(hold("saga_2", 99), "OK");
  all(&StockStore::sellAll, "saga_1");
  all(&StockStore::sellAll, "saga_2");
  declare(2);
  EXPECT_EQ(mugs(), (Levels{4, 0, 2})) << "given again, it is first seen again";
  write([&](Transaction& tx) { return tx.stock().undeclare(kShop, ProductId{"never seen"}); });
}

TEST_P(StockContract, AnOperatorCountsTheShelf) {
  declare(5);
  EXPECT_EQ(hold("saga_1", 2), "OK");
  EXPECT_EQ(hold("saga_2", 1), "OK");
  all(&StockStore::sellAll, "saga_2");
  const auto set = [&](std::int64_t count) {
    return write([&](Transaction& tx) { return tx.stock().setOnShelf(kShop, kMug, count); }).onShelf();
  };
  EXPECT_EQ(set(10), 10);
  EXPECT_EQ(mugs(), (Levels{11, 2, 1}));
  EXPECT_EQ(set(0), 2) << "what is held stays held";
  EXPECT_EQ(mugs(), (Levels{3, 2, 1}));
  declare(5);
  EXPECT_EQ(mugs(), (Levels{3, 2, 1})) << "the configuration says nothing new";
}

TEST_P(StockContract, AnOperatorAddsAndTakesAway) {
  declare(5);
  EXPECT_EQ(hold("saga_1", 2), "OK");
  const auto adjust = [&](std::int64_t difference) {
    return write([&](Transaction& tx) { return tx.stock().adjust(kShop, kMug, difference); }).free();
  };
  EXPECT_EQ(adjust(+7), 10);
  EXPECT_EQ(adjust(-4), 6);
  EXPECT_EQ(writeCode([&](Transaction& tx) -> Result<void> {
              CHECKOUT_TRY(tx.stock().adjust(kShop, kMug, -7));
              return {};
            }),
            "VALIDATION_FAILED")
      << "no more than is free";
  EXPECT_EQ(adjust(-6), 0);
  EXPECT_EQ(mugs(), (Levels{2, 2, 0}));
}

TEST_P(StockContract, WhatIsNotCountedCannotBeCorrected) {
  const auto set = [&](const TenantId& tenantId, std::int64_t count) {
    return writeCode([&](Transaction& tx) -> Result<void> {
      CHECKOUT_TRY(tx.stock().setOnShelf(tenantId, kMug, count));
      return {};
    });
  };
  EXPECT_EQ(set(kShop, 3), "VALIDATION_FAILED");
  declare(5);
  EXPECT_EQ(set(kOtherShop, 3), "VALIDATION_FAILED");
  EXPECT_EQ(set(kShop, -1), "VALIDATION_FAILED");
  EXPECT_EQ(writeCode([&](Transaction& tx) -> Result<void> {
              CHECKOUT_TRY(tx.stock().adjust(kShop, kMug, std::numeric_limits<std::int64_t>::max()));
              return {};
            }),
            "VALIDATION_FAILED");
  EXPECT_EQ(mugs(), (Levels{5, 0, 0}));
}

TEST_P(StockContract, TheListHasWhatIsCountedInTheOrderOfTheProducts) {
  write([&](Transaction& tx) -> Result<void> {
    for (const char* product : {"mug", "cup", "jug"})
      CHECKOUT_TRY(tx.stock().declare(kShop, ProductId{product}, 3));
    CHECKOUT_TRY(tx.stock().declare(kOtherShop, ProductId{"pan"}, 3));
    return tx.stock().undeclare(kShop, ProductId{"jug"});
  });
  EXPECT_EQ(hold("saga_1", 1), "OK");
  const auto listed = read([&](Transaction& tx) { return tx.stock().list(kShop); });
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].productId.value, "cup");
  EXPECT_EQ(listed[1].productId.value, "mug");
  EXPECT_EQ(listed[1].level.free(), 2);
}

TEST_P(StockContract, AnUndeclaredProductIsUntrackedAndNeverSellsOut) {
  EXPECT_FALSE(read([&](Transaction& tx) { return tx.stock().find(kShop, kMug); }));
  EXPECT_EQ(hold("saga_1", 99), "OK");
  all(&StockStore::sellAll, "saga_1");
  EXPECT_FALSE(read([&](Transaction& tx) { return tx.stock().find(kShop, kMug); }));
}

TEST_P(StockContract, HoldingMoreThanIsFreeSaysHowManyThereAreAndChangesNothing) {
  declare(5);
  EXPECT_EQ(hold("saga_1", 3), "OK");
  const auto refused =
      store().write([&](Transaction& tx) { return tx.stock().hold(kShop, SagaId{"saga_2"}, kMug, 3); });
  ASSERT_EQ(codeOf(refused), "INVENTORY_UNAVAILABLE");
  EXPECT_EQ(refused.error().details, (Json{{"productId", "mug"}, {"requested", 3}, {"available", 2}}));
  EXPECT_EQ(mugs(), (Levels{5, 3, 0}));
}

TEST_P(StockContract, HoldingAgainReplacesTheQuantity) {
  declare(5);
  EXPECT_EQ(hold("saga_1", 3), "OK");
  EXPECT_EQ(hold("saga_1", 3), "OK");
  EXPECT_EQ(mugs(), (Levels{5, 3, 0}));
  EXPECT_EQ(hold("saga_1", 5), "OK");
  EXPECT_EQ(mugs(), (Levels{5, 5, 0}));
  EXPECT_EQ(hold("saga_1", 1), "OK");
  EXPECT_EQ(mugs(), (Levels{5, 1, 0}));
  EXPECT_EQ(hold("saga_1", 6), "INVENTORY_UNAVAILABLE");
  EXPECT_EQ(mugs(), (Levels{5, 1, 0}));
}

TEST_P(StockContract, AQuantityOutsideItsBoundsIsRefused) {
  declare(500);
  for (const int quantity : {0, -1, 100}) EXPECT_EQ(hold("saga_1", quantity), "VALIDATION_FAILED");
  EXPECT_EQ(mugs(), (Levels{500, 0, 0}));
}

TEST_P(StockContract, ReleasedPiecesAreFreeAgainAndCanBeHeldAnew) {
  declare(5);
  EXPECT_EQ(hold("saga_1", 3), "OK");
  all(&StockStore::releaseAll, "saga_1");
  all(&StockStore::releaseAll, "saga_1");
  EXPECT_EQ(mugs(), (Levels{5, 0, 0}));
  all(&StockStore::sellAll, "saga_1");
  all(&StockStore::restockAll, "saga_1");
  EXPECT_EQ(mugs(), (Levels{5, 0, 0}));
  EXPECT_EQ(hold("saga_1", 4), "OK");
  EXPECT_EQ(mugs(), (Levels{5, 4, 0}));
}

TEST_P(StockContract, SellingAndRestockingMoveThePiecesOnce) {
  declare(5);
  EXPECT_EQ(hold("saga_1", 2), "OK");
  EXPECT_EQ(hold("saga_2", 1), "OK");
  all(&StockStore::sellAll, "saga_1");
  all(&StockStore::sellAll, "saga_1");
  EXPECT_EQ(mugs(), (Levels{5, 1, 2}));
  all(&StockStore::releaseAll, "saga_1");
  EXPECT_EQ(mugs(), (Levels{5, 1, 2})) << "what is sold is no longer held";
  EXPECT_EQ(hold("saga_1", 1), "INVALID_STATE");
  all(&StockStore::restockAll, "saga_1");
  all(&StockStore::restockAll, "saga_1");
  EXPECT_EQ(mugs(), (Levels{5, 1, 0}));
}

TEST_P(StockContract, AllMeansEveryProductOfTheSaga) {
  declare(5);
  write([&](Transaction& tx) -> Result<void> {
    CHECKOUT_TRY(tx.stock().declare(kShop, ProductId{"cup"}, 7));
    CHECKOUT_TRY(tx.stock().hold(kShop, SagaId{"saga_1"}, ProductId{"cup"}, 7));
    return tx.stock().hold(kShop, SagaId{"saga_1"}, kMug, 1);
  });
  all(&StockStore::sellAll, "saga_1");
  EXPECT_EQ(mugs(), (Levels{5, 0, 1}));
  EXPECT_EQ(stockOf("cup").sold, 7);
  EXPECT_EQ(stockOf("cup").free(), 0);
}

TEST_P(StockContract, AnotherTenantsStockIsNotTouched) {
  declare(5);
  declare(5, kOtherShop);
  EXPECT_EQ(hold("saga_1", 2), "OK");
  EXPECT_EQ(mugs(kOtherShop), (Levels{5, 0, 0}));
  for (auto change : {&StockStore::releaseAll, &StockStore::sellAll, &StockStore::restockAll})
    all(change, "saga_1", kOtherShop);
  EXPECT_EQ(mugs(), (Levels{5, 2, 0}));
  EXPECT_EQ(mugs(kOtherShop), (Levels{5, 0, 0}));
}

TEST_P(StockContract, OfTwoWhoWantTheLastPieceExactlyOneGetsIt) {
  for (int round = 0; round < 20; ++round) {
    declare(1);
    std::latch start(2);
    std::atomic<int> won = 0, lost = 0;
    std::vector<std::thread> buyers;
    for (const char* saga : {"saga_1", "saga_2"})
      buyers.emplace_back([&, saga] {
        start.arrive_and_wait();
        const std::string end = hold(saga, 1);
        won += end == "OK";
        lost += end == "INVENTORY_UNAVAILABLE";
      });
    for (std::thread& buyer : buyers) buyer.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 1);
    EXPECT_EQ(mugs(), (Levels{1, 1, 0}));
    all(&StockStore::releaseAll, "saga_1");
    all(&StockStore::releaseAll, "saga_2");
  }
}

}  // namespace
}  // namespace checkout::store
